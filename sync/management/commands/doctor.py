"""Looks at every setting and outside part, and says in words what to mend."""

import json
from argparse import ArgumentParser
from collections import Counter
from typing import Any

from django.core.management.base import BaseCommand

from genthrust import doctor
from genthrust.doctor import Finding, Verdict

SIGNS = {Verdict.OK: "ok", Verdict.NOTE: "note", Verdict.MEND: "MEND"}


class Command(BaseCommand):
    help = (
        "Check the settings, the database, Redis, Microsoft 365, the model and the processes; exit 1 to mend."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print one line of JSON only")

    def handle(self, *_: Any, **options: Any) -> None:
        found: list[Finding] = []
        for finding in doctor.examine():
            found.append(finding)
            if not options["json"]:
                self.stdout.write(f"{SIGNS[finding.verdict]:<5} {finding.part + ':':<15} {finding.told}")
                self.stdout.flush()
        counts = Counter(finding.verdict for finding in found)
        if options["json"]:
            self.stdout.write(json.dumps(_report(found)))
        else:
            self.stdout.write(_sum(counts))
        if counts[Verdict.MEND]:
            raise SystemExit(1)


def _report(found: list[Finding]) -> dict[str, Any]:
    rows = [{"part": f.part, "verdict": str(f.verdict), "told": f.told} for f in found]
    return {"well": all(f.verdict != Verdict.MEND for f in found), "findings": rows}


def _sum(counts: Counter[Verdict]) -> str:
    to_mend = counts[Verdict.MEND]
    if not to_mend:
        return "All is well."
    return "One thing must be mended." if to_mend == 1 else f"{to_mend} things must be mended."
