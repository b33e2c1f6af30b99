"""Follow-ups in people's calendars and To Do lists, against the emulator over HTTP."""

import datetime as dt
from collections.abc import Mapping

import pytest
from django.contrib.auth.models import User
from django.test import override_settings

from notifications import followups, outlook_items
from notifications.models import FollowUp, OutlookBox, OutlookItem
from repairs import clock, orders
from repairs.models import RepairOrder
from sync.models import Run
from tests.followups.conftest import NewOrder
from tests.followups.office import latest
from tests.followups.outlook import AMY, Desk, carry, let_time_pass

pytestmark = pytest.mark.django_db(transaction=True)

EVENT = {"method": "POST", "path_regex": "/events$"}
TASK = {"method": "POST", "path_regex": "/tasks$"}
LIST = {"method": "POST", "path_regex": "/lists$"}
MOVE = {"method": "PATCH", "path_regex": "/events/"}
REMOVAL = {"method": "DELETE", "path_regex": "/events/"}
TASK_CHANGE = {"method": "PATCH", "path_regex": "/tasks/"}
UNCLEAR = [
    {"kind": "drop_after_apply"},
    {"kind": "drop"},
    pytest.param({"kind": "status_after_apply", "status": 504}, marks=pytest.mark.chaos),
    pytest.param({"kind": "status", "status": 500}, marks=pytest.mark.chaos),
    pytest.param({"kind": "status", "status": 503, "retry_after": 30}, marks=pytest.mark.chaos),
]


def day(days: int) -> dt.date:
    return clock.today() + dt.timedelta(days=days)


def stand(order: RepairOrder, what: str, when: dt.date) -> list[tuple[str, str]]:
    return [(f"{order.label}: {what} (Aero Avionics)", when.isoformat())]


def trouble() -> set[str]:
    return set(OutlookItem.objects.values_list("trouble", flat=True))


@pytest.fixture
def quoted(desk: Desk, amy: User, order: RepairOrder) -> RepairOrder:
    """An order that Amy set to WAITING QUOTE; nothing of it is in Outlook yet."""
    FollowUp.objects.all().delete()  # that of TO SEND
    return orders.change_status(order, by=amy, to="WAITING QUOTE")


def test_with_an_address_of_the_site_they_lead_to_the_order(desk: Desk, quoted: RepairOrder) -> None:
    with override_settings(SITE_URL="https://tracker.example"):
        carry()
    page = f"https://tracker.example/orders/{quoted.number}/"
    event, task = desk.mailbox(AMY)["events"][0]["data"], desk.mailbox(AMY)["tasks"][0]["data"]
    assert event["body"]["content"].endswith(f"\n\n{page}")
    assert [link["webUrl"] for link in task["linkedResources"]] == [page]


def test_a_change_of_status_stands_in_calendar_and_to_do(desk: Desk, quoted: RepairOrder) -> None:
    assert carry() == {"state": "succeeded", "brought": 2, "in trouble": 0}
    there = stand(quoted, "follow up on WAITING QUOTE", day(7))
    assert (desk.events(), desk.tasks()) == (there, there)
    event, task = desk.mailbox(AMY)["events"][0]["data"], desk.mailbox(AMY)["tasks"][0]["data"]
    assert event["start"]["timeZone"] == "America/New_York"
    assert event["showAs"] == "free"
    for body in (event["body"]["content"], task["body"]["content"]):
        assert body == (
            "Part: 3605812-17\nShop: Aero Avionics\nPhone: 305-555-0100\nEmail: quotes@aero.example"
        )
    assert "webUrl" not in str(task)
    assert desk.lists().count("RO follow-ups") == 1
    desk.forget()
    assert carry() == {}
    assert desk.requests() == []


def test_they_move_with_the_next_update(desk: Desk, amy: User, quoted: RepairOrder) -> None:
    carry()
    orders.edit(quoted, by=amy, changes={"next_update": day(20)})
    orders.edit(quoted, by=amy, changes={"next_update": day(30)})
    carry()
    there = stand(quoted, "follow up on WAITING QUOTE", day(30))
    assert (desk.events(), desk.tasks()) == (there, there)


def test_moved_there_and_back_nothing_is_asked(desk: Desk, amy: User, quoted: RepairOrder) -> None:
    carry()
    orders.edit(quoted, by=amy, changes={"next_update": day(20)})
    orders.edit(quoted, by=amy, changes={"next_update": day(7)})
    desk.forget()
    carry()
    assert desk.requests() == []


def test_leaving_the_status_removes_the_event_and_ticks_the_task_off(
    desk: Desk, amy: User, quoted: RepairOrder
) -> None:
    carry()
    orders.change_status(quoted, by=amy, to="APPROVED")
    carry()
    there = stand(quoted, "follow up on APPROVED", day(10))
    assert (desk.events(), desk.tasks()) == (there, there)
    assert desk.tasks(done=True) == stand(quoted, "follow up on WAITING QUOTE", day(7))


def test_one_that_ends_before_it_was_made_is_never_made(desk: Desk, amy: User, quoted: RepairOrder) -> None:
    orders.change_status(quoted, by=amy, to="PAID")
    desk.forget()
    carry()
    assert desk.requests() == []
    assert not outlook_items.due().exists()


def test_one_that_waits_anew_is_made_anew(desk: Desk, amy: User, quoted: RepairOrder) -> None:
    carry()
    orders.edit(quoted, by=amy, changes={"next_update": ""})
    carry()
    assert (desk.events(), desk.tasks()) == ([], [])
    orders.edit(quoted, by=amy, changes={"next_update": day(9)})
    carry()
    there = stand(quoted, "follow up on WAITING QUOTE", day(9))
    assert (desk.events(), desk.tasks()) == (there, there)


def test_what_a_person_removed_stays_removed(desk: Desk, amy: User, quoted: RepairOrder) -> None:
    carry()
    event, task = desk.mailbox(AMY)["events"][0], desk.mailbox(AMY)["tasks"][0]
    desk.person_removes(f"/events/{event['id']}")
    desk.person_removes(f"/todo/lists/{task['folder']}/tasks/{task['id']}")
    for days in (20, 21):
        orders.edit(quoted, by=amy, changes={"next_update": day(days)})
        assert carry() == {"state": "succeeded", "brought": 2, "in trouble": 0}
        assert (desk.events(), desk.tasks()) == ([], [])
        assert trouble() == {"It was removed in Outlook."}
    orders.change_status(quoted, by=amy, to="PAID")
    desk.settle()
    assert trouble() == {""}


def test_a_removed_list_is_made_anew_for_what_comes(desk: Desk, amy: User, quoted: RepairOrder) -> None:
    carry()
    ours = next(item for item in desk.mailbox(AMY)["lists"] if item["data"]["displayName"] == "RO follow-ups")
    desk.person_removes(f"/todo/lists/{ours['id']}")
    orders.change_status(quoted, by=amy, to="APPROVED")
    carry()
    assert trouble() >= {"Our list in To Do was removed; it is made anew."}
    desk.settle()
    assert desk.tasks() == stand(quoted, "follow up on APPROVED", day(10))


def unclear(desk: Desk, fault: Mapping[str, object], *requests: Mapping[str, object]) -> None:
    """The next of each of these requests gets an answer that leaves open what became of it, or none."""
    for request in requests:
        desk.fault(fault, request)


@pytest.mark.parametrize("fault", UNCLEAR, ids=str)
def test_an_unclear_creation_makes_one(desk: Desk, quoted: RepairOrder, fault: dict[str, object]) -> None:
    unclear(desk, fault, LIST, EVENT, TASK)
    desk.settle()
    assert desk.fired() == 3
    there = stand(quoted, "follow up on WAITING QUOTE", day(7))
    assert (desk.events(), desk.tasks()) == (there, there)
    assert desk.lists().count("RO follow-ups") == 1


@pytest.mark.parametrize("fault", UNCLEAR, ids=str)
@pytest.mark.parametrize("end", ["moved", "ended"])
def test_an_unclear_creation_that_is_overtaken_leaves_what_is_wanted(
    desk: Desk, amy: User, quoted: RepairOrder, fault: dict[str, object], end: str
) -> None:
    unclear(desk, fault, EVENT, TASK)
    carry()
    if end == "moved":
        orders.edit(quoted, by=amy, changes={"next_update": day(30)})
    else:
        orders.change_status(quoted, by=amy, to="PAID")
    desk.settle()
    there = stand(quoted, "follow up on WAITING QUOTE", day(30)) if end == "moved" else []
    assert (desk.events(), desk.tasks()) == (there, there)


@pytest.mark.parametrize("fault", UNCLEAR, ids=str)
def test_an_unclear_move_that_is_taken_back_ends_where_it_is_wanted(
    desk: Desk, amy: User, quoted: RepairOrder, fault: dict[str, object]
) -> None:
    carry()
    orders.edit(quoted, by=amy, changes={"next_update": day(30)})
    unclear(desk, fault, MOVE, TASK_CHANGE)
    carry()
    orders.edit(quoted, by=amy, changes={"next_update": day(7)})
    desk.settle()
    there = stand(quoted, "follow up on WAITING QUOTE", day(7))
    assert (desk.events(), desk.tasks()) == (there, there)


@pytest.mark.parametrize("fault", UNCLEAR, ids=str)
def test_an_unclear_end_ends_it(desk: Desk, amy: User, quoted: RepairOrder, fault: dict[str, object]) -> None:
    carry()
    orders.change_status(quoted, by=amy, to="PAID")
    unclear(desk, fault, REMOVAL, TASK_CHANGE)
    desk.settle()
    assert desk.fired() == 2
    assert (desk.events(), desk.tasks()) == ([], [])


def test_when_outlook_asks_to_wait_nothing_is_asked(desk: Desk, quoted: RepairOrder) -> None:
    desk.fault({"kind": "status", "status": 429, "retry_after": 60}, EVENT)
    assert carry()["state"] == "queued", "it goes on when the wait is over"
    wait = OutlookBox.objects.get(address=AMY).not_before
    assert wait is not None
    assert Run.objects.latest("pk").due_at == wait
    desk.forget()
    outlook_items.start_due()
    assert Run.objects.filter(kind="outlook").count() == 1
    assert desk.requests() == []
    desk.begin()
    desk.settle()
    assert len(desk.events()) == len(desk.tasks()) == 1


@pytest.mark.parametrize("email", ["", "amy@elsewhere.example"])
def test_without_an_outlook_the_follow_up_says_so_and_lives_on(
    desk: Desk, amy: User, new_order: NewOrder, email: str
) -> None:
    User.objects.filter(pk=amy.pk).update(email=email)
    amy.refresh_from_db()
    order = new_order()
    orders.change_status(order, by=amy, to="WAITING QUOTE")
    carry()
    told = "Outlook has no mailbox under that address." if email else "No Outlook account is known for amy."
    assert set(OutlookItem.objects.filter(follow_up=latest(order)).values_list("trouble", flat=True)) == {
        told
    }
    assert latest(order).state == "waiting"
    assert latest(order).items.filter(pending_since__isnull=True).count() == (0 if email else 2)


def test_trouble_with_a_mailbox_asks_it_once_and_others_go_on(
    desk: Desk, amy: User, tom: User, new_order: NewOrder, quoted: RepairOrder
) -> None:
    desk.options(forbidden_mailboxes=AMY)
    User.objects.filter(pk=tom.pk).update(email="Tom@Genthrust.example")
    tom.refresh_from_db()
    orders.change_status(new_order(), by=tom, to="SHIPPED")
    desk.forget()
    assert carry()["state"] == "succeeded"
    assert len([path for path in (entry["path"] for entry in desk.log()) if AMY in path]) == 1
    assert len(desk.events("tom@genthrust.example")) == 1
    amys = OutlookItem.objects.filter(mailbox=AMY, wanted_day__isnull=False)
    assert set(amys.values_list("trouble", flat=True)) == {"Our account may not do this in that mailbox."}
    desk.options(forbidden_mailboxes="")
    desk.settle()
    assert stand(quoted, "follow up on WAITING QUOTE", day(7))[0] in desk.events()
    assert not OutlookItem.objects.exclude(trouble="").exists()


def test_an_item_refused_for_a_month_is_left_alone(desk: Desk, quoted: RepairOrder) -> None:
    desk.fault({"kind": "status", "status": 400}, EVENT, times=None)
    carry()
    event = OutlookItem.objects.get(kind="event")
    assert (event.failures, event.trouble) == (1, "Outlook refused the request as invalid.")
    assert event.due_at is not None
    assert event.due_at > clock.now()
    long_ago = clock.now() - dt.timedelta(days=31)
    OutlookItem.objects.filter(pk=event.pk).update(pending_since=long_ago)
    let_time_pass()
    carry()
    event.refresh_from_db()
    assert (event.pending_since, event.trouble) == (None, "Outlook refused the request as invalid.")
    assert len(desk.tasks()) == 1


def test_without_microsoft_nothing_is_held_up(amy: User, new_order: NewOrder) -> None:
    with override_settings(GRAPH_BASE_URL="", GRAPH_STATIC_TOKEN="", GRAPH_ADDRESS="", AZURE_TENANT_ID=""):
        order = new_order()
        assert carry() == {"state": "succeeded", "brought": 0, "in trouble": 1}
    assert latest(order).state == "waiting"
    assert all(told.startswith("Microsoft 365 is not set up") for told in trouble())


def test_a_reminder_by_hand_stands_there_until_it_is_taken_off(
    desk: Desk, amy: User, quoted: RepairOrder
) -> None:
    text = "Call Bob:\nthe invoice"
    reminder = followups.remind(quoted, by=amy, day=day(3), text=text)
    desk.settle()
    title = (f"{quoted.label}: Call Bob: the invoice", day(3).isoformat())
    assert title in desk.events()
    assert title in desk.tasks()
    bodies = [item["data"]["body"]["content"] for item in desk.mailbox(AMY)["tasks"]]
    assert any(body.startswith(text) for body in bodies)
    followups.forget(reminder, by=amy)
    desk.settle()
    assert title not in desk.events()
    assert title in desk.tasks(done=True)


def test_a_long_text_is_cut_in_the_title(desk: Desk, amy: User, quoted: RepairOrder) -> None:
    followups.remind(quoted, by=amy, day=day(3), text="Call " * 200)
    desk.settle()
    assert max(len(title) for title, _ in desk.events()) <= 255


def test_many_people_and_orders_are_carried_in_portions(
    desk: Desk, amy: User, new_order: NewOrder, quoted: RepairOrder
) -> None:
    for _ in range(30):
        new_order()
    assert carry()["brought"] == 50
    assert carry()["brought"] == 12
    assert len(desk.events()) == len(desk.tasks()) == 31
