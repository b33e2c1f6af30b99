"""A year of an office, day by day, beside the plain rules of it: every status, both changes of the clock, leaps back,
days and terms that are edited, words and rules that are switched off, deleted and come back.
"""

import datetime as dt
import random
from collections import Counter
from typing import Any

import pytest
from django.contrib.auth.models import User
from time_machine import Traveller

from notifications import daily, followups, queue
from notifications.models import FollowUp, MailTemplate, Notification, OutlookItem
from repairs import orders
from repairs.models import RepairOrder, StatusRule
from tests.followups.conftest import NewOrder
from tests.followups.office import moment
from tests.followups.outlook import Desk
from tests.followups.plain import DAYS, NET, Office, PlainOrder, eight_in_new_york
from tests.support.migrated import Migrated

pytestmark = pytest.mark.django_db

FIRST_DAY = dt.date(2026, 1, 5)
ORDERS = 5
Fired = tuple[int, str, str, int]


class Year:
    """The office and its plain double, a day at a time."""

    def __init__(
        self, seed: int, clock: Traveller, amy: User, new_order: NewOrder, migrated: Migrated
    ) -> None:
        self.chance = random.Random(seed)
        self.migrated = migrated
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
            self._check()
            self._sweep(eight_in_new_york(self.today) - dt.timedelta(seconds=1))
            self._sweep(eight_in_new_york(self.today))
            for _ in range(self.chance.choice((0, 1, 1, 2))):
                self.clock.move_to(moment(self.today, self.chance.randint(9, 22)))
                self._act()
                self._sweep(None)

    def _check(self) -> None:
        """The daily check, at 08:00 UTC. The next sweep compares what it made."""
        now = dt.datetime.combine(self.today, dt.time(daily.HOUR), tzinfo=dt.UTC)
        self.clock.move_to(now)
        daily.check()
        for double in self.doubles.values():
            double.check(self.today, now)

    def _sweep(self, now: dt.datetime | None) -> None:
        """Fires what is due at an instant, or at the present one, and compares."""
        if now:
            self.clock.move_to(now)
        instant = now or dt.datetime.now(dt.UTC)
        followups.fire_due()
        for pk, double in self.doubles.items():
            for fired in double.fire(instant):
                self.fired[(pk, *fired)] += 1
        self._compare()

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
            self._remind,
            self._forget,
        )
        self.chance.choice(acts)(order, double)

    def _status(self, order: RepairOrder, double: PlainOrder) -> None:
        to = self.chance.choice([*DAYS, "RECEIVED", "COMPLETE", "WAITING QUOTE", "APPROVED"])
        self.visited[to] += 1
        by = self.chance.choice((self.amy, None))
        orders.change_status(order, by=by, to=to)
        double.set_status(to, self.today, by_person=by is not None)

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
        self.migrated.put_back(StatusRule, MailTemplate)
        self.office.days, self.office.on = dict(Office().days), Office().on

    def _answer(self, order: RepairOrder, double: PlainOrder) -> None:
        """Somebody answers what waits in the queue about the order."""
        for entry in Notification.objects.filter(order=order, state="PENDING_APPROVAL"):
            if entry.kind == "TASK_REMINDER":
                queue.done(entry, by=self.amy)
            else:
                queue.reject(entry, by=self.amy, reason="They called.")
        double.answer(dt.datetime.now(dt.UTC))

    def _remind(self, order: RepairOrder, double: PlainOrder) -> None:
        day = self.today + dt.timedelta(days=self.chance.randint(0, 20))
        followups.remind(order, by=self.amy, day=day, text="Call them.")
        double.remind(day)

    def _forget(self, order: RepairOrder, double: PlainOrder) -> None:
        """Somebody takes off one of what waits, if anything does."""
        if waiting := list(FollowUp.objects.filter(order=order, state="waiting").order_by("pk")):
            follow_up = self.chance.choice(waiting)
            followups.forget(follow_up, by=self.amy)
            double.forget(follow_up.kind, follow_up.due_at)

    def _compare(self) -> None:
        """Follow-ups, each with what should stand in Outlook and nothing else, and the queue are as the rules say."""
        shown: dict[int, tuple[Any, ...]] = {}
        for pk, *item in OutlookItem.objects.order_by("kind").values_list("follow_up", "kind", "wanted_day"):
            shown[pk] = (*shown.get(pk, ()), tuple(item))
        found: dict[int, list[Any]] = {pk: [] for pk in self.doubles}
        for pk, order, *timer in FollowUp.objects.values_list(
            "pk", "order", "kind", "for_status", "due_at", "state", "round"
        ):
            found[order].append((*timer, shown.get(pk, ())))
        for pk, double in self.doubles.items():
            wanted = [(t.kind, t.status, t.due, t.state, t.round, t.in_outlook) for t in double.timers]
            assert Counter(found[pk]) == Counter(wanted), f"order {pk} on {self.today}: {double}"
        self._compare_queue()

    def assert_outlook_is_so(self, desk: Desk) -> None:
        """What waits now is brought into Outlook, and nothing else stands there."""
        desk.settle()
        wanted = sorted(
            timer.shown.isoformat()
            for double in self.doubles.values()
            for timer in double.timers
            if timer.has_person and timer.shown
        )
        assert wanted
        for there in (desk.events(), desk.tasks()):
            assert sorted(day for _, day in there) == wanted

    def _compare_queue(self) -> None:
        found: dict[int, Counter[Any]] = {pk: Counter() for pk in self.doubles}
        for order, *entry in Notification.objects.values_list(
            "order", "kind", "cause", "for_status", "state", "decided_at"
        ):
            assert order
            found[order][tuple(entry)] += 1
        for pk, double in self.doubles.items():
            wanted = Counter((e.kind, e.cause, e.status, e.state, e.decided) for e in double.entries)
            assert found[pk] == wanted, (
                f"order {pk} on {self.today}: {found[pk] - wanted}, {wanted - found[pk]}"
            )


def test_a_year(
    clock: Traveller, amy: User, new_order: NewOrder, desk: Desk, django_db_setup: Migrated
) -> None:
    year = Year(1, clock, amy, new_order, django_db_setup)
    year.live(366)
    year.assert_outlook_is_so(desk)
    assert set(year.visited) == set(DAYS)
    assert {status for _, _, status, _ in year.fired} == {*list(DAYS)[:6], ""}
    assert {(kind, round_ > 1) for _, kind, _, round_ in year.fired} >= {
        ("status", False),
        ("status", True),
        ("payment", False),
        ("reminder", False),
    }
    made = {
        (entry.kind, entry.cause, entry.state) for double in year.doubles.values() for entry in double.entries
    }
    assert made >= {
        (kind, cause, state)
        for kind, ended in (("EMAIL_DRAFT", "REJECTED"), ("TASK_REMINDER", "SENT"))
        for cause in ("follow-up", "overdue")
        for state in (ended, "WITHDRAWN")
    }


@pytest.mark.chaos
@pytest.mark.timeout(900)
def test_many_years(clock: Traveller, amy: User, new_order: NewOrder, django_db_setup: Migrated) -> None:
    seed = random.SystemRandom().randrange(1_000_000)
    print(f"seed {seed}")
    for number in range(3):
        RepairOrder.objects.all().delete()
        year = Year(seed + number, clock, amy, new_order, django_db_setup)
        year.live(366)
