"""Importing the list of shops: a CSV file with a header row.

The list's spelling of a name wins. Other fields are filled where they are empty; what a person entered here, such
as a corrected email address, stays and is reported as a difference.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from django.db import transaction
from django.db.models import CharField

from repairs import clock
from repairs.activity import as_text
from repairs.csv_lists import Finding, Progress, UnreadableList, lines_of
from repairs.importing import CHUNK, IMPORT
from repairs.models import Activity, FieldChange, Shop, ShopAlias
from repairs.reading import read_text
from repairs.shop_names import shop_key, tidy_name
from repairs.shops import fault_of

NAME = "business name"
HEADERS: Mapping[str, str] = {
    "customer": "customer_number",
    NAME: "name",
    "address line 1": "address",
    "city": "city",
    "state": "state",
    "zip": "postal_code",
    "country": "country",
    "phone": "phone",
    "email": "email",
    "website": "website",
    "contact": "contact",
    "payment terms": "payment_terms",
    "ils code": "ils_code",
}
_LONGEST = {f.name: f.max_length or 0 for f in Shop._meta.fields if isinstance(f, CharField)}
KIND = "a list of shops"


@dataclass(frozen=True, slots=True)
class ShopRow:
    """One line of the list; lines count from 1, the header's."""

    row: int
    values: dict[str, str]


@dataclass(slots=True)
class Report:
    """What an import of the list did, and everything that a person should look at."""

    imported: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: list[Finding] = field(default_factory=list)
    issues: list[Finding] = field(default_factory=list)
    differences: list[Finding] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """The report as it is written into a file."""
        return asdict(self)


def read_list(path: Path) -> list[ShopRow]:
    """The lines of the list. Raises UnreadableList."""
    lines = lines_of(path, KIND)
    fields = [HEADERS.get(" ".join(header.casefold().split()), "") for header in (lines[0] if lines else [])]
    if "name" not in fields:
        raise UnreadableList(f"{path} is not {KIND}: its first line has no header “Business Name”.")
    return [
        ShopRow(number, _values(fields, line)) for number, line in enumerate(lines[1:], start=2) if any(line)
    ]


def import_shops(
    rows: Sequence[ShopRow], *, dry_run: bool = False, progress: Progress | None = None
) -> Report:
    """Imports the list in one transaction; a dry run reports the same and leaves the database as it was."""
    report = Report()
    with transaction.atomic():
        listed = _listed(rows, report)
        known = {shop.key: shop for shop in Shop.objects.select_for_update().order_by("pk")}
        merged = {alias.key for alias in ShopAlias.objects.all()}
        new = [Shop(key=key, **row.values) for key, row in listed.items() if key not in known.keys() | merged]
        _create(new, report)
        for done, (key, row) in enumerate(listed.items(), start=1):
            if key in known:
                _update(known[key], row, report)
            elif key in merged:  # what the list says of a name that is no shop of its own any more
                report.unchanged += 1
            if progress:
                progress(done, len(listed))
        if dry_run:
            transaction.set_rollback(True)
    return report


def _values(fields: Sequence[str], line: Sequence[str]) -> dict[str, str]:
    values = {name: read_text(cell).value for name, cell in zip(fields, line, strict=False) if name}
    return values | {"name": tidy_name(values.get("name", ""))}


def _listed(rows: Sequence[ShopRow], report: Report) -> dict[str, ShopRow]:
    """The usable lines by the shop's key, the first of two with one name."""
    listed: dict[str, ShopRow] = {}
    for row in rows:
        key = shop_key(row.values["name"])
        if not row.values["name"]:
            report.rejected.append({"row": row.row, "reason": "no name", "values": row.values})
        elif key in listed:
            report.rejected.append({"row": row.row, "reason": "duplicate name", "values": row.values})
        elif len(row.values["name"]) > _LONGEST["name"]:
            report.rejected.append({"row": row.row, "reason": "the name is too long", "values": row.values})
        else:
            listed[key] = ShopRow(row.row, _fitting(row, report))
    return listed


def _fitting(row: ShopRow, report: Report) -> dict[str, str]:
    fitting = {}
    for name, value in row.values.items():
        problem = _problem(name, value)
        if problem:
            report.issues.append({"row": row.row, "field": name, "value": value, "reason": problem})
        else:
            fitting[name] = value
    return fitting


def _problem(name: str, value: str) -> str | None:
    if len(value) > _LONGEST[name]:
        return f"This is longer than {_LONGEST[name]} characters."
    return fault_of(name, value) or None


def _create(new: Sequence[Shop], report: Report) -> None:
    Shop.objects.bulk_create(new, batch_size=CHUNK)
    # MySQL does not tell the ids of rows inserted in bulk.
    made = Shop.objects.filter(key__in=[shop.key for shop in new])
    for shop in made:
        _record(shop, {name: ("", getattr(shop, name)) for name in HEADERS.values() if getattr(shop, name)})
    report.imported += len(new)


def _update(shop: Shop, row: ShopRow, report: Report) -> None:
    changes = dict(_changes(shop, row, report))
    if not changes:
        report.unchanged += 1
        return
    for name, (_, new) in changes.items():
        setattr(shop, name, new)
    shop.updated_at = clock.now()
    shop.save(update_fields=[*changes, "updated_at"])
    _record(shop, changes)
    report.updated += 1


def _changes(shop: Shop, row: ShopRow, report: Report) -> Iterator[tuple[str, tuple[str, str]]]:
    for name, listed in row.values.items():
        ours = getattr(shop, name)
        if listed and listed != ours:
            if name == "name" or not ours:
                yield name, (ours, listed)
            else:
                report.differences.append({"row": row.row, "field": name, "value": listed, "shop": ours})


def _record(shop: Shop, changes: Mapping[str, tuple[str, str]]) -> None:
    entry = Activity.objects.create(shop=shop, verb=Activity.Verb.IMPORTED, text=shop.name, by_name=IMPORT)
    FieldChange.objects.bulk_create(
        FieldChange(activity=entry, field=name, old=as_text(old), new=as_text(new))
        for name, (old, new) in changes.items()
    )
