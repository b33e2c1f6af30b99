"""The rules of follow-ups for one order, told as plainly as they can be: no database, no clock but the one given.

Statuses with their days, and who is reminded or written to, are spelt out here as the office knows them.
"""

import datetime as dt
from dataclasses import dataclass, field

DAYS: dict[str, int | None] = {
    "TO SEND": 3,
    "WAITING QUOTE": 7,
    "APPROVED": 10,
    "IN WORK": 10,
    "SHIPPED": 5,
    "RECEIVED": 3,
    **dict.fromkeys(("COMPLETE", "PAID", "BER", "RAI", "CANCELLED", "SCRAP")),
}
NET = {"NET 30": 30, "net10": 10, "COD": None, "": None}
SUMMER = (dt.date(2026, 3, 8), dt.date(2026, 11, 1))  # daylight saving time in New York


def eight_in_new_york(day: dt.date) -> dt.datetime:
    """08:00 there, in UTC."""
    hour = 12 if SUMMER[0] <= day < SUMMER[1] else 13
    return dt.datetime(day.year, day.month, day.day, hour, tzinfo=dt.UTC)


@dataclass
class Office:
    """What is data there: the days of each status, and what is switched on."""

    days: dict[str, int | None] = field(default_factory=lambda: dict(DAYS))
    on: set[str] = field(default_factory=lambda: {*list(DAYS)[:6], "PAYMENT"})


@dataclass
class Timer:
    """One follow-up: `state` is waiting, fired or cancelled."""

    kind: str
    status: str
    due: dt.datetime
    state: str = "waiting"
    round: int = 1

    def stand_at(self, due: dt.datetime) -> None:
        if self.state == "fired" and due <= self.due:
            return
        if self.state != "waiting":
            self.round += 1
        self.state, self.due = "waiting", due

    def end(self) -> None:
        if self.state == "waiting":
            self.state = "cancelled"


@dataclass
class PlainOrder:
    """An order with every follow-up that it ever had; `status_timer` and `payment_timer` are those that count now."""

    office: Office
    today: dt.date
    terms: str = ""
    status: str = ""
    sheet: str = "Active"
    next_update: dt.date | None = None
    received_on: dt.date | None = None
    timers: list[Timer] = field(default_factory=list)
    status_timer: Timer | None = None
    payment_timer: Timer | None = None

    def set_status(self, to: str, today: dt.date) -> None:
        if to == self.status:
            return
        before, self.status, self.sheet = self.status, to, self._sheet(to)
        days = self.office.days[to]
        self.next_update = None if days is None else today + dt.timedelta(days=days)
        self._drop(self.status_timer)
        self.status_timer = None
        self.settle_status()
        if to == "RECEIVED":
            self._drop(self.payment_timer)
            self.payment_timer, self.received_on = None, today
        elif not (to == "COMPLETE" and before == "RECEIVED"):
            self._drop(self.payment_timer)
            self.payment_timer = self.received_on = None
        self.settle_payment()

    def set_next_update(self, day: dt.date | None) -> None:
        if day != self.next_update:
            self.next_update = day
            self.settle_status()

    def set_terms(self, terms: str) -> None:
        if terms != self.terms:
            self.terms = terms
            self.settle_payment()

    def put_on(self, sheet: str) -> None:
        if sheet != self.sheet:
            self.sheet = sheet
            self.settle_status()
            self.settle_payment()

    def settle_status(self) -> None:
        belongs_on_active = self.status in list(DAYS)[:6]
        away = belongs_on_active and self.sheet != "Active"
        day = self.next_update if self.status in self.office.on and not away else None
        self.status_timer = self._settle(self.status_timer, "status", self.status, day)

    def settle_payment(self) -> None:
        days = NET[self.terms]
        wanted = self.received_on and days and self.sheet in ("Active", "Net") and "PAYMENT" in self.office.on
        day = self.received_on + dt.timedelta(days=days) if wanted and self.received_on and days else None
        self.payment_timer = self._settle(self.payment_timer, "payment", "RECEIVED", day)

    def fire(self, now: dt.datetime) -> list[tuple[str, str, int]]:
        """What fires by now: kind, status and round."""
        fired = []
        for timer in (self.status_timer, self.payment_timer):
            if timer is None or timer.state != "waiting" or timer.due > now:
                continue
            if ("PAYMENT" if timer.kind == "payment" else timer.status) in self.office.on:
                timer.state = "fired"
                fired.append((timer.kind, timer.status, timer.round))
            else:
                timer.end()
        return fired

    def _settle(self, timer: Timer | None, kind: str, status: str, day: dt.date | None) -> Timer | None:
        if day is None:
            self._drop(timer)
            return timer
        due = eight_in_new_york(day)
        if timer is None:
            timer = Timer(kind, status, due)
            self.timers.append(timer)
        else:
            timer.stand_at(due)
        return timer

    def _drop(self, timer: Timer | None) -> None:
        if timer:
            timer.end()

    def _sheet(self, status: str) -> str:
        if status == "COMPLETE":
            return "Net" if NET[self.terms] else "Paid"
        if status in ("BER", "RAI", "CANCELLED"):
            return self.sheet
        return {"PAID": "Paid", "SCRAP": "Returns"}.get(status, "Active")
