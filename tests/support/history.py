"""What was ever committed to a repository, looked through for secrets: every file, message and tag, of merges too.

Only secrets of a form that is known are found: what well-known services give out, and keys. Words that somebody made
up as a password look like any other word.
"""

import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

# By its kind, the letters that each such secret has in it, which are looked for first, and what it looks like.
SECRETS = {
    "a private key": (
        "PRIVATE KEY-----",
        r"-----BEGIN (?:RSA |EC |OPENSSH |DSA |ENCRYPTED |)PRIVATE KEY-----\s+[A-Za-z0-9+/=]{40}",
    ),
    "a key of Anthropic's": ("sk-ant-", r"sk-ant-[a-z0-9]{4,}-[A-Za-z0-9_-]{20,}"),
    "a key of AWS": ("AKIA", r"\bAKIA[0-9A-Z]{16}\b"),
    "a token of GitHub": ("gh", r"\bgh[pousr]_[A-Za-z0-9]{36}\b"),
    "a newer token of GitHub": ("github_pat_", r"\bgithub_pat_[A-Za-z0-9_]{50,}"),
    "a token of Slack": ("xox", r"\bxox[abpr]-[A-Za-z0-9-]{20,}"),
    "a key of Google's": ("AIza", r"\bAIza[0-9A-Za-z_-]{35}\b"),
    "a client secret of Entra ID": ("8Q~", r"\b[a-zA-Z0-9_~.-]{3}8Q~[a-zA-Z0-9_~.-]{34}\b"),
    "a key of Azure storage": ("AccountKey=", r"\bAccountKey=[A-Za-z0-9+/]{86}=="),
    "a signed token": ("eyJ", r"\beyJ[A-Za-z0-9_-]{20,}\.eyJ[A-Za-z0-9_-]{20,}\.[A-Za-z0-9_-]{20,}"),
    "a refresh token of Microsoft's": (".A", r"\b[01]\.A[A-Za-z0-9_-]{150,}"),
    "a key in our settings": ("_KEY", r"\b(?:TOKEN_KEYS|SECRET_KEY)=[\"']?[A-Za-z0-9_-]{43}"),
}
EACH = {kind: (mark.encode(), re.compile(form.encode())) for kind, (mark, form) in SECRETS.items()}


class Unreadable(Exception):
    """There is no history, or only a part of it; the sentence says how to get the whole."""


@dataclass(frozen=True)
class Found:
    """A secret: of what kind, and the object that holds it, with its name in the tree where it has one."""

    kind: str
    where: str


def secrets_in(repository: Path) -> list[Found]:
    """Those in anything that any branch or tag leads to. Raises Unreadable where not all of it is here."""
    if (shallow := _git(repository, "rev-parse", "--is-shallow-repository").strip()) != b"false":
        assert shallow == b"true"
        count = _git(repository, "rev-list", "--all", "--count").decode().strip()
        raise Unreadable(
            f"This is a shallow clone: only {count} of its commits are here, and the scan would see no more. "
            "Please run `git fetch --unshallow`."
        )
    return [Found(kind, where) for where, text in _objects(repository) for kind in kinds_in(text)]


def kinds_in(text: bytes) -> list[str]:
    return [kind for kind, (mark, form) in EACH.items() if mark in text and form.search(text)]


def _objects(repository: Path) -> Iterator[tuple[str, bytes]]:
    """Each file in each of its versions, each commit with its message, each tag."""
    listed = _git(repository, "rev-list", "--all", "--objects")
    names = dict(line.partition(" ")[::2] for line in listed.decode(errors="replace").splitlines())
    told = _git(repository, "cat-file", "--batch", words_in="\n".join(names).encode() + b"\n")
    at = 0
    while at < len(told):
        head, begin = told[at : told.index(b"\n", at)].decode().split(), told.index(b"\n", at) + 1
        at = begin + int(head[2]) + 1
        if head[1] != "tree":
            yield f"{head[1]} {head[0][:12]} {names.get(head[0], '')}".strip(), told[begin : at - 1]


def _git(repository: Path, *words: str, words_in: bytes = b"") -> bytes:
    done = subprocess.run(["git", *words], cwd=repository, input=words_in, capture_output=True, check=False)
    if done.returncode:
        raise Unreadable(f"There is no history here: {done.stderr.decode(errors='replace').strip()}")
    return done.stdout
