"""The program's own source, for tests that read it."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# Without the tests, migrations, and what stands in for others outside.
SOURCES = sorted(
    path
    for package in (path.parent for path in ROOT.glob("*/__init__.py"))
    if package.name != "tests"
    for path in package.rglob("*.py")
    if "migrations" not in path.parts and "emulator" not in path.parts
)
Function = ast.FunctionDef | ast.AsyncFunctionDef


def functions(text: str) -> Iterator[Function]:
    return (node for node in ast.walk(ast.parse(text)) if isinstance(node, Function))


def in_module(path: Path, function: Function) -> str:
    """Where a function stands, as tests name it: `repairs/orders.py: create`."""
    return f"{path.relative_to(ROOT)}: {function.name}"
