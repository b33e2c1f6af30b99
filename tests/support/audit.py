"""`make audit`: are holes known in the pinned packages? Ends with 1 when one is that docs/threat-model.md leaves open.

Where no database of advisories can be reached, nothing is known, which is said and is not taken for "clean".
"""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
PINNED = ROOT / "requirements.txt"  # what a deployment runs; the embedded set is a part of it
ANSWERS = ROOT / "docs" / "threat-model.md"
COMMAND = ("-m", "pip_audit", "--disable-pip", "--require-hashes", "--progress-spinner=off", "--format=json")


@dataclass(frozen=True)
class Verdict:
    """What pip-audit found out: how many packages were looked up, and the holes, each as a line for people."""

    asked: int
    known: int
    holes: list[str]

    @property
    def sentence(self) -> str:
        if not self.known:
            return f"No database of advisories was reached: nothing is known of the {self.asked} packages."
        if self.holes:
            return f"{len(self.holes)} without an answer in {ANSWERS.relative_to(ROOT)}:\n" + "\n".join(
                self.holes
            )
        return f"No hole is known in {self.known} of {self.asked} packages, or each has its answer."


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


def main() -> int:
    done = subprocess.run(
        [sys.executable, *COMMAND, "-r", str(PINNED)], capture_output=True, text=True, check=False
    )
    if not done.stdout.startswith("{"):
        asked = PINNED.read_text().count("==")
        print(Verdict(asked, 0, []).sentence)
        return 0
    found = verdict(json.loads(done.stdout), ANSWERS.read_text())
    print(found.sentence)
    return bool(found.holes)


if __name__ == "__main__":
    sys.exit(main())
