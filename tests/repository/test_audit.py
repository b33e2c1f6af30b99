"""What `make audit` makes of a report: nothing known is not clean, and a hole needs an answer."""

from typing import Any

import pytest

from tests.support.audit import Verdict, main, verdict

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
    assert (found.code(must_know=False), found.code(must_know=True)) == (0, 2)


def test_a_hole_is_told_until_it_is_answered() -> None:
    found = verdict(report({"vulns": [HOLE]}, {"vulns": []}), "")
    assert found.holes == ["one 1.0: PYSEC-2026-1, mended in 2.0"]
    assert found.sentence.startswith("1 without an answer in docs/threat-model.md")
    for name in ("PYSEC-2026-1", "CVE-2026-1"):
        assert verdict(report({"vulns": [HOLE]}), f"**{name}**: we never call it.").holes == []
    assert (found.code(must_know=False), found.code(must_know=True)) == (1, 1)


def test_what_was_not_looked_up_is_not_clean_for_who_must_know() -> None:
    half = verdict(report({"vulns": []}, {"skip_reason": "not found"}), "")
    assert (half.code(must_know=False), half.code(must_know=True)) == (0, 2)
    whole = verdict(report({"vulns": []}), "")
    assert whole.code(must_know=True) == 0


@pytest.mark.parametrize(
    ("of_deployment", "of_development", "flags", "code"),
    [
        (Verdict(2, 2), Verdict(3, 3), [], 0),
        (Verdict(2, 0), Verdict(3, 0), [], 0),
        (Verdict(2, 0), Verdict(3, 3), ["--must-know"], 2),
        (Verdict(2, 2), Verdict(3, 3, ["a hole"]), [], 1),
        (Verdict(2, 2, ["a hole"]), Verdict(3, 0), ["--must-know"], 1),
    ],
)
def test_what_runs_and_what_builds_it_are_both_asked_about(
    of_deployment: Verdict,
    of_development: Verdict,
    flags: list[str],
    code: int,
    capsys: pytest.CaptureFixture[str],
) -> None:
    reports = {"requirements.txt": of_deployment, "requirements-dev.txt": of_development}
    assert main(flags, lambda pinned: reports[pinned.name]) == code
    told = capsys.readouterr().out
    for name, report in reports.items():
        assert f"{name}: {report.sentence}" in told
