"""What the database says of an order and its row: the planner's input, loaded once per round."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q, QuerySet

from repairs.models import RepairOrder
from sync.columns import BY_FIELD, Value, from_json, to_json
from sync.models import Replica, Workbook
from sync.sheets import Content


@dataclass(frozen=True)
class IntendedCell:
    """One cell that is about to be written: the value, what stood there, whether that was recorded as given way."""

    value: Value
    before: str
    told: bool = False


@dataclass(frozen=True)
class Intent:
    """What is about to be written for one order, or was and is not read back yet.

    A move has two halves: the row is copied to `place`, then the old row at `source` is deleted if it still is
    as it `stood`.
    """

    kind: str  # "update", "append" or "move"
    sheet: str
    row: int
    version: int
    cells: Mapping[str, IntendedCell]
    source_sheet: str = ""
    source_row: int = 0
    stood: tuple[Content, ...] = ()
    deleting: bool = False
    # Rows with the order's number that a move found beside its own, on the new sheet and on the old one.
    surplus_here: int = 0
    surplus_there: int = 0
    tries: int = 0  # earlier writings of this version that Excel did not keep
    headers: tuple[str, ...] = ()  # of the old sheet, when its row was as it `stood`

    @property
    def adds_row(self) -> bool:
        return self.kind in ("append", "move")

    def as_json(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "sheet": self.sheet,
            "row": self.row,
            "version": self.version,
            "cells": {f: [to_json(c.value), c.before, c.told] for f, c in self.cells.items()},
            "source_sheet": self.source_sheet,
            "source_row": self.source_row,
            "stood": [[c.value, c.number_format, c.formula] for c in self.stood],
            "deleting": self.deleting,
            "surplus_here": self.surplus_here,
            "surplus_there": self.surplus_there,
            "tries": self.tries,
            # Only of a move: the program's earlier versions, which may run beside this one, know no such key.
            **({"headers": list(self.headers)} if self.headers else {}),
        }

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> "Intent":
        cells = {
            f: IntendedCell(from_json(BY_FIELD[f], value), before, told)
            for f, (value, before, told) in kept["cells"].items()
        }
        stood = tuple(Content(*cell) for cell in kept["stood"])
        headers = tuple(kept.get("headers", ()))  # earlier versions of the program did not keep them
        known = {
            name: value for name, value in kept.items() if name in cls.__match_args__
        }  # later ones keep more
        return cls(**{**known, "cells": cells, "stood": stood, "headers": headers})


@dataclass(frozen=True)
class Wanted:
    """An order as it is now, beside what its row is known to hold."""

    order_id: int
    replica_id: int
    number: int
    version: int
    sheet: str
    values: Mapping[str, Value]
    agreed: Mapping[str, Value] | None = None
    agreed_sheet: str = ""
    seen: Mapping[str, Any] = field(default_factory=dict)
    intent: Intent | None = None
    is_new: bool = False
    written: bool = False  # the last round but repairs wrote its row, and Excel said that it was done


def order_values(order: RepairOrder) -> dict[str, Value]:
    """The order's values for the 21 columns, in the planner's terms: shop by name, status as shown."""
    values: dict[str, Value] = {
        name: getattr(order, name) for name in BY_FIELD if name not in ("shop", "status")
    }
    return values | {"shop": order.shop.name if order.shop else "", "status": order.shown_status}


def unpack(kept: Mapping[str, Any] | None) -> dict[str, Value] | None:
    """Values from a JSON column."""
    if kept is None:
        return None
    return {name: from_json(BY_FIELD[name], value) for name, value in kept.items() if name in BY_FIELD}


def pack(values: Mapping[str, Value]) -> dict[str, Any]:
    """Values for a JSON column."""
    return {name: to_json(value) for name, value in values.items()}


def wanted(replica: Replica) -> Wanted:
    order = replica.order
    return Wanted(
        order_id=order.pk,
        replica_id=replica.pk,
        number=order.number,
        version=order.version,
        sheet=order.sheet,
        values=order_values(order),
        agreed=unpack(replica.agreed),
        agreed_sheet=replica.sheet,
        seen=replica.seen,
        intent=Intent.from_json(replica.intent) if replica.intent else None,
        is_new=replica.is_new,
    )


def pending(workbook: Workbook) -> QuerySet[Replica]:
    """Orders whose row must follow and may be written: marked, nobody asked to look, not left out."""
    return Replica.objects.filter(
        workbook=workbook, pending_since__isnull=False, attention="", left_out=False
    )


def to_settle(workbook: Workbook, *, limit: int | None) -> list[Wanted]:
    """The orders of one round: those with an open intent first, then the marked ones, longest waiting first.

    None as the limit gives all of them.
    """
    chosen = Replica.objects.filter(workbook=workbook, attention="", left_out=False).filter(
        Q(intent__isnull=False) | Q(pending_since__isnull=False)
    )
    rows = chosen.select_related("order__shop").order_by("pending_since", "pk")
    with_intent = list(rows.filter(intent__isnull=False))
    rest = rows.filter(intent__isnull=True)[: None if limit is None else max(0, limit - len(with_intent))]
    return [wanted(replica) for replica in (*with_intent, *rest)]


def every(workbook: Workbook) -> Iterable[Wanted]:
    """All orders that the workbook should hold, for a comparison."""
    rows = Replica.objects.filter(workbook=workbook, left_out=False).select_related("order__shop")
    return (wanted(replica) for replica in rows.order_by("pk").iterator(chunk_size=1000))
