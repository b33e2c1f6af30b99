"""Importing a list of the parts in stock: a CSV file with a header row.

A unit with a serial number is known by its source list, part and serial, wherever it lies. Other lines are known by
source list, part, condition and place, and by their order among lines that agree in all of these. A blank or
unreadable cell leaves what is known, and so does a line that is older than what is known. Nothing is deleted.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import CharField

from repairs.csv_lists import Finding, Progress, UnreadableList, lines_of
from repairs.models import Condition, InventoryItem
from repairs.parts import part_key
from repairs.reading import PLACEHOLDERS, Read, read_date, read_text

KIND = "a list of parts in stock"
HEADERS: Mapping[str, str] = {
    "partnumber": "part_number",
    "serialnumber": "serial_number",
    "description": "description",
    "qty": "quantity",
    "quantity": "quantity",
    "condition": "condition",
    "location": "location",
    "tablename": "source",
    "source": "source",
    "lastseen": "last_seen",
}
CHUNK = 500
LARGEST_QUANTITY = 2_000_000_000
_LONGEST = {f.name: f.max_length or 0 for f in InventoryItem._meta.fields if isinstance(f, CharField)}
_QUANTITY = re.compile(r"([0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?:\.0*)?")
_CONDITIONS = {word.upper(): value for value, label in Condition.choices for word in (value, label)}


@dataclass(frozen=True, slots=True)
class ItemRow:
    """One line of the list, as text by field; lines count from 1, the header's."""

    row: int
    values: dict[str, str]


@dataclass(slots=True)
class Report:
    """What an import did, and everything that a person should look at. `older` lines are behind what is known."""

    imported: int = 0
    updated: int = 0
    unchanged: int = 0
    older: int = 0
    rejected: list[Finding] = field(default_factory=list)
    issues: list[Finding] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """The report as it is written into a file."""
        return asdict(self)


def read_list(path: Path) -> list[ItemRow]:
    """The lines of the list. One that does not name its source list is called by the file. Raises UnreadableList."""
    lines = lines_of(path, KIND)
    fields = [_field(header) for header in (lines[0] if lines else [])]
    if "part_number" not in fields:
        raise UnreadableList(f"{path} is not {KIND}: its first line has no header “PartNumber”.")
    named = [name for name in fields if name]
    if len(named) != len(set(named)):
        raise UnreadableList(f"{path} names one of its columns twice.")
    source = {} if "source" in fields else {"source": path.stem[: _LONGEST["source"]]}
    return [
        ItemRow(number, source | _texts(fields, line))
        for number, line in enumerate(lines[1:], start=2)
        if any(cell.strip() for cell in line)
    ]


def import_inventory(
    rows: Sequence[ItemRow], *, dry_run: bool = False, progress: Progress | None = None
) -> Report:
    """Imports the list in one transaction; a dry run reports the same and leaves the database as it was."""
    report = Report()
    try:
        with transaction.atomic():
            _write(rows, report, progress or (lambda _done, _total: None))
            if dry_run:
                transaction.set_rollback(True)
    except IntegrityError as error:
        raise UnreadableList(
            "Another import ran at the same time. Nothing was changed; please repeat it."
        ) from error
    return report


def read_condition(text: str) -> Condition | None:
    """The condition that a list means: its two letters or its whole name; None for anything else."""
    value = _CONDITIONS.get(" ".join(text.upper().split()))
    return Condition(value) if value else None


def read_quantity(text: str) -> Read[int | None]:
    """A whole number of pieces, zero or more."""
    if not text:
        return Read(None)
    if text.upper() in PLACEHOLDERS:
        return Read(None, f"“{text}” stands for a quantity that is not known.")
    match = _QUANTITY.fullmatch(text)
    count = int(match[1].replace(",", "")[:11]) if match else -1
    if not 0 <= count <= LARGEST_QUANTITY:
        return Read(None, "This is not a quantity.", understood=False)
    return Read(count)


def _field(header: str) -> str:
    return HEADERS.get(re.sub(r"[\s_-]", "", header.casefold()), "")


def _texts(fields: Sequence[str], line: Sequence[str]) -> dict[str, str]:
    return {
        name: " ".join(read_text(cell).value.split())
        for name, cell in zip(fields, line, strict=False)
        if name
    }


def _write(rows: Sequence[ItemRow], report: Report, progress: Progress) -> None:
    known = {item.key: item for item in InventoryItem.objects.select_for_update().order_by("pk")}
    new: list[InventoryItem] = []
    changed: list[InventoryItem] = []
    for done, (key, values) in enumerate(_usable(rows, report), start=1):
        if key not in known:
            new.append(_searchable(InventoryItem(key=key, **values)))
        elif _is_older(values, known[key]):
            report.older += 1
        elif _take(known[key], values):
            changed.append(known[key])
        else:
            report.unchanged += 1
        progress(done, len(rows))
    progress(len(rows), len(rows))
    InventoryItem.objects.bulk_create(new, batch_size=CHUNK)
    InventoryItem.objects.bulk_update(changed, _WRITTEN, batch_size=CHUNK)
    report.imported, report.updated = len(new), len(changed)


def _usable(rows: Sequence[ItemRow], report: Report) -> Iterator[tuple[str, dict[str, Any]]]:
    """The lines that can be imported, each with its key."""
    alike: Counter[str] = Counter()
    for row in rows:
        if reason := _reason_to_refuse(row):
            report.rejected.append({"row": row.row, "reason": reason, "values": row.values})
            continue
        values = dict(_values(row, report))
        place = _place(values)
        alike[place] += 1
        yield hashlib.sha256(f"{place}\0{alike[place]}".encode()).hexdigest(), values


def _reason_to_refuse(row: ItemRow) -> str:
    number = row.values.get("part_number", "")
    if not part_key(number) or number.upper() in PLACEHOLDERS:
        return "no part number"
    return "the part number is too long" if len(number) > _LONGEST["part_number"] else ""


def _values(row: ItemRow, report: Report) -> Iterator[tuple[str, Any]]:
    """What the line says, column by column; what is blank or not understood says nothing."""
    for name, text in row.values.items():
        column, read = _read_condition(text) if name == "condition" else (name, _read(name, text))
        if read.problem:
            report.issues.append({"row": row.row, "field": name, "value": text, "reason": read.problem})
        if read.value not in (None, ""):
            yield column, read.value


def _read(name: str, text: str) -> Read[Any]:
    if name == "quantity":
        return read_quantity(text)
    if name == "last_seen":
        return read_date(text)
    if name == "serial_number" and text.upper() in PLACEHOLDERS:
        return Read("")
    return _fitting(name, text)


def _read_condition(text: str) -> tuple[str, Read[str]]:
    """The condition, or what the list says instead, for the column that keeps such words."""
    condition = read_condition(text)
    if condition or not text:
        return "condition", Read(condition.value if condition else "")
    kept = _fitting("condition_text", text).value
    return "condition_text", Read(kept, f"“{text}” is not a condition.")


def _fitting(column: str, text: str) -> Read[str]:
    longest = _LONGEST[column]
    return Read(text) if len(text) <= longest else Read("", f"This is longer than {longest} characters.")


def _place(values: Mapping[str, Any]) -> str:
    """What tells a line from others: the unit by its serial, else where the pieces lie."""
    serial = values.get("serial_number", "")
    rest = (
        (serial,)
        if serial
        else ("", *(values.get(n, "") for n in ("condition", "condition_text", "location")))
    )
    named = [values.get("source", ""), part_key(values["part_number"]), *rest]
    return "\0".join(str(part).casefold() for part in named)


def _is_older(values: Mapping[str, Any], known: InventoryItem) -> bool:
    seen = values.get("last_seen")
    return bool(seen and known.last_seen and seen < known.last_seen)


def _take(item: InventoryItem, values: Mapping[str, Any]) -> bool:
    """Takes what the line says; whether that is anything new."""
    if values.get("condition"):
        values = {**values, "condition_text": ""}
    elif values.get("condition_text"):
        values = {**values, "condition": ""}
    differing = {name: value for name, value in values.items() if getattr(item, name) != value}
    for name, value in differing.items():
        setattr(item, name, value)
    _searchable(item)
    return bool(differing)


def _searchable(item: InventoryItem) -> InventoryItem:
    """Brings the columns up to date in which the line is looked up."""
    item.part_key = part_key(item.part_number)
    rest = f"{item.serial_number} {item.description}".lower().replace("-", "")
    item.search = f"{item.part_key} {rest}".strip()
    return item


_WRITTEN = [f.name for f in InventoryItem._meta.fields if f.name not in ("id", "key")]
