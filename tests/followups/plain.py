"""The rules of follow-ups and of the queue for one order, as plain as can be: no database, no clock but the one given.

Statuses with their days, and who is reminded or written to, are spelt out here as the office knows them.
"""

import datetime as dt
from collections.abc import Callable
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
DRAFT, REMINDER, WAITS = "EMAIL_DRAFT", "TASK_REMINDER", "PENDING_APPROVAL"
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
    """One follow-up: `state` is waiting, fired or cancelled. `shown` is the day on which its person's Outlook has its
    event and its task, None where they are gone; one that nobody started never has any.
    """

    kind: str
    status: str
    due: dt.datetime
    has_person: bool
    state: str = "waiting"
    round: int = 1
    shown: dt.date | None = field(init=False)

    def __post_init__(self) -> None:
        self.shown = self.due.date()  # 08:00 in New York is the same day in UTC

    def stand_at(self, due: dt.datetime) -> None:
        if (self.state == "fired" and due <= self.due) or (self.state, self.due) == ("waiting", due):
            return
        if self.state != "waiting":
            self.round += 1
        self.state, self.due, self.shown = "waiting", due, due.date()

    def end(self) -> None:
        """It is cancelled if it waits; either way nobody's Outlook reminds of it any more."""
        self.shown = None
        if self.state == "waiting":
            self.state = "cancelled"

    @property
    def in_outlook(self) -> tuple[tuple[str, dt.date | None], ...]:
        """Its event and its task, each with its day."""
        return (("event", self.shown), ("task", self.shown)) if self.has_person else ()


@dataclass
class Entry:
    """One entry of the queue about an order, with the status that the order had when it was made."""

    kind: str
    cause: str
    status: str
    state: str = WAITS
    decided: dt.datetime | None = None
    timer: Timer | None = None  # of what a person set by hand

    @property
    def is_about_the_order(self) -> bool:
        """Not only about its payment, or about what a person wants to remember."""
        return self.kind == DRAFT or self.cause in ("follow-up", "overdue")


@dataclass
class PlainOrder:
    """An order with every follow-up and every entry of the queue that it ever had; `status_timer` and `payment_timer`
    are those that count now.
    """

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
    status_by_person: bool = True
    received_by_person: bool = True
    entries: list[Entry] = field(default_factory=list)

    def set_status(self, to: str, today: dt.date, *, by_person: bool = True) -> None:
        if to == self.status:
            return
        self.status_by_person = by_person
        before, self.status, self.sheet = self.status, to, self._sheet(to)
        days = self.office.days[to]
        self.next_update = None if days is None else today + dt.timedelta(days=days)
        self._drop(self.status_timer)
        self.status_timer = None
        self.settle_status()
        if to == "RECEIVED":
            self._drop(self.payment_timer)
            self.payment_timer, self.received_on, self.received_by_person = None, today, by_person
        elif not (to == "COMPLETE" and before == "RECEIVED"):
            self._drop(self.payment_timer)
            self.payment_timer = self.received_on = None
        self.settle_payment()
        self._withdraw(lambda entry: entry.status != self.status)

    def set_next_update(self, day: dt.date | None) -> None:
        if day != self.next_update:
            self.next_update = day
            self.settle_status()

    def set_terms(self, terms: str) -> None:
        if terms != self.terms:
            self.terms = terms
            self.settle_payment()
            self._withdraw(lambda entry: False)

    def put_on(self, sheet: str) -> None:
        if sheet != self.sheet:
            self.sheet = sheet
            self.settle_status()
            self.settle_payment()
            self._withdraw(lambda entry: sheet != "Active")

    def remind(self, day: dt.date) -> None:
        self.timers.append(Timer("reminder", "", eight_in_new_york(day), has_person=True))

    def forget(self, kind: str, due: dt.datetime) -> None:
        next(t for t in self.timers if (t.kind, t.due, t.state) == (kind, due, "waiting")).end()

    def answer(self, now: dt.datetime) -> None:
        """A person rejects the draft that waits, and did what the reminders asked for."""
        for entry in self.entries:
            if entry.state == WAITS:
                entry.state, entry.decided = "REJECTED" if entry.kind == DRAFT else "SENT", now
                self._asked_no_more(entry)

    def check(self, today: dt.date, now: dt.datetime) -> None:
        """The daily check: about an overdue order somebody hears, unless something waits or was answered lately."""
        is_late = self.next_update is not None and self.next_update < today and self.sheet == "Active"
        about = [entry for entry in self.entries if entry.is_about_the_order]
        waits = any(entry.state == WAITS for entry in about)
        a_week_ago = now - dt.timedelta(days=7)
        lately = any(e.status == self.status and e.decided and e.decided > a_week_ago for e in about)
        if is_late and self.status in self.office.on and not waits and not lately:
            self._enter(self._usual, "overdue")

    def settle_status(self) -> None:
        belongs_on_active = self.status in list(DAYS)[:6]
        away = belongs_on_active and self.sheet != "Active"
        day = self.next_update if self.status in self.office.on and not away else None
        made = (self.status, self.status_by_person)
        self.status_timer = self._settle(self.status_timer, "status", made, day)

    def settle_payment(self) -> None:
        days = NET[self.terms]
        wanted = self.received_on and days and self.sheet in ("Active", "Net") and "PAYMENT" in self.office.on
        day = self.received_on + dt.timedelta(days=days) if wanted and self.received_on and days else None
        made = ("RECEIVED", self.received_by_person)
        self.payment_timer = self._settle(self.payment_timer, "payment", made, day)

    def fire(self, now: dt.datetime) -> list[tuple[str, str, int]]:
        """What fires by now: kind, status and round."""
        fired = []
        by_hand = [timer for timer in self.timers if timer.kind == "reminder"]
        for timer in (self.status_timer, self.payment_timer, *by_hand):
            if timer is None or timer.state != "waiting" or timer.due > now:
                continue
            words = {"payment": "PAYMENT", "status": timer.status}.get(timer.kind)
            if words is None or words in self.office.on:
                timer.state = "fired"
                fired.append((timer.kind, timer.status, timer.round))
                self._make(timer)
            else:
                timer.end()
        return fired

    @property
    def _usual(self) -> str:
        """What is made about the order's status: where something is to be done here, a reminder."""
        return REMINDER if self.status in ("TO SEND", "RECEIVED") else DRAFT

    def _make(self, timer: Timer) -> None:
        if timer.kind == "reminder":
            self.entries.append(Entry(REMINDER, "by hand", self.status, timer=timer))
        elif timer.kind == "payment":
            self._enter(REMINDER, "payment")
        else:
            self._enter(self._usual, "follow-up")

    def _enter(self, kind: str, cause: str) -> None:
        """An entry, unless the same waits already."""
        made = Entry(kind, cause, self.status)
        same = [e for e in self.entries if e.kind == kind and e.is_about_the_order == made.is_about_the_order]
        if all(entry.state != WAITS or entry.cause == "by hand" for entry in same):
            self.entries.append(made)

    def _withdraw(self, no_longer_fits: Callable[[Entry], bool]) -> None:
        """What waits about an order that moved on is withdrawn; what a person wants to remember stays."""
        unpaid = self.status in ("RECEIVED", "COMPLETE") and NET[self.terms] is not None
        for entry in self.entries:
            if entry.state != WAITS or entry.cause == "by hand":
                continue
            if not unpaid if entry.cause == "payment" else no_longer_fits(entry):
                entry.state = "WITHDRAWN"
                self._asked_no_more(entry)

    def _asked_no_more(self, entry: Entry) -> None:
        """What fired and asked for an entry that has its answer is in nobody's Outlook any more."""
        kind = "payment" if entry.cause == "payment" else "status"
        for timer in self.timers:
            asked = timer is entry.timer if entry.cause == "by hand" else timer.kind == kind
            if asked and timer.state == "fired":
                timer.shown = None

    def _settle(
        self, timer: Timer | None, kind: str, made: tuple[str, bool], day: dt.date | None
    ) -> Timer | None:
        """`made` is the status that is followed, and whether a person set it."""
        if day is None:
            self._drop(timer)
            return timer
        due = eight_in_new_york(day)
        if timer is None:
            status, has_person = made
            timer = Timer(kind, status, due, has_person)
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
