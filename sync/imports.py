"""Imports in the browser: a file is uploaded and tried, the report is read, and then it is imported.

Both are runs, so that nobody waits for them and a worker that dies loses nothing. Until a person has agreed, a run
over an upload is a dry run.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from django.db import transaction

from repairs import clock, inventory_list, shop_list
from repairs.activity import name_of
from repairs.csv_lists import UnreadableList
from repairs.errors import Refusal
from sync import doorbell, runs
from sync.import_reading import read_ledger
from sync.importer import import_rows
from sync.marks import the_workbook
from sync.models import Run, Upload
from sync.runs import Claim, Failed
from sync.xlsx import UnreadableWorkbook, read_workbook

if TYPE_CHECKING:
    from django.contrib.auth.models import User

KIND = "import"
LARGEST = 10 * 1024 * 1024
MOST_LISTED = 200
LISTS = ("rejected", "issues", "differences")


def upload(*, kind: str, name: str, content: bytes, by: "User | None") -> Upload:
    """Keeps a file and starts its dry run. Refused when it is empty or larger than 10 MB."""
    if kind not in Upload.Kind.values:
        raise Refusal("Please choose what the file holds.", fields={"kind": "Please choose what it holds."})
    if not content:
        raise Refusal("The file is empty.", fields={"file": "This file is empty."})
    if len(content) > LARGEST:
        raise Refusal("The file is larger than 10 MB.", fields={"file": "This file is larger than 10 MB."})
    with transaction.atomic():
        made = Upload.objects.create(
            kind=kind, name=Path(name).name[-150:] or "file", content=content, by=by, by_name=name_of(by)
        )
        _start(made, by=by)
    return made


def agree(made: Upload, *, by: "User | None") -> None:
    """Imports a file whose report was read. Refused when it is imported already, or could not be read."""
    with transaction.atomic():
        locked = Upload.objects.select_for_update().defer("content").get(pk=made.pk)
        if locked.imported_at:
            raise Refusal("This file is imported already.")
        if "error" in locked.report or not locked.report:
            raise Refusal("Only a file that was tried with success can be imported.")
        Upload.objects.filter(pk=made.pk).update(agreed=True)
        _start(made, by=by)


def _start(made: Upload, *, by: "User | None") -> Run:
    run = runs.start(kind=KIND, about=made.pk, started_by=name_of(by), by=by)
    transaction.on_commit(doorbell.ring)
    return run


def work(claim: Claim) -> None:
    """Performs a run over an upload."""
    made = Upload.objects.filter(pk=claim.run.about or 0).first()
    if made is None or made.imported_at:
        raise Failed("There is nothing left to import.")
    claim.report("Importing" if made.agreed else "Trying, without writing anything")
    try:
        report = _performed(made)
    except (UnreadableList, UnreadableWorkbook) as error:
        Upload.objects.filter(pk=made.pk).update(report={"error": str(error)}, agreed=False)
        raise Failed(str(error)) from error
    done = {"imported_at": clock.now(), "content": b""} if made.agreed else {}
    Upload.objects.filter(pk=made.pk).update(report=report, **done)
    claim.result |= {name: report[name] for name in ("imported", "updated", "unchanged")}
    claim.step(f"{made.name}: {report['imported']} new, {report['updated']} updated.")


def _performed(made: Upload) -> dict[str, Any]:
    """The report of the import or of its dry run, with the file's own name where it is named."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / made.name
        path.write_bytes(bytes(made.content))
        try:
            return _shortened(_IMPORTERS[made.kind](path, not made.agreed).as_json())
        except (UnreadableList, UnreadableWorkbook) as error:
            raise type(error)(str(error).replace(str(path), made.name)) from error


def _orders(path: Path, dry_run: bool) -> Any:
    return import_rows(the_workbook(), read_ledger(read_workbook(path)), dry_run=dry_run)


def _shops(path: Path, dry_run: bool) -> Any:
    return shop_list.import_shops(shop_list.read_list(path), dry_run=dry_run)


def _inventory(path: Path, dry_run: bool) -> Any:
    return inventory_list.import_inventory(inventory_list.read_list(path), dry_run=dry_run)


_IMPORTERS: Mapping[str, Callable[[Path, bool], Any]] = {
    Upload.Kind.ORDERS: _orders,
    Upload.Kind.SHOPS: _shops,
    Upload.Kind.INVENTORY: _inventory,
}


def _shortened(report: dict[str, Any]) -> dict[str, Any]:
    """Counts of everything, and of each list as much as a person can look through."""
    lists: dict[str, Sequence[Mapping[str, Any]]] = {name: report.pop(name, []) for name in LISTS}
    counts = {f"{name}_count": len(rows) for name, rows in lists.items()}
    shown = {name: [_finding(row) for row in rows[:MOST_LISTED]] for name, rows in lists.items()}
    return {**report, **counts, **shown}


def _finding(row: Mapping[str, Any]) -> dict[str, Any]:
    """One finding in words: where it stands, what stands there, why it is told."""
    place = " row ".join(str(row[name]) for name in ("sheet", "row") if name in row)
    what = row.get("value", row.get("values", ""))
    if isinstance(what, Mapping):
        what = ", ".join(str(value) for value in what.values() if value)
    elif isinstance(what, list):
        what = ", ".join(str(value) for value in what if value not in ("", None))
    ours = row.get("order", row.get("shop", ""))
    reason = row.get("reason") or (f"The tracker says “{ours}”, and keeps it." if ours else "")
    return {"place": place, "field": row.get("field", ""), "what": str(what)[:300], "reason": str(reason)}
