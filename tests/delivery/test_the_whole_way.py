"""The whole way of a follow-up, as sweeps and two people go it: from a status to the workbook's last columns."""

import datetime as dt

import pytest
import time_machine
from django.test import Client

from notifications.models import Delivery, Notification
from people.roles import Role, give
from repairs import clock
from repairs.models import RepairOrder
from sync import runs
from tests.delivery.desk import OFFICE, SEND, SHOP, Desk, carry

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]

AMY = "amy@genthrust.example"


def stands_on(desk: Desk) -> set[str]:
    """The days on which something stands in Amy's calendar and To Do list."""
    box = desk.control("GET", f"mailbox?address={AMY}")
    events = [event["data"]["start"]["dateTime"] for event in box["events"]]
    tasks = [
        task["data"]["dueDateTime"]["dateTime"]
        for task in box["tasks"]
        if task["data"]["status"] != "completed"
    ]
    assert len(events) == len(tasks) == 1
    return {instant[:10] for instant in (*events, *tasks)}


def serial(day: dt.date) -> int:
    return (day - dt.date(1899, 12, 30)).days


def correct_and_approve(site: Client, draft: Notification) -> None:
    words = f"A corrected sentence.\n\n{draft.body}"
    given = {"to_address": "ruth@aero.example", "subject": draft.subject, "body": words}
    site.post(f"/queue/{draft.pk}/edit/", {**given, "expected_version": draft.version, "approve": ""})


def assert_told(order: RepairOrder, *parts: str) -> None:
    """The order's history says it all, in this order."""
    told = list(order.activity.order_by("pk").values_list("text", flat=True))
    places = [next(place for place, text in enumerate(told) if part in text) for part in parts]
    assert places == sorted(places)


def test_from_a_status_to_the_workbook(desk: Desk, client: Client) -> None:
    give(desk.tom, Role.OFFICE)
    desk.amy.email = AMY
    desk.amy.save()
    order = desk.order_at()
    runs.sweep()
    order.refresh_from_db()
    assert order.next_update == clock.today() + dt.timedelta(days=7)
    assert stands_on(desk) == {order.next_update.isoformat()}
    with time_machine.travel(clock.now() + dt.timedelta(days=8)):
        assert order.days_overdue(clock.today()) == 1
        runs.sweep()
        draft = Notification.objects.get()
        client.force_login(desk.tom)
        assert draft.subject in client.get("/queue/panel/").content.decode()
        assert desk.outbox() == []
        correct_and_approve(client, draft)
        assert "Sending" in client.get(f"/queue/{draft.pk}/").content.decode()
        runs.sweep()
        page = client.get(f"/queue/{draft.pk}/").content.decode()
        assert "Approved by <b>tom</b>" in page
        mail = desk.assert_sent_once(Delivery.objects.get())
        assert (mail["to"], "A corrected sentence." in mail["body"]) == (["ruth@aero.example"], True)
        order.refresh_from_db()
        assert order.days_overdue(clock.today()) == 0
        assert desk.cell(order.number, "last_updated") == serial(clock.today())
        assert desk.cell(order.number, "next_update") == serial(clock.today() + dt.timedelta(days=7))
        assert stands_on(desk) == {(clock.today() + dt.timedelta(days=7)).isoformat()}
        assert_told(order, "Draft “", "Edited the draft", "Approved “", "Sent “")
        desk.shop.refresh_from_db()
        assert desk.shop.email == "ruth@aero.example"


def test_a_mail_that_waits_says_why_on_its_page(desk: Desk, client: Client) -> None:
    give(desk.tom, Role.OFFICE)
    client.force_login(desk.tom)
    delivery = desk.approved()
    page = f"/queue/{delivery.notification_id}/"
    assert "Next try" not in client.get(page).content.decode()
    desk.fault("drop_after_apply", match=SEND)
    carry()
    waits = client.get(page).content.decode()
    assert "It is not known yet whether the mail left: The connection" in waits
    assert "Next try" in waits
    desk.carry_on(delivery)
    assert "Next try" not in client.get(page).content.decode()


def test_the_next_mail_stands_in_the_conversation_of_the_first(desk: Desk, client: Client) -> None:
    give(desk.tom, Role.OFFICE)
    order = desk.order_at()
    now = clock.now()
    for week in (1, 2):
        desk.control("POST", "clock", advance_seconds=60.0)  # what was sent before has left Drafts
        with time_machine.travel(now + dt.timedelta(days=8 * week)):
            runs.sweep()
            client.force_login(desk.tom)
            draft = Notification.objects.latest("pk")
            client.post(f"/queue/{draft.pk}/approve/", {"expected_version": draft.version})
            runs.sweep()
            assert draft.delivery.state == Delivery.State.SENT
    first, second = desk.outbox_about(order)
    assert second["in_reply_to"] == first["internet_message_id"]
    assert (second["to"], second["mailbox"]) == ([SHOP], OFFICE)
