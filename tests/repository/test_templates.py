"""Every template compiles, also those that no test renders."""

from pathlib import Path

import pytest
from django.template import engines

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = [ROOT / "templates", *ROOT.glob("*/templates")]
TEMPLATES = sorted(path for folder in FOLDERS for path in folder.rglob("*.*") if path.is_file())


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_template_compiles(path: Path) -> None:
    engines["django"].from_string(path.read_text())
