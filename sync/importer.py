"""Importing the ledger sheets of a workbook: new orders, and what changed in the rows of known ones.

Importing the same sheets again changes nothing; an order is never deleted; nothing is left pending.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any

from django.db import transaction

from repairs import clock, importing, numbers
from repairs.importing import ChangedOrder, NewOrder, Shops
from repairs.models import RepairOrder
from sync.columns import COLUMNS, Kind, Value
from sync.import_merging import Agreed, Difference, Merge, agreement, merge
from sync.import_reading import Issue, Ledger, OrderRow, RefusedRow
from sync.models import Replica, Workbook

CHUNK = 500
# Called with how many rows are done and how many there are.
Progress = Callable[[int, int], None]


@dataclass(slots=True)
class Report:
    """What an import did, and everything that a person should look at."""

    imported: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: list[RefusedRow] = field(default_factory=list)
    issues: list[Issue] = field(default_factory=list)
    differences: list[Difference] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """The report as it is written into a file."""
        return asdict(self)


def import_rows(
    workbook: Workbook,
    ledger: Ledger,
    *,
    dry_run: bool = False,
    progress: Progress | None = None,
    read_since: datetime | None = None,
) -> Report:
    """Imports what was read in one transaction; a dry run reports the same and leaves the database as it was.

    `read_since` is the instant at which reading a living workbook began: an order that was written there since
    may stand in `ledger` as it was before, and is left for the next import.
    """
    report = Report(rejected=ledger.refused, issues=ledger.issues)
    with transaction.atomic():
        importer = _Import(workbook, report, _shops_of(ledger.rows), read_since)
        done = 0
        for rows in _chunks(ledger.rows):
            importer.take(rows)
            done += len(rows)
            if progress:
                progress(done, len(ledger.rows))
        if ledger.highest:
            numbers.raise_above(ledger.highest)
        if dry_run:
            transaction.set_rollback(True)
    return report


def _chunks(rows: Sequence[OrderRow]) -> Iterator[list[OrderRow]]:
    remaining = iter(rows)
    while chunk := list(islice(remaining, CHUNK)):
        yield chunk


def _shops_of(rows: Sequence[OrderRow]) -> Shops:
    return importing.find_or_create_shops(str(row.reads["shop"].value) for row in rows if "shop" in row.reads)


def _empty(kind: Kind) -> Value:
    return None if kind in (Kind.DATE, Kind.MONEY) else ""


def _origin(row: OrderRow) -> str:
    return f"Imported from {row.sheet}, row {row.row}."


class _Import:
    """One import at work, a chunk of rows at a time."""

    def __init__(self, workbook: Workbook, report: Report, shops: Shops, read_since: datetime | None) -> None:
        self._workbook = workbook
        self._report = report
        self._shops = shops
        self._read_since = read_since

    def take(self, rows: Sequence[OrderRow]) -> None:
        """Imports these rows and counts what they did."""
        by_number = {row.number: row for row in rows}
        # The shops are read by themselves, so that only the orders are locked.
        orders = RepairOrder.objects.select_for_update().prefetch_related("shop")
        known = {order.number: order for order in orders.filter(number__in=by_number).order_by("pk")}
        self._create([row for row in rows if row.number not in known])
        self._update([(order, by_number[number]) for number, order in known.items()])

    def _create(self, rows: Sequence[OrderRow]) -> None:
        if not rows:
            return
        values = {row.number: self._values(row) for row in rows}
        made = importing.create_orders(
            [NewOrder(row.number, row.sheet, values[row.number], row.history, _origin(row)) for row in rows],
            self._shops,
        )
        replicas = [
            self._arrived(
                Replica(workbook=self._workbook, order=made[row.number], sheet=row.sheet),
                agreed=agreement(row, values[row.number]),
                version=made[row.number].version,
            )
            for row in rows
        ]
        Replica.objects.bulk_create(replicas, batch_size=CHUNK)
        self._report.imported += len(rows)

    def _update(self, pairs: Sequence[tuple[RepairOrder, OrderRow]]) -> None:
        replicas = self._replicas([order for order, _ in pairs])
        fresh = [(order, row) for order, row in pairs if not self._written_meanwhile(replicas.get(order.pk))]
        steps = importing.steps_not_yet_known({order.pk: row.history for order, row in fresh if row.history})
        merges: list[tuple[RepairOrder, Merge]] = []
        changed: list[ChangedOrder] = []
        for order, row in fresh:
            merged = self._merge(order, row, replicas.get(order.pk))
            merges.append((order, merged))
            history = steps.get(order.pk, [])
            if merged.changes or history:
                changed.append(ChangedOrder(order, merged.changes, history, _origin(row)))
        importing.change_orders(changed, self._shops)
        self._keep_agreement(merges, replicas)
        self._report.updated += len(changed)
        self._report.unchanged += len(pairs) - len(changed)

    def _values(self, row: OrderRow) -> dict[str, Value]:
        """A new order's values. The shop's name is that of the shop found, which the shop list spells."""
        values = {
            column.field: row.reads[column.field].value if column.field in row.reads else _empty(column.kind)
            for column in COLUMNS
        }
        shop = self._shops.named(str(values["shop"]))
        return values | {"shop": shop.name if shop else ""}

    def _merge(self, order: RepairOrder, row: OrderRow, replica: Replica | None) -> Merge:
        agreed = replica.agreed if replica else None
        merged = merge(order, row, agreed, replica.sheet if replica and agreed is not None else "")
        self._report.differences += merged.differences
        return merged

    def _replicas(self, orders: Sequence[RepairOrder]) -> dict[int, Replica]:
        found = (
            Replica.objects.select_for_update()
            .filter(workbook=self._workbook, order__in=orders)
            .order_by("pk")
        )
        return {replica.order_id: replica for replica in found}

    def _written_meanwhile(self, replica: Replica | None) -> bool:
        arrived = replica.arrived_at if replica else None
        return self._read_since is not None and arrived is not None and arrived >= self._read_since

    def _keep_agreement(
        self, merges: Sequence[tuple[RepairOrder, Merge]], replicas: dict[int, Replica]
    ) -> None:
        new: list[Replica] = []
        moved: list[Replica] = []
        for order, merged in merges:
            replica = replicas.get(order.pk)
            if replica is None:
                replica = Replica(workbook=self._workbook, order=order, sheet=merged.sheet)
                new.append(self._arrived(replica, agreed=merged.agreed, version=order.version))
            elif self._follow(replica, merged, order):
                moved.append(replica)
        Replica.objects.bulk_create(new, batch_size=CHUNK)
        Replica.objects.bulk_update(
            moved,
            ["agreed", "sheet", "seen", "wanted_version", "arrived_version", "arrived_at"],
            batch_size=CHUNK,
        )

    def _follow(self, replica: Replica, merged: Merge, order: RepairOrder) -> bool:
        """Brings a known replica up to date; False when there is nothing to write.

        An order made here has no row of its own yet: the one that was found is not taken for it.
        """
        before = (replica.agreed, replica.sheet, replica.seen, replica.wanted_version)
        if replica.pending_since is not None:
            replica.wanted_version = order.version
        if not replica.is_new:
            replica.agreed, replica.sheet = merged.agreed, merged.sheet
            differing = {difference.field for difference in merged.differences}
            replica.seen = {name: value for name, value in replica.seen.items() if name in differing}
            if replica.pending_since is None:
                self._arrived(replica, agreed=merged.agreed, version=order.version)
        return before != (replica.agreed, replica.sheet, replica.seen, replica.wanted_version)

    def _arrived(self, replica: Replica, *, agreed: Agreed, version: int) -> Replica:
        replica.agreed = agreed
        replica.wanted_version = replica.arrived_version = version
        replica.arrived_at = clock.now()
        return replica
