"""Orders, their replicas and a workbook in memory, and a flush that goes the way of the real one, round by round.

What the flush keeps in the database goes through the same JSON here.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from sync.columns import BY_FIELD, Value, same
from sync.flush import still_known
from sync.graph.workbook import Step, delete_rows
from sync.image import Image, image_from_json, sent_as_json, sheets_as_json, take_image
from sync.layout import blocks
from sync.plan import Plan
from sync.planner import make_plan, own_place
from sync.repair import plan_repairs
from sync.sheets import Book, Place
from sync.wanted import Intent, Wanted, pack, unpack
from tests.planning.excel import FIELDS, Cell, Excel

MOST_ROUNDS = 15
STEPS_PER_BATCH = 20
ORDER: dict[str, Value] = {name: None if c.kind in ("date", "money") else "" for name, c in BY_FIELD.items()}


class Interrupted(Exception):
    """The worker died."""


@dataclass
class Office:
    """The database's side of things, beside the workbook."""

    excel: Excel = field(default_factory=Excel)
    orders: dict[int, Wanted] = field(default_factory=dict)
    pending: set[int] = field(default_factory=set)
    attention: dict[int, tuple[str, str]] = field(default_factory=dict)
    activity: dict[int, list[Mapping[str, str]]] = field(default_factory=dict)
    told: list[str] = field(default_factory=list)
    written: set[int] = field(default_factory=set)  # whose writing Excel called done in the last round
    image: Image | None = None
    steps_left: int | None = None
    steps_sent: list[Step] = field(default_factory=list)
    before_writing: list[Callable[[Excel], None]] = field(default_factory=list)
    before_repairing: list[Callable[[Excel], None]] = field(default_factory=list)
    looks: list[bool] = field(default_factory=list)  # what each second look comes to; yes once it is empty
    after_writing: list[Callable[[], None]] = field(
        default_factory=list
    )  # what is saved before the next round

    def has(
        self,
        number: int,
        *,
        sheet: str = "Active",
        agreed: Mapping[str, Value] | None = None,
        to: Mapping[str, Value] | None = None,
        **changed: Value,
    ) -> Wanted:
        """An order whose row agreed on `agreed`, and which has changed since in the fields of `to` and those named."""
        base = None if agreed is None else {**ORDER, "number": number, **agreed}
        values = {**ORDER, "number": number, **(agreed or {}), **(to or {}), **changed}
        order = Wanted(number, number, number, 1, sheet, values, base, sheet if agreed is not None else "")
        self.orders[number] = order
        self.pending.add(number)
        return order

    def makes(self, number: int, *, sheet: str = "Active", **values: Value) -> Wanted:
        """A new order."""
        self.orders[number] = replace(self.has(number, sheet=sheet, to=values), is_new=True)
        return self.orders[number]

    def change(
        self,
        number: int,
        *,
        sheet: str | None = None,
        to: Mapping[str, Value] | None = None,
        **changed: Value,
    ) -> None:
        """A later change to an order: a new version, marked again."""
        order = self.orders[number]
        values = {**order.values, **(to or {}), **changed}
        self.orders[number] = replace(
            order, version=order.version + 1, values=values, sheet=sheet or order.sheet
        )
        self.pending.add(number)

    def to_settle(self) -> list[Wanted]:
        chosen = [o for pk, o in self.orders.items() if pk not in self.attention]
        due = [
            replace(o, written=o.order_id in self.written)
            for o in chosen
            if o.intent or o.order_id in self.pending
        ]
        return sorted(due, key=lambda o: o.intent is None)

    def plan(self) -> Plan:
        return make_plan(self.excel.read(), self.to_settle())

    def flush(self, *, steps: int | None = None) -> None:
        """Rounds until nothing is left to do. Raises Interrupted once `steps` steps were sent."""
        self.steps_left = steps
        self.written = set()
        if self.image:  # as the flush before left it in the database
            self.image = image_from_json(
                _stored(sheets_as_json(self.image)), _stored(sent_as_json(self.image))
            )
        wrote_last = False
        for _ in range(MOST_ROUNDS):
            sent = self._round(wrote_last)
            if sent is None:
                break
            wrote_last = sent
        else:
            raise AssertionError(f"no end of it after {MOST_ROUNDS} rounds: {self.plan().describe()}")
        if not any(order.intent for order in self.orders.values()):
            self.image = None

    def flush_until(self, steps: int) -> bool:
        """A flush that dies once `steps` steps were sent, before it reads again; False when it needed fewer."""
        try:
            self.flush(steps=steps)
        except Interrupted:
            return True
        return False

    def _round(self, wrote_last: bool) -> bool | None:
        """One reading and what follows; True when blocks were written, None when nothing is left."""
        orders = self.to_settle()
        if not orders:
            return None
        book = self.excel.read()
        if self._repaired(book, orders):
            return wrote_last
        self._check_gone(book)
        orders = [order for order in orders if order.order_id not in self.attention]
        plan = make_plan(book, orders)
        self._settle(plan)
        if plan.is_empty:
            assert not [o for o in self.to_settle() if o.order_id in plan.intents]
            return None
        part = plan.to_send(read_back=wrote_last, most_deletes=STEPS_PER_BATCH)
        self._commit(book, part)
        self._someone_works(self.before_writing)
        if part.deletes:
            self._send([delete_rows(d.sheet, d.row, d.row) for d in part.deletes])
            return False
        self._send_blocks(part)
        if self.after_writing:
            self.after_writing.pop(0)()
        return True

    def _repaired(self, book: Book, orders: list[Wanted]) -> bool:
        if self.image is None or not any(o.intent for o in orders):
            return False
        repairs = plan_repairs(book, orders, self.image)
        if repairs.plan.is_empty:
            return False
        self.told += repairs.told.values()
        self.image = repairs.taking_image(book)
        self._someone_works(self.before_repairing)
        self._send_blocks(repairs.plan)
        self.written = still_known(orders)
        return True

    def _check_gone(self, book: Book) -> None:
        for pk, order in self.orders.items():
            if order.agreed is not None and order.number not in book.places and pk not in self.attention:
                self.attention[pk] = ("gone", "")
                self.orders[pk] = replace(order, intent=None)

    def _settle(self, plan: Plan) -> None:
        for pk, settled in plan.settled.items():
            order = replace(
                self.orders[pk],
                agreed=unpack(_stored(pack(settled.agreed))),
                agreed_sheet=settled.sheet,
                seen=_stored(dict(settled.seen)),
            )
            if settled.arrived:
                order = replace(order, intent=None, is_new=False)
                self.pending.discard(pk)
            self.orders[pk] = order
        for pk, (code, text) in plan.attention.items():
            self.attention[pk] = (code.value, text)
            self.orders[pk] = replace(self.orders[pk], intent=_half_done(self.orders[pk].intent))

    def _commit(self, book: Book, plan: Plan) -> None:
        for pk, texts in plan.overwritten.items():
            self.activity.setdefault(pk, []).append(texts)
        self.image = take_image(book, plan)
        for pk, intent in plan.intents.items():
            self.orders[pk] = replace(self.orders[pk], intent=Intent.from_json(_stored(intent.as_json())))

    def _send_blocks(self, plan: Plan) -> None:
        laid = blocks(plan, apart={}) if not self.looks or self.looks.pop(0) else []
        self.written = set()
        self._send([block.step(block.sheet) for block in laid])
        self.written.update(*(block.orders for block in laid))
        assert self.image is not None
        self.image = self.image.after_sending(
            plan, {(block.sheet, row) for block in laid for row in block.cells}
        )

    def _someone_works(self, acts: list[Callable[[Excel], None]]) -> None:
        if acts:
            acts.pop(0)(self.excel)

    def _send(self, steps: list[Step]) -> None:
        for step in steps:
            self._die_when_due()
            if self.steps_left is not None:
                self.steps_left -= 1
            self.steps_sent.append(step)
            self.excel.apply(step)
            self._die_when_due()

    def _die_when_due(self) -> None:
        if self.steps_left == 0:
            raise Interrupted

    # What the tests ask.

    def places(self, number: int) -> list[Place]:
        return self.excel.read().places.get(number, [])

    def place(self, number: int) -> Place:
        """The row of an order, should others have its number too."""
        book = self.excel.read()
        return own_place(book, self.orders[number], book.places[number])

    def cell(self, number: int, name: str) -> Cell:
        """The cell of a field in the only row of an order."""
        (place,) = self.places(number)
        return self.excel.papers[place.sheet].at(place.row, FIELDS[name])

    def says(self, number: int, name: str) -> Value:
        """What that cell means."""
        (place,) = self.places(number)
        return self.excel.read().row_means(place)[name]

    def differences(self, number: int) -> dict[str, tuple[Value, Value]]:
        """Where the row of an order says something else than the order, what was seen and left alone aside."""
        order = self.orders[number]
        place = self.place(number)
        means = self.excel.read().row_means(place)
        found = {
            name: (means[name], order.values[name])
            for name in means
            if name not in order.seen and not same(BY_FIELD[name], means[name], order.values[name])
        }
        if place.sheet != order.seen.get("sheet", order.sheet):
            found["sheet"] = (place.sheet, order.sheet)
        return found


def _stored(kept: Any) -> Any:
    """What comes back from a JSON column."""
    return json.loads(json.dumps(kept))


def _half_done(intent: Intent | None) -> Intent | None:
    """What the ledger keeps while a person is asked: a move."""
    return replace(intent, deleting=False, tries=0) if intent and intent.kind == "move" else None
