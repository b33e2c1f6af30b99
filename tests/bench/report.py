"""The report: a table for each line of measurements, the aims, and the same text for the terminal and the file."""

import math
import platform
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import psutil


@dataclass(frozen=True)
class Aim:
    """Something measured beside the most that it should be."""

    what: str
    measured: float
    most: float
    unit: str

    @property
    def met(self) -> bool:
        return self.measured <= self.most

    def as_row(self) -> tuple[str, ...]:
        measured, most = (f"{shown(number)} {self.unit}" for number in (self.measured, self.most))
        return self.what, measured, f"at most {most}", "met" if self.met else "MISSED"


@dataclass
class Section:
    """One line of measurements: what was done, what came out, and what of it has an aim."""

    title: str
    how: str
    heads: tuple[str, ...]
    rows: list[tuple[str, ...]] = field(default_factory=list)
    aims: list[Aim] = field(default_factory=list)
    gaps: list[float] = field(default_factory=list)  # seconds between reading and writing, one for each flush

    def text(self) -> str:
        parts = [f"## {self.title}", self.how, table(self.heads, self.rows)]
        return "\n\n".join(parts)


def shown(number: float) -> str:
    """A number with three significant digits, or whole."""
    if number == int(number) or abs(number) >= 100:
        return f"{round(number):,}"
    return f"{number:.3g}"


def milliseconds(seconds: float) -> str:
    return f"{shown(seconds * 1000)} ms"


def ratio(one: float, other: float) -> str:
    return f"{one / other:.2f}"


def percentile(values: Sequence[float], percent: int) -> float:
    """The smallest value that so many percent of them do not exceed."""
    return sorted(values)[math.ceil(len(values) * percent / 100) - 1]


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table with even columns."""
    widths = [max(map(len, column)) for column in zip(heads, *rows, strict=True)]
    lines = [heads, ["-" * width for width in widths], *rows]
    return "\n".join(
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) + " |"
        for line in lines
    )


def gap_section(sections: Sequence[Section]) -> Section:
    """The time in which a cell typed by a person could be lost, over all flushes that wrote something."""
    section = Section(
        "The gap between read and write",
        "Seconds from the beginning of a reading to the end of the last writing that is based on it, the longest "
        "of each flush. A cell that a person types in this time is lost to the tracker's value.",
        ("flushes of", "flushes", "median", "longest"),
    )
    longest = 0.0
    for each in sections:
        if each.gaps:
            longest = max(longest, *each.gaps)
            numbers = (f"{statistics.median(each.gaps):.2f} s", f"{max(each.gaps):.2f} s")
            section.rows.append((each.title, str(len(each.gaps)), *numbers))
    section.aims.append(Aim("longest gap between read and write", longest, 5, "s"))
    return section


def whole(sections: Sequence[Section], *, parts: str, seconds: float, load: Sequence[float]) -> str:
    """The report as Markdown. `load` is how many processes wanted a core, at the beginning and at the end."""
    aims = [aim for section in sections for aim in section.aims]
    machine = f"{psutil.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}, {parts}"
    busy = " and ".join(f"{number:.1f}" for number in load)
    head = [
        "# Benchmarks",
        "Written by `make bench`, which starts its own servers and an emulated Microsoft Graph. Read the ratios and "
        "the counts: times depend on the machine and on what else it does, and the emulator shares its cores.",
        f"Measured {datetime.now(UTC):%B %-d, %Y} in {seconds:.0f} seconds: {machine}. "
        f"Load at the beginning and at the end: {busy}. Above the number of cores, others were at work as well, and "
        "times say more of the machine than of the program.",
        "## Aims",
        table(("what", "measured", "aim", ""), [aim.as_row() for aim in aims]),
    ]
    return "\n\n".join([*head, *(section.text() for section in sections)]) + "\n"
