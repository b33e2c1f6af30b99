"""`make audit`: are holes known in the pinned packages? Ends with 1 when one is that docs/threat-model.md leaves open.

Where no database of advisories can be reached, nothing is known, which is said and is not taken for "clean"; with
`--must-know` (make audit FLAGS=--must-know) it ends with 2 then, and also when some packages could not be looked up.
"""

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
# What a deployment runs (the embedded set is a part of it), and what builds and tests it.
PINNED = (ROOT / "requirements.txt", ROOT / "requirements-dev.txt")
ANSWERS = ROOT / "docs" / "threat-model.md"
COMMAND = ("-m", "pip_audit", "--disable-pip", "--require-hashes", "--progress-spinner=off", "--format=json")
MUST_KNOW = "--must-know"


@dataclass(frozen=True)
class Verdict:
    """What pip-audit found out: how many packages were looked up, and the holes, each as a line for people."""

    asked: int
    known: int
    holes: list[str] = field(default_factory=list)

    @property
    def sentence(self) -> str:
        if not self.known:
            return f"No database of advisories was reached: nothing is known of the {self.asked} packages."
        if self.holes:
            return f"{len(self.holes)} without an answer in {ANSWERS.relative_to(ROOT)}:\n" + "\n".join(
                self.holes
            )
        return f"No hole is known in {self.known} of {self.asked} packages, or each has its answer."

    def code(self, *, must_know: bool) -> int:
        """What the command ends with: 1 for a hole, 2 where not all was looked up and that was asked for."""
        if self.holes:
            return 1
        return 2 if must_know and self.known < self.asked else 0


def verdict(report: dict[str, Any], answers: str) -> Verdict:
    """Of a report of pip-audit. A hole is answered when the answers name it by any of its names."""
    packages = report["dependencies"]
    looked_up = [package for package in packages if "skip_reason" not in package]
    holes = [
        f"{package['name']} {package['version']}: {hole['id']}, {_mended(hole)}"
        for package in looked_up
        for hole in package["vulns"]
        if not any(name in answers for name in (hole["id"], *hole.get("aliases", ())))
    ]
    return Verdict(len(packages), len(looked_up), holes)


def _mended(hole: dict[str, Any]) -> str:
    return f"mended in {', '.join(hole['fix_versions'])}" if hole["fix_versions"] else "mended in no version"


def looked_up(pinned: Path) -> Verdict:
    """Asks pip-audit about a pinned file."""
    done = subprocess.run(
        [sys.executable, *COMMAND, "-r", str(pinned)], capture_output=True, text=True, check=False
    )
    if not done.stdout.startswith("{"):
        print(f"pip-audit came to no end: {done.stderr.strip()[-500:]}")
        return Verdict(asked=pinned.read_text().count("=="), known=0)
    return verdict(json.loads(done.stdout), ANSWERS.read_text())


def main(flags: list[str], look: Callable[[Path], Verdict] = looked_up) -> int:
    """Tells of every pinned file; what the command ends with."""
    codes = []
    for pinned in PINNED:
        found = look(pinned)
        print(f"{pinned.name}: {found.sentence}")
        codes.append(found.code(must_know=MUST_KNOW in flags))
    return 1 if 1 in codes else max(codes)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
