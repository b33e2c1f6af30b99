"""`manage.py backfill_followups`: follow-ups for what was imported, shown first, started when it is said so."""

import datetime as dt
from io import StringIO
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from time_machine import Traveller

from notifications import followups
from notifications.models import FollowUp, MailTemplate, Notification, OutlookItem
from repairs import importing, orders
from repairs.importing import NewOrder as ImportedOrder
from repairs.models import RepairOrder
from tests.followups.conftest import NewOrder
from tests.followups.office import timers

pytestmark = pytest.mark.django_db


def imported(*rows: tuple[int, str, str, dt.date | None]) -> None:
    """Orders by number, sheet, status and next update, as an import makes them."""
    made = [
        ImportedOrder(number, sheet, _values(status, next_update), (), "Imported.")
        for number, sheet, status, next_update in rows
    ]
    importing.create_orders(made, importing.find_or_create_shops(["Aero Avionics"]))


def _values(status: str, next_update: dt.date | None) -> dict[str, Any]:
    return {"shop": "Aero Avionics", "part_number": "P", "status": status, "next_update": next_update}


def backfill(*arguments: str) -> list[str]:
    told = StringIO()
    call_command("backfill_followups", *arguments, stdout=told)
    return told.getvalue().splitlines()


@pytest.fixture
def book(clock: Traveller, amy: User) -> None:
    """What an import brought on a Monday, the 5th of January."""
    late, early = dt.date(2025, 12, 30), dt.date(2026, 1, 9)
    imported(
        (38001, "Active", "WAITING QUOTE", late),
        (38002, "Active", "TO SEND", early),
        (38003, "Active", "APPROVED", None),
        (38004, "Active", "BER", late),
        (38005, "Active", "NOBODY KNOWS", late),
        (38006, "Paid", "WAITING QUOTE", late),
        (38007, "Net", "COMPLETE", late),
        (38008, "Active", "SHIPPED", dt.date(2026, 1, 5)),
    )


def test_it_is_shown_first_and_nothing_is_written(book: None) -> None:
    assert backfill() == [
        "G38001 WAITING QUOTE: due at once",
        "G38002 TO SEND: due 2026-01-09",
        "G38008 SHIPPED: due at once",
        "It would start 3 follow-ups.",
        "2 of them would be due at once: their drafts come to the queue 100 at a time. "
        "None is sent without approval.",
        "Nothing was written. With --apply they are started.",
    ]
    assert not FollowUp.objects.exists()


def test_applied_it_starts_them_once_and_for_nobody(book: None) -> None:
    backfill("--apply")
    assert backfill("--apply") == ["Started 0 follow-ups."]
    started = FollowUp.objects.order_by("order__number")
    assert [(f.order.number, f.kind, f.person, f.status_change) for f in started] == [
        (number, "status", None, None) for number in (38001, 38002, 38008)
    ]
    assert not OutlookItem.objects.exists()


def test_what_is_due_makes_its_draft_and_the_rest_goes_on_as_any_other(
    clock: Traveller, book: None, amy: User
) -> None:
    assert "Started 3 follow-ups." in backfill("--apply")
    followups.fire_due()
    assert sorted(Notification.objects.values_list("order__number", "kind")) == [
        (38001, "EMAIL_DRAFT"),
        (38008, "EMAIL_DRAFT"),
    ]
    waiting = RepairOrder.objects.get(number=38002)
    orders.edit(waiting, by=amy, changes={"next_update": "2026-01-20"})
    assert timers(waiting) == [("status", "waiting", "2026-01-20")]
    orders.change_status(waiting, by=amy, to="WAITING QUOTE")
    assert timers(waiting) == [("status", "cancelled", "2026-01-20"), ("status", "waiting", "2026-01-12")]
    clock.shift(dt.timedelta(days=30))
    backfill("--apply")
    assert FollowUp.objects.filter(order__number=38001).count() == 1, "one that fired is not missing"


def test_what_is_switched_off_is_left_out(book: None) -> None:
    MailTemplate.objects.filter(key="WAITING QUOTE").update(enabled=False)
    assert "Started 2 follow-ups." in backfill("--apply")


def test_orders_made_here_have_theirs(clock: Traveller, order: RepairOrder, new_order: NewOrder) -> None:
    assert backfill() == ["It would start 0 follow-ups."]


def test_an_import_starts_none(book: None) -> None:
    assert not FollowUp.objects.exists()


def test_the_next_update_of_an_imported_order_starts_one(book: None, amy: User) -> None:
    order = RepairOrder.objects.get(number=38003)
    orders.edit(order, by=amy, changes={"next_update": "2026-01-20"})
    assert timers(order) == [("status", "waiting", "2026-01-20")]
