"""What is in the repository speaks of the program, to anybody, and leaves nothing for later."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
UNFIT = {
    "a path of one machine": r"(?<![\w.-])/(home/\w|Users/\w|root/|work/\w|tmp/\w)",
    "a package index": r"pypi\.org|pythonhosted\.org|npmjs\.(org|com)",
    "left for later": r"\b(TODO|FIXME|XXX|HACK)\b",
    "how it was written": r"(?i)\b(chatgpt|copilot|co-authored-by|as an ai)\b",
}
UNREAD = {"tests/repository/test_words.py"}


def texts() -> list[tuple[str, str]]:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    names = (name for name in listed.split("\0") if name and name not in UNREAD)
    contents = ((name, (ROOT / name).read_bytes()) for name in names if (ROOT / name).is_file())
    return [(name, content.decode()) for name, content in contents if b"\0" not in content]


@pytest.mark.parametrize("kind", UNFIT)
def test_no_file_holds(kind: str) -> None:
    pattern = re.compile(UNFIT[kind])
    found = [
        f"{name}:{number}: {line.strip()[:100]}"
        for name, text in texts()
        for number, line in enumerate(text.splitlines(), start=1)
        if pattern.search(line)
    ]
    assert found == []


@pytest.mark.parametrize(
    ("kind", "line"),
    [
        ("a path of one machine", 'open("/home/ana/book.xlsx")'),
        ("a package index", "--index-url https://pypi.org/simple"),
        ("left for later", "# TODO: retry"),
        ("how it was written", "Co-authored-by: somebody"),
    ],
)
def test_such_a_line_is_found(kind: str, line: str) -> None:
    assert re.search(UNFIT[kind], line)
