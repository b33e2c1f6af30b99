"""Every management command of ours has a test that runs it."""

from pathlib import Path

import pytest
from django.core.management import get_commands

ROOT = Path(__file__).resolve().parents[2]
OURS = sorted(path.stem for path in ROOT.glob("*/management/commands/[!_]*.py"))


def sources_of_tests() -> str:
    files = (path for path in (ROOT / "tests").rglob("test_*.py") if path.parent.name != "repository")
    return "\n".join(path.read_text() for path in files)


@pytest.mark.parametrize("command", OURS)
def test_a_command_is_called_by_a_test(command: str) -> None:
    assert f'"{command}"' in sources_of_tests(), f"no test calls manage.py {command}"


@pytest.mark.parametrize("command", OURS)
def test_a_command_is_known_to_django(command: str) -> None:
    assert command in get_commands()
