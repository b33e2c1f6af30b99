"""An order's status is assigned by its verbs and by the import, and nowhere else."""

import ast
from collections.abc import Iterator

import pytest

from tests.support.sources import ROOT, SOURCES, Function

DOORS = {
    "repairs/orders.py: create",
    "repairs/orders.py: _set_status",
    "repairs/importing.py: _columns",
}
WRITING = {
    "create",
    "update",
    "get_or_create",
    "update_or_create",
    "bulk_update",
    "RepairOrder",
    "_write",
    "setattr",
}


def assignments(tree: ast.AST) -> Iterator[str]:
    """The functions that set something called `status` on an object or in a row to be written."""
    for function in (node for node in ast.walk(tree) if isinstance(node, Function)):
        if any(_sets_attribute(node) or _adds_key(node) or _passes_it(node) for node in ast.walk(function)):
            yield function.name


def _sets_attribute(node: ast.AST) -> bool:
    """`order.status = …`; an object's own, such as the HTTP status of an error, is none of an order."""
    if not (isinstance(node, ast.Attribute) and node.attr == "status" and isinstance(node.ctx, ast.Store)):
        return False
    return not (isinstance(node.value, ast.Name) and node.value.id == "self")


def _adds_key(node: ast.AST) -> bool:
    """`row["status"] = …` and `row |= {"status": …}`."""
    if isinstance(node, ast.AugAssign):
        return _has_key(node.value)
    return isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store) and _says_status(node.slice)


def _passes_it(node: ast.AST) -> bool:
    """`update(status=…)`, `create(**{"status": …})`, `setattr(order, "status", …)` and their kin."""
    if not isinstance(node, ast.Call):
        return False
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    given = [*node.args, *(keyword.value for keyword in node.keywords)]
    return name in WRITING and (
        any(keyword.arg == "status" for keyword in node.keywords)
        or any(_says_status(value) or _has_key(value) for value in given)
    )


def _has_key(value: ast.AST) -> bool:
    return isinstance(value, ast.Dict) and any(key is not None and _says_status(key) for key in value.keys)


def _says_status(value: ast.AST) -> bool:
    return isinstance(value, ast.Constant) and value.value == "status"


def found_in(text: str) -> set[str]:
    return set(assignments(ast.parse(text)))


def test_a_status_is_assigned_only_by_the_verbs_and_by_the_import() -> None:
    found = {f"{path.relative_to(ROOT)}: {name}" for path in SOURCES for name in found_in(path.read_text())}
    assert found == DOORS


@pytest.mark.parametrize(
    "line",
    [
        "order.status = to",
        "order.status, order.sheet = to, sheet",
        "setattr(order, 'status', to)",
        "RepairOrder(number=1, status=to)",
        "RepairOrder.objects.filter(pk=1).update(status=to)",
        "RepairOrder.objects.create(**{'status': to})",
        "values['status'] = to",
        "values |= {'status': to}",
    ],
)
def test_such_a_line_is_found(line: str) -> None:
    assert found_in(f"def act():\n    {line}\n") == {"act"}


@pytest.mark.parametrize(
    "line",
    [
        "filter(status=to)",
        "render(page, status=422)",
        "if order.status == to: pass",
        "read['status']",
        "success({'status': 'up'})",
        "self.status = 404",
    ],
)
def test_reading_it_is_free(line: str) -> None:
    assert found_in(f"def act():\n    {line}\n") == set()
