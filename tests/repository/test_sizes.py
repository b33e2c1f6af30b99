"""Small files and small functions, measured over the whole program."""

import ast
import statistics
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LONGEST_FILE = 450
MEDIAN_FUNCTION = 10
NINTH_DECILE_FUNCTION = 35
SOURCES = sorted(
    path
    for package in (path.parent for path in ROOT.glob("*/__init__.py"))
    for path in package.rglob("*.py")
    if not {"migrations", "tests"} & set(path.relative_to(ROOT).parts)
)


def function_sizes() -> list[int]:
    trees = (ast.parse(path.read_text()) for path in SOURCES)
    kinds = ast.FunctionDef | ast.AsyncFunctionDef
    functions = (node for tree in trees for node in ast.walk(tree) if isinstance(node, kinds))
    return [(node.end_lineno or node.lineno) - node.lineno + 1 for node in functions]


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_is_not_too_long(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= LONGEST_FILE


def test_functions_are_small() -> None:
    deciles = statistics.quantiles(function_sizes(), n=10)
    assert deciles[4] <= MEDIAN_FUNCTION
    assert deciles[8] <= NINTH_DECILE_FUNCTION
