"""The plan of one round: what is written, deleted and settled. Plain data that can be shown."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from sync.columns import Value
from sync.models import Attention
from sync.sheets import RawCell
from sync.wanted import Intent


@dataclass(frozen=True, slots=True)
class CellWrite:
    """What is sent for one cell. None leaves the value or the format alone; "" clears the value."""

    value: RawCell | None
    number_format: str | None = None


@dataclass(frozen=True)
class RowDelete:
    """An old row that goes once its copy was read back."""

    order_id: int
    number: int
    sheet: str
    row: int


@dataclass(frozen=True)
class Settled:
    """What is known about an order's row after a reading. `arrived`: the row says all that the order says."""

    agreed: Mapping[str, Value]
    sheet: str
    seen: Mapping[str, Any]
    arrived: bool


@dataclass
class Plan:
    """Everything that follows from one reading."""

    # sheet, row, column to what is sent
    writes: dict[str, dict[int, dict[int, CellWrite]]] = field(default_factory=dict)
    owners: dict[tuple[str, int], int] = field(default_factory=dict)  # sheet and row to order id
    intents: dict[int, Intent] = field(default_factory=dict)
    deletes: list[RowDelete] = field(default_factory=list)
    settled: dict[int, Settled] = field(default_factory=dict)
    attention: dict[int, tuple[Attention, str]] = field(default_factory=dict)
    overwritten: dict[int, dict[str, str]] = field(default_factory=dict)
    next_row: dict[str, int] = field(default_factory=dict)
    rows_added: int = 0

    @property
    def is_empty(self) -> bool:
        return not self.writes and not self.deletes

    def to_send(self, *, read_back: bool, most_deletes: int) -> "Plan":
        """The part that is sent next: writes, or deletes where all copies were just `read_back`.

        Deletes are one chain, bottom up, so that none moves a row that a later one names. An intent must not speak of a
        delete that is not sent.
        """
        if not self.deletes or (self.writes and not read_back):
            waiting = {delete.order_id for delete in self.deletes}
            return self._of(set(self.intents) - waiting, writes=self.writes, owners=self.owners)
        chain = sorted(self.deletes, key=lambda d: (d.sheet, -d.row))[:most_deletes]
        return self._of({delete.order_id for delete in chain}, deletes=chain)

    def _of(self, orders: Collection[int], **parts: Any) -> "Plan":
        return Plan(
            intents={pk: intent for pk, intent in self.intents.items() if pk in orders},
            overwritten={pk: texts for pk, texts in self.overwritten.items() if pk in orders},
            **parts,
        )

    @property
    def rows_written(self) -> int:
        return sum(len(rows) for rows in self.writes.values())

    def write(self, sheet: str, row: int, column: int, cell: CellWrite) -> None:
        self.writes.setdefault(sheet, {}).setdefault(row, {})[column] = cell

    def describe(self) -> dict[str, Any]:
        """The plan as JSON, for a dry run."""
        return {
            "writes": [
                {"sheet": sheet, "row": row, "cells": {str(c): w.value for c, w in sorted(cells.items())}}
                for sheet, rows in self.writes.items()
                for row, cells in sorted(rows.items())
            ],
            "deletes": [{"order": d.number, "sheet": d.sheet, "row": d.row} for d in self.deletes],
            "attention": [{"order_id": pk, "reason": text} for pk, (_, text) in self.attention.items()],
        }
