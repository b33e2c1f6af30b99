"""No secret was ever committed; and the scan that says so finds one of each kind, wherever in the history it is."""

import subprocess
from pathlib import Path

import pytest

from tests.support.history import SECRETS, Unreadable, kinds_in, secrets_in

ROOT = Path(__file__).resolve().parents[2]
LETTERS = "aB3_" * 50
# Made up, and in pieces, so that this file holds none.
MADE_UP = {
    "a private key": "-----BEGIN " + "PRIVATE KEY-----\n" + "MIIB" * 12,
    "a key of Anthropic's": "sk-ant-" + "api03-" + LETTERS[:24],
    "a key of AWS": "AKIA" + "ABCDEFGHIJKLMNOP",
    "a token of GitHub": "ghp_" + "a1" * 18,
    "a newer token of GitHub": "github_" + "pat_" + LETTERS[:60],
    "a token of Slack": "xoxb-" + "1234567890-" * 2 + "abc",
    "a key of Google's": "AIza" + LETTERS[:35],
    "a client secret of Entra ID": "abc8" + "Q~" + "x" * 34,
    "a key of Azure storage": "AccountKey" + "=" + "aB3/" * 21 + "aB==",
    "a signed token": "eyJ" + LETTERS[:24] + ".eyJ" + LETTERS[:24] + "." + LETTERS[:24],
    "a refresh token of Microsoft's": "1." + "AX" + LETTERS[:160],
    "a key in our settings": "TOKEN_KEYS" + "=" + LETTERS[:43] + "=",
}


def test_no_secret_was_ever_committed() -> None:
    assert secrets_in(ROOT) == []


@pytest.mark.parametrize("kind", SECRETS)
def test_each_kind_is_found_and_half_of_it_is_not(kind: str) -> None:
    word = MADE_UP[kind]
    assert kinds_in(f"first\nKEY = '{word}'\n".encode()) == [kind]
    assert kinds_in(f"first\nKEY = '{word[: len(word) // 2]}'\n".encode()) == []


class Repository:
    """One of a test's own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        self.git("init", "--quiet", "--initial-branch=main")

    def git(self, *words: str) -> None:
        told = [
            "-c",
            "user.name=A Test",
            "-c",
            "user.email=test@genthrust.example",
            "-c",
            "commit.gpgsign=false",
        ]
        subprocess.run(["git", *told, *words], cwd=self.folder, check=True, capture_output=True)

    def commit(self, name: str, text: str, message: str = "A change") -> None:
        (self.folder / name).write_text(text)
        self.git("add", "--all")
        self.git("commit", "--quiet", f"--message={message}")


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    made = Repository(tmp_path / "repository")
    made.commit("a.py", "first = 1\n")
    return made


def test_it_is_found_wherever_in_the_history_it_is(repository: Repository) -> None:
    words = iter(MADE_UP.values())
    repository.commit("gone.py", f"key = '{next(words)}'\n")
    repository.commit("gone.py", "key = ''\n")
    repository.git("commit", "--quiet", "--allow-empty", f"--message=Said in a message: {next(words)}")
    repository.git("tag", "--annotate", "v1", f"--message=Said in a tag: {next(words)}")
    (repository.folder / "b.bin").write_bytes(b"\x00\xff" + next(words).encode() + b"\x00")
    repository.commit("b.py", "")
    repository.git("checkout", "--quiet", "-b", "aside")
    repository.commit("aside.py", f"key = '{next(words)}'\n")
    repository.git("checkout", "--quiet", "main")
    repository.commit("c.py", "")
    repository.git("merge", "--quiet", "--no-commit", "aside")
    repository.commit("merged.py", f"key = '{next(words)}'\n")
    repository.commit("merged.py", "key = ''\n")
    found = {one.kind: one.where for one in secrets_in(repository.folder)}
    assert set(found) == {*list(MADE_UP)[:6]}
    places = [found[kind].split()[::2] for kind in list(MADE_UP)[:6]]
    assert places == [
        ["blob", "gone.py"],
        ["commit"],
        ["tag", "v1"],
        ["blob", "b.bin"],
        ["blob", "aside.py"],
        ["blob", "merged.py"],
    ]


def test_who_sees_only_a_part_says_so(repository: Repository, tmp_path: Path) -> None:
    repository.commit("b.py", f"key = '{MADE_UP['a key of AWS']}'\n")
    repository.commit("b.py", "key = ''\n")
    repository.git("clone", "--quiet", "--depth=1", f"file://{repository.folder}", str(tmp_path / "shallow"))
    with pytest.raises(Unreadable, match=r"only 1 of its commits are here.*--unshallow"):
        secrets_in(tmp_path / "shallow")
    (tmp_path / "unpacked").mkdir()
    with pytest.raises(Unreadable, match="There is no history here"):
        secrets_in(tmp_path / "unpacked")
