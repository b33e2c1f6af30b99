"""What `make audit` makes of a report: nothing known is not clean, and a hole needs an answer."""

from typing import Any

from tests.support.audit import verdict

HOLE = {"id": "PYSEC-2026-1", "aliases": ["CVE-2026-1"], "fix_versions": ["2.0"]}


def report(*packages: dict[str, Any]) -> dict[str, Any]:
    return {
        "dependencies": [{"name": "one", "version": "1.0", **package} for package in packages],
        "fixes": [],
    }


def test_where_nothing_could_be_looked_up_nothing_is_known() -> None:
    found = verdict(report({"skip_reason": "not found"}, {"skip_reason": "not found"}), "")
    assert (found.known, found.holes) == (0, [])
    assert found.sentence == "No database of advisories was reached: nothing is known of the 2 packages."


def test_a_hole_is_told_until_it_is_answered() -> None:
    found = verdict(report({"vulns": [HOLE]}, {"vulns": []}), "")
    assert found.holes == ["one 1.0: PYSEC-2026-1, mended in 2.0"]
    assert found.sentence.startswith("1 without an answer in docs/threat-model.md")
    for name in ("PYSEC-2026-1", "CVE-2026-1"):
        assert verdict(report({"vulns": [HOLE]}), f"**{name}**: we never call it.").holes == []
