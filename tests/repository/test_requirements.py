"""The pinned requirements say what pyproject.toml asks for, with a purpose, a hash and no index."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.requirements import EXTRAS, ROOT, problems


def test_they_agree() -> None:
    assert problems() == []


def without_django(text: str) -> str:
    return re.sub(r"^django==.*\n(    .*\n)+", "", text, flags=re.MULTILINE)


def other_django(text: str) -> str:
    return re.sub(r"^django==\S+", "django==4.2", text, flags=re.MULTILINE)


def other_h11(text: str) -> str:
    return re.sub(r"^h11==\S+", "h11==0.1", text, flags=re.MULTILINE)


def unhashed(text: str) -> str:
    return f"{text}surplus==1.0\n"


def indexed(text: str) -> str:
    return f"--index-url https://packages.example/simple\n{text}"


def with_driver(text: str) -> str:
    return f"{text}mysqlclient==2.3.1 \\\n    --hash=sha256:00\n"


def unexplained(text: str) -> str:
    return re.sub(r'("Django>=[^"]+",).*', r"\1", text)


@pytest.mark.parametrize(
    ("file", "spoil", "sentence"),
    [
        ("requirements.txt", without_django, "requirements.txt: Django is not pinned"),
        (
            "requirements-dev.txt",
            other_django,
            "Django 4.2 is not what pyproject.toml asks for",
        ),
        ("requirements.txt", other_h11, "requirements.txt: h11 0.1 is not what requirements-dev.txt pins"),
        ("requirements-embedded.txt", unhashed, "is not pinned with a hash: surplus==1.0"),
        ("requirements-embedded.txt", indexed, "names where packages come from"),
        ("requirements-embedded.txt", with_driver, "mysqlclient needs a compiler"),
        ("pyproject.toml", unexplained, "has no purpose beside it"),
    ],
)
def test_a_disagreement_is_named(
    tmp_path: Path, file: str, spoil: Callable[[str], str], sentence: str
) -> None:
    for name in ("pyproject.toml", *EXTRAS):
        shutil.copy(ROOT / name, tmp_path)
    (tmp_path / file).write_text(spoil((ROOT / file).read_text()))
    assert any(sentence in problem for problem in problems(tmp_path))
