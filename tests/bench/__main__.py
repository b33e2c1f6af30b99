"""`python -m tests.bench`: measures, prints the report, and writes it where `--output` says."""

import argparse
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import django

from tests.servers import Servers

if TYPE_CHECKING:
    from tests.bench.report import Section
    from tests.bench.world import World

REPORT = Path(__file__).resolve().parents[2] / "docs" / "benchmarks.md"
LINES = ("saves", "scattered", "edits", "bulk", "steady", "talking", "dashboard", "queue", "load")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("lines", nargs="*", metavar="LINE", help=f"only these: {', '.join(LINES)}")
    parser.add_argument("--output", type=Path, help=f"default: {REPORT.name} in docs, when all is measured")
    asked = parser.parse_args()
    unknown = set(asked.lines) - set(LINES)
    if unknown:
        parser.error(f"there is no line {', '.join(sorted(unknown))}")
    output = asked.output or (None if asked.lines else REPORT)
    servers = Servers("mariadb")
    try:
        text = _measured(servers, asked.lines or LINES)
    finally:
        servers.close()
    print(text)
    if output:
        output.write_text(text, encoding="utf-8")


def _measured(servers: Servers, names: tuple[str, ...] | list[str]) -> str:
    begun, load = time.monotonic(), [os.getloadavg()[0]]
    servers.start()
    servers.tell()
    os.environ["LOG_LEVEL"] = "ERROR"
    os.environ["DJANGO_SETTINGS_MODULE"] = "genthrust.settings"
    django.setup()
    from tests.bench import report
    from tests.bench.world import World

    sections: list[Section] = []
    for name in names:
        sections += _line(World(servers, servers.folder / name), name)
    sections.append(report.gap_section(sections))
    parts = ", ".join(_versions(servers))
    load.append(os.getloadavg()[0])
    return report.whole(sections, parts=parts, seconds=time.monotonic() - begun, load=load)


def _line(world: "World", name: str) -> list["Section"]:
    print(f"measuring {name} …", file=sys.stderr, flush=True)
    world.folder.mkdir()
    with world.fresh_database():
        return _measures()[name](world)


def _measures() -> dict[str, Callable[["World"], list["Section"]]]:
    from tests.bench import bulk, dashboard, load, mail_queue, saves, scattered, steady, talking

    return {
        "saves": saves.measure,
        "scattered": scattered.at_once,
        "edits": scattered.one_by_one,
        "bulk": bulk.measure,
        "steady": steady.measure,
        "talking": talking.measure,
        "load": load.measure,
        "dashboard": dashboard.measure,
        "queue": mail_queue.measure,
    }


def _versions(servers: Servers) -> list[str]:
    assert servers.mariadb is not None
    return [f"MariaDB {servers.mariadb.version}", f"Redis {servers.redis.version}"]


main()
