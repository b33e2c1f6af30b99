"""Do the pinned requirements say what pyproject.toml asks for? Nothing is resolved, nothing is fetched."""

import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).resolve().parents[2]
EXTRAS = {
    "requirements-dev.txt": ("mysql", "dev"),
    "requirements.txt": ("mysql",),
    "requirements-embedded.txt": (),
}
PIN = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)(\[[^]]*])?==(?P<version>[^ ;\\]+)(?P<rest>.*)$")
INDEX_LINE = re.compile(r"--(index-url|extra-index-url|find-links|trusted-host)|https?://|(^|\s)-[if]\s")
DIRECT = re.compile(r'^    "(?P<requirement>[^"]+)",(?P<comment>\s+# \S.*)?$')

Pins = dict[str, Version]


def problems(root: Path = ROOT) -> list[str]:
    """Every disagreement, as a sentence; empty when there is none."""
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    found = list(_without_purpose((root / "pyproject.toml").read_text()))
    pinned: dict[str, Pins] = {}
    for name, extras in EXTRAS.items():
        text = (root / name).read_text()
        pinned[name] = pins(text)
        asked = list(project["dependencies"])
        for extra in extras:
            asked += project["optional-dependencies"][extra]
        found += [f"{name}: {sentence}" for sentence in _unmet(asked, pinned[name])]
        found += [f"{name}: {sentence}" for sentence in _unfit_lines(text)]
    found += _apart(pinned)
    found += _driver_left_in(pinned["requirements-embedded.txt"])
    return found


def pins(text: str) -> Pins:
    lines = (PIN.match(line) for line in text.splitlines())
    return {canonicalize_name(line["name"]): Version(line["version"]) for line in lines if line}


def _unmet(asked: list[str], pinned: Pins) -> Iterator[str]:
    for requirement in map(Requirement, asked):
        version = pinned.get(canonicalize_name(requirement.name))
        if version is None:
            yield f"{requirement.name} is not pinned; run `make lock`."
        elif version not in requirement.specifier:
            yield f"{requirement.name} {version} is not what pyproject.toml asks for; run `make lock`."


def _unfit_lines(text: str) -> Iterator[str]:
    for line in text.splitlines():
        if INDEX_LINE.search(line):
            yield f"names where packages come from: {line.strip()}"
        elif re.match(r"\w", line) and not (PIN.match(line) and line.endswith("\\")):
            yield f"is not pinned with a hash: {line}"


def _apart(pinned: dict[str, Pins]) -> Iterator[str]:
    everything = pinned["requirements-dev.txt"]
    for name, versions in pinned.items():
        for package, version in versions.items():
            if everything.get(package) != version:
                yield f"{name}: {package} {version} is not what requirements-dev.txt pins; run `make lock`."


def _driver_left_in(embedded: Pins) -> Iterator[str]:
    if "mysqlclient" in embedded:
        yield "requirements-embedded.txt: mysqlclient needs a compiler and does not belong here."


def _without_purpose(pyproject: str) -> Iterator[str]:
    project = pyproject.split("\n[tool.", 1)[0]
    for line in project.splitlines():
        direct = DIRECT.match(line)
        if direct and not direct["comment"]:
            yield f"pyproject.toml: {direct['requirement']} has no purpose beside it."


if __name__ == "__main__":
    disagreements = problems()
    print(*disagreements, sep="\n", end="\n" if disagreements else "")
    sys.exit(bool(disagreements))
