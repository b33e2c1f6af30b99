"""A year of an office, day by day, beside the plain rules of it: every status, both changes of the clock, leaps back,
days and terms that are edited, words and rules that are switched off, deleted and come back.
"""

import datetime as dt
import random
from collections import Counter
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db.models import Q
from time_machine import Traveller

from notifications import followups, queue
from notifications.models import FollowUp, MailTemplate, Notification, OutlookItem
from repairs import orders
from repairs.models import RepairOrder, StatusRule
from tests.followups.conftest import NewOrder
from tests.followups.office import NEW_YORK, moment
from tests.followups.plain import DAYS, NET, Office, PlainOrder, eight_in_new_york
from tests.support.migrated import write_what_migrations_wrote

pytestmark = pytest.mark.django_db

FIRST_DAY = dt.date(2026, 1, 5)
ORDERS = 5
Fired = tuple[int, str, str, int]


class Year:
    """The office and its plain double, a day at a time."""

    def __init__(self, seed: int, clock: Traveller, amy: User, new_order: NewOrder) -> None:
        self.chance = random.Random(seed)
        self.clock, self.amy = clock, amy
        self.office = Office()
        self._set_to_rights()
        self.today = FIRST_DAY
        self.clock.move_to(moment(self.today, 7))
        self.doubles: dict[int, PlainOrder] = {}
        self.fired: Counter[Fired] = Counter()
        self.visited: Counter[str] = Counter()
        for _ in range(ORDERS):
            order = new_order()
            double = self.doubles[order.pk] = PlainOrder(self.office, self.today)
            double.set_status("TO SEND", self.today)

    def live(self, days: int) -> None:
        for number in range(days):
            self.today = FIRST_DAY + dt.timedelta(days=number)
            self._sweep(eight_in_new_york(self.today) - dt.timedelta(seconds=1))
            self._sweep(eight_in_new_york(self.today))
            for _ in range(self.chance.choice((0, 1, 1, 2))):
                self.clock.move_to(moment(self.today, self.chance.randint(9, 22)))
                self._act()
                self._sweep(None)
            self._compare()

    def _sweep(self, now: dt.datetime | None) -> None:
        """Fires what is due at an instant, or at the present one."""
        if now:
            self.clock.move_to(now)
        instant = now or dt.datetime.now(dt.UTC)
        followups.fire_due()
        for pk, double in self.doubles.items():
            for fired in double.fire(instant):
                self.fired[(pk, *fired)] += 1
                assert_in_queue(pk, *fired)

    def _act(self) -> None:
        pk = self.chance.choice(list(self.doubles))
        order, double = RepairOrder.objects.get(pk=pk), self.doubles[pk]
        acts = (
            self._status,
            self._status,
            self._day,
            self._terms,
            self._sheet,
            self._mail,
            self._office,
            self._answer,
        )
        self.chance.choice(acts)(order, double)

    def _status(self, order: RepairOrder, double: PlainOrder) -> None:
        to = self.chance.choice([*DAYS, "RECEIVED", "COMPLETE", "WAITING QUOTE", "APPROVED"])
        self.visited[to] += 1
        orders.change_status(order, by=self.chance.choice((self.amy, None)), to=to)
        double.set_status(to, self.today)

    def _day(self, order: RepairOrder, double: PlainOrder) -> None:
        day = self.chance.choice((None, self.today + dt.timedelta(days=self.chance.randint(-3, 20))))
        orders.edit(order, by=self.amy, changes={"next_update": day})
        double.set_next_update(day)

    def _terms(self, order: RepairOrder, double: PlainOrder) -> None:
        terms = self.chance.choice(list(NET))
        orders.edit(order, by=self.amy, changes={"terms": terms})
        double.set_terms(terms)

    def _sheet(self, order: RepairOrder, double: PlainOrder) -> None:
        sheet = self.chance.choice(("Active", "Active", "Net", "Paid", "Returns"))
        orders.archive(order, by=self.amy, sheet=sheet)
        double.put_on(sheet)

    def _mail(self, order: RepairOrder, double: PlainOrder) -> None:
        orders.mail_sent(order, by=self.amy, text="told the shop")
        if self.office.days.get(double.status, 7) is not None:
            double.set_next_update(self.today + dt.timedelta(days=7))

    def _office(self, order: RepairOrder, double: PlainOrder) -> None:
        """The office switches something off, deletes it, changes the days of a status, or sets all to rights."""
        key = self.chance.choice([*list(DAYS)[:6], "PAYMENT"])
        act = self.chance.choice(("off", "delete", "days", "no rule", "to rights", "to rights"))
        if act in ("off", "delete"):
            words = MailTemplate.objects.filter(key=key)
            words.delete() if act == "delete" else words.update(enabled=False)
            self.office.on.discard(key)
        elif act == "to rights":
            self._set_to_rights()
        elif key != "PAYMENT":
            days = None if act == "no rule" else self.chance.randint(0, 12)
            rules = StatusRule.objects.filter(status=key)
            rules.delete() if days is None else rules.update(days_to_follow_up=days)
            had_rule = days is None or self.office.days[key] is not None
            self.office.days[key] = days if had_rule else None

    def _set_to_rights(self) -> None:
        StatusRule.objects.all().delete()
        MailTemplate.objects.all().delete()
        write_what_migrations_wrote()
        self.office.days, self.office.on = dict(Office().days), Office().on

    def _answer(self, order: RepairOrder, double: PlainOrder) -> None:
        """Somebody answers what waits in the queue about the order."""
        for entry in Notification.objects.filter(order=order, state="PENDING_APPROVAL"):
            if entry.kind == "TASK_REMINDER":
                queue.done(entry, by=self.amy)
            else:
                queue.reject(entry, by=self.amy, reason="They called.")

    def _compare(self) -> None:
        found: dict[int, list[tuple[str, str, dt.datetime, str, int]]] = {pk: [] for pk in self.doubles}
        for f in FollowUp.objects.order_by("pk"):
            found[f.order_id].append((f.kind, f.for_status, f.due_at, f.state, f.round))
        for pk, double in self.doubles.items():
            wanted = [(t.kind, t.status, t.due, t.state, t.round) for t in double.timers]
            assert sorted(found[pk]) == sorted(wanted), f"order {pk} on {self.today}: {double}"


def assert_outlook_follows() -> None:
    """What waits stands in Outlook on its day, what was cancelled does not stand there."""
    for item in OutlookItem.objects.select_related("follow_up"):
        follow_up = item.follow_up
        day = follow_up.due_at.astimezone(NEW_YORK).date()
        if follow_up.state == "waiting":
            assert item.wanted_day == day
        else:
            assert item.wanted_day in ((None, day) if follow_up.state == "fired" else (None,))


def assert_in_queue(pk: int, kind: str, status: str, round_: int) -> None:
    """What fired made its entry, unless one about the order was open already."""
    own = Q(follow_up__kind=kind, follow_up__for_status=status, round=round_)
    assert Notification.objects.filter(own | Q(state="PENDING_APPROVAL"), order=pk).exists()


def assert_nothing_twice(year: Year) -> None:
    """No entry of the queue without a firing, and no two for one."""
    entries = Notification.objects.filter(follow_up__isnull=False)
    made: Counter[Any] = Counter(
        entries.values_list("order", "follow_up__kind", "follow_up__for_status", "round")
    )
    assert not made - year.fired


def test_a_year(clock: Traveller, amy: User, new_order: NewOrder) -> None:
    year = Year(1, clock, amy, new_order)
    year.live(366)
    assert_outlook_follows()
    assert_nothing_twice(year)
    assert set(year.visited) == set(DAYS)
    assert {status for _, _, status, _ in year.fired} == set(list(DAYS)[:6])
    assert {(kind, round_ > 1) for _, kind, _, round_ in year.fired} >= {
        ("status", False),
        ("status", True),
        ("payment", False),
    }


@pytest.mark.chaos
@pytest.mark.timeout(900)
def test_many_years(clock: Traveller, amy: User, new_order: NewOrder) -> None:
    seed = random.SystemRandom().randrange(1_000_000)
    print(f"seed {seed}")
    for number in range(5):
        RepairOrder.objects.all().delete()
        year = Year(seed + number, clock, amy, new_order)
        year.live(366)
        assert_outlook_follows()
        assert_nothing_twice(year)
