"""One act on many orders: each through its verb, each told, and nothing half done in silence."""

import datetime as dt
import re
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.test import Client

from notifications.models import FollowUp
from people.roles import Role
from repairs import bulk, orders
from repairs.forms import SAY_IF_RETURNED
from repairs.models import Activity, RepairOrder
from repairs.signals import order_changed
from repairs.statuses import APPROVED, BER, PAID, TO_SEND, WAITING_QUOTE, Sheet
from repairs.views import bulk_kept
from sync.models import Replica
from tests.pages.conftest import MakeOrder, person
from tests.support.browser_forms import form_with

pytestmark = pytest.mark.both_databases


def picked(*chosen: RepairOrder) -> list[str]:
    return [f"{order.number}-{order.version}" for order in chosen]


def send(site: Client, chosen: list[str], **fields: Any) -> Any:
    return site.post("/orders/bulk/", {"order": chosen, "list": "sheet=Active&q=pump", **fields})


def statuses() -> list[str]:
    return list(RepairOrder.objects.order_by("number").values_list("status", flat=True))


def followed(order: RepairOrder) -> list[tuple[str, str, str | None]]:
    """The status, the state and the person of each follow-up of an order."""
    made = FollowUp.objects.filter(order=order).order_by("pk")
    return list(made.values_list("for_status", "state", "person__username"))


def test_the_rows_offer_themselves_with_their_version(site: Client, order: RepairOrder) -> None:
    assert (
        f'form="selection" name="order" value="{order.number}-{order.version}"'
        in site.get("/").content.decode()
    )


def test_a_status_is_set_on_each_through_the_verb(site: Client, make_order: MakeOrder) -> None:
    made = [make_order(), make_order(), make_order()]
    answer = send(site, picked(*made[:2]), act="status", status=WAITING_QUOTE, sure=WAITING_QUOTE)
    assert statuses() == [WAITING_QUOTE, WAITING_QUOTE, TO_SEND]
    assert answer.headers["Location"] == "/?sheet=Active&q=pump"
    acts = Activity.objects.filter(verb=Activity.Verb.STATUS)
    assert {(act.order_number, act.by_name) for act in acts} == {(o.number, "tom") for o in made[:2]}
    for order in made[:2]:
        order.refresh_from_db()
        assert Replica.objects.get(order=order).wanted_version == order.version
        assert followed(order) == [(TO_SEND, "cancelled", None), (WAITING_QUOTE, "waiting", "tom")]
    told = site.get(answer.headers["Location"]).content.decode()
    assert "2 orders changed to Waiting quote." in told
    each = site.get(re.search(r'<a href="(/orders/bulk/[^"]+)">Look at each', told)[1])  # type: ignore[index]  # it is there
    assert each.content.decode().count("To send → Waiting quote") == 2


def test_an_order_changed_meanwhile_is_left_and_told(site: Client, make_order: MakeOrder) -> None:
    stale, fresh = make_order(), make_order()
    chosen = picked(stale, fresh)
    orders.edit(stale, by=None, changes={"shop_status": "on the bench"})
    answer = send(site, chosen, act="status", status=WAITING_QUOTE, sure=WAITING_QUOTE)
    assert statuses() == [TO_SEND, WAITING_QUOTE]
    told = site.get(answer.headers["Location"]).content.decode()
    assert "1 of 2 orders changed to Waiting quote" in told
    assert f"{stale.label} was changed by somebody else meanwhile (shop status). Nothing was saved." in told
    assert "on the bench" in told


def test_the_same_status_and_an_unknown_number_are_told(site: Client, make_order: MakeOrder) -> None:
    order = make_order()
    answer = send(site, [*picked(order), "987654-1"], act="status", status=TO_SEND, sure=TO_SEND)
    told = site.get(answer.headers["Location"]).content.decode()
    assert "It was “To send” already." in told
    assert "There is no such order." in told
    assert "0 of 2 orders" in told


def test_only_what_its_person_may_take_back_is_offered(
    site: Client, technician: User, make_order: MakeOrder
) -> None:
    site.force_login(technician)
    order = make_order()
    orders.change_status(order, by=technician, to=BER)
    send(site, picked(order), act="status", status=BER, unit_returned="yes")
    order.refresh_from_db()
    page = site.get("/").content.decode()
    assert (order.sheet, "1 order changed to BER." in page) == (Sheet.RETURNS, True)
    assert "/undo/" not in page, "who only works on orders takes no move between sheets back"


def test_an_unusual_step_is_asked_first(site: Client, make_order: MakeOrder) -> None:
    made = [make_order(), make_order()]
    orders.change_status(made[1], by=None, to=APPROVED)
    answer = send(site, picked(*made), act="status", status=WAITING_QUOTE)
    text = answer.content.decode()
    assert statuses() == [TO_SEND, APPROVED]
    assert "For 1 of them, Waiting quote is not the usual next step." in text
    assert text.count("not the usual step<") == 1
    assert all(f'value="{value}" checked' in text for value in picked(*made))
    sure = form_with(text, "sure")
    other = send(site, picked(*made), act="status", status=PAID, sure=sure["sure"]).content.decode()
    assert "Paid is not the usual next step." in other, "it was said of another status"
    assert statuses() == [TO_SEND, APPROVED]
    send(site, picked(*made), act="status", status=WAITING_QUOTE, sure=sure["sure"])
    assert statuses() == [WAITING_QUOTE] * 2


def test_units_that_came_back_move_to_returns(site: Client, make_order: MakeOrder) -> None:
    order = make_order()
    send(site, picked(order), act="status", status=BER, unit_returned="yes", sure=BER)
    order.refresh_from_db()
    assert (order.status, order.sheet) == (BER, Sheet.RETURNS)


def test_a_note_is_added_to_each(site: Client, make_order: MakeOrder) -> None:
    made = [make_order(notes="first"), make_order()]
    answer = send(site, picked(*made), act="note", text="call on Monday\r\n")
    assert [o.notes for o in RepairOrder.objects.order_by("number")] == [
        "first\ncall on Monday",
        "call on Monday",
    ]
    assert "2 orders got the note" in site.get(answer.headers["Location"]).content.decode()


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"act": "status", "status": ""}, "Please choose the new status."),
        ({"act": "status", "status": "NOWHERE"}, "Please choose the new status."),
        ({"act": "status", "status": BER, "unit_returned": "perhaps"}, SAY_IF_RETURNED),
        ({"act": "note", "text": "  "}, "The note is empty. Please write something."),
        (
            {"act": "note", "text": "n" * 32_768},
            "longer than the 32,767 characters that an Excel cell can hold",
        ),
        ({"act": "burn"}, "Please choose what to do"),
        ({}, "Please choose what to do"),
    ],
)
def test_what_can_not_be_done_changes_nothing(
    site: Client, order: RepairOrder, fields: dict[str, str], told: str
) -> None:
    answer = send(site, picked(order), **fields)
    assert answer.status_code == 422
    assert told in answer.content.decode()
    assert picked(order)[0] in answer.content.decode()
    assert fields.get("text", "") in answer.content.decode()
    assert Activity.objects.filter(order=order).count() == 1


@pytest.mark.parametrize("chosen", [[], ["x"], ["1"], ["-1-1"], ["1-"], ["9" * 30 + "-1"]])
def test_nothing_selected_is_said(site: Client, order: RepairOrder, chosen: list[str]) -> None:
    answer = send(site, chosen, act="note", text="kept as typed")
    assert (answer.status_code, "No order was selected." in answer.content.decode()) == (422, True)
    assert "kept as typed" in answer.content.decode()


def test_too_many_at_once_are_refused(site: Client, order: RepairOrder) -> None:
    chosen = [f"{number}-1" for number in range(1, bulk.MOST + 2)]
    answer = send(site, chosen, act="note", text="for all")
    assert "at most 200 orders" in answer.content.decode()
    assert not Activity.objects.filter(verb=Activity.Verb.NOTE).exists()


def test_all_orders_of_a_list_are_shown_with_their_number_before_anything_is_done(
    site: Client, make_order: MakeOrder
) -> None:
    made = [make_order(part_number=f"PUMP-{n}") for n in range(51)]
    other = make_order(part_number="VALVE")
    here = "sheet=Active&q=pump"
    assert "All 51 orders of this list" in site.get(f"/?{here}").content.decode()
    assert 'name="whole"' not in site.get("/?q=VALVE").content.decode(), "it has one page"
    asked = send(site, picked(made[0]), act="note", text="call them", whole="51", list=here)
    text = asked.content.decode()
    assert "All 51 orders that the list holds" in text
    assert text.index(">call them</textarea>") < text.index("<table") < text.index("Add it to each")
    assert not Activity.objects.filter(verb=Activity.Verb.NOTE).exists()
    shown = re.findall(r'name="order" value="([0-9-]+)" checked', text)
    assert sorted(shown) == sorted(picked(*made))
    told = site.get(send(site, shown, act="note", text="call them", list=here).headers["Location"])
    assert "51 orders got the note" in told.content.decode()
    other.refresh_from_db()
    assert other.notes == ""
    odd = send(site, [], act="status", status=PAID, whole="51", list=here).content.decode()
    assert "For 51 of them, Paid is not the usual next step." in odd
    assert statuses() == [TO_SEND] * 52


@pytest.mark.parametrize(
    ("list_", "fields", "told"),
    [
        (
            "",
            {"act": "note", "text": "kept as typed"},
            "The list holds 201 orders, and at most 200 are changed",
        ),
        ("status=LOST", {"act": "note", "text": "n"}, "“LOST” is not a status"),
        ("q=nothing-like-it", {"act": "note", "text": "n"}, "No order was selected."),
        ("q=P-1000&sheet=All", {"act": "note", "text": " "}, "The note is empty."),
        ("q=P-1000&sheet=All", {"act": "status", "status": "NOWHERE"}, "Please choose the new status."),
    ],
)
def test_of_a_whole_list_too_what_can_not_be_done_is_said(
    site: Client, make_order: MakeOrder, list_: str, fields: dict[str, str], told: str
) -> None:
    first = make_order(part_number="P-1000")
    RepairOrder.objects.bulk_create(
        RepairOrder(number=first.number + n, part_number=f"P-{n}", sheet=Sheet.ACTIVE, shop=first.shop)
        for n in range(1, bulk.MOST + 1)
    )
    assert "200 at most get a status or a note" in site.get("/").content.decode()
    answer = send(site, [], **fields, whole="201", list=list_)
    assert (answer.status_code, told in answer.content.decode()) == (422, True)
    assert fields.get("text", "") in answer.content.decode()
    assert not Activity.objects.filter(verb=Activity.Verb.NOTE).exists()


def test_it_leads_back_to_the_list_only(site: Client, order: RepairOrder) -> None:
    answer = send(site, picked(order), act="note", text="n", list="//evil.example/?x=1\r\nSet-Cookie: a=b")
    assert answer.headers["Location"].startswith("/?")
    assert "\n" not in answer.headers["Location"]


def test_results_are_of_the_one_who_acted(site: Client, make_order: MakeOrder) -> None:
    assert site.get("/orders/bulk/unknown/").status_code == 404
    answer = send(site, [*picked(make_order()), "987654-1"], act="status", status=PAID, sure=PAID)
    looked_at = answer.headers["Location"]
    client = Client()
    client.force_login(person("sue", Role.OFFICE))
    assert client.get(looked_at).status_code == client.post(f"{looked_at}undo/").status_code == 404
    assert "orders changed" not in client.get("/").content.decode()
    assert statuses() == [PAID]
    assert site.post(f"{looked_at}undo/").status_code == 302
    assert statuses() == [TO_SEND]


def test_two_acts_at_once_in_one_browser_are_both_told_and_can_be_taken_back(
    site: Client, make_order: MakeOrder
) -> None:
    made = [make_order(), make_order()]
    other_tab = Client()
    other_tab.cookies = site.cookies

    def meanwhile(**_: Any) -> None:
        order_changed.disconnect(meanwhile)
        send(other_tab, picked(made[1]), act="note", text="from the other tab")

    order_changed.connect(meanwhile)
    send(site, picked(made[0]), act="status", status=WAITING_QUOTE, sure=WAITING_QUOTE)
    page = site.get("/").content.decode()
    assert "1 order changed to Waiting quote." in page
    assert "1 order got the note." in page
    for undo in re.findall(r'"(/orders/bulk/[^"]+/undo/)"', page):
        site.post(undo)
    made[1].refresh_from_db()
    assert (statuses(), made[1].notes) == ([TO_SEND, TO_SEND], "")
    with time_machine.travel(dt.datetime.now(dt.UTC) + bulk_kept.LONGEST * 2):
        assert "was cut off" not in site.get("/").content.decode()


class Killed(BaseException):
    """As if the process had died: nothing of ours hears of it."""


def test_an_act_whose_end_nobody_saw_is_told_once_on_the_next_page(
    site: Client, make_order: MakeOrder
) -> None:
    made = [make_order(), make_order()]
    send(site, picked(*made), act="status", status=WAITING_QUOTE, sure=WAITING_QUOTE)
    told = "Meanwhile: 2 orders changed to Waiting quote."
    with time_machine.travel(dt.datetime.now(dt.UTC) + bulk_kept.AT_ONCE * 2):
        assert told not in site.get("/", headers={"HX-Request": "true"}).content.decode()
        page = site.get("/shops/").content.decode()
        assert told in page, "any page tells it"
        undo = re.search(r'"(/orders/bulk/[^"]+/undo/)"', page)
        assert undo, "it can be taken back together"
        assert "2 orders changed" not in site.get("/").content.decode(), "it was told once"
        answer = send(site, [*picked(made[0]), "987654-1"], act="note", text="seen at once")
        site.get(answer.headers["Location"])
        assert "got the note" not in site.get("/").content.decode(), "what became of each was seen"


def test_an_act_that_is_cut_off_is_told_with_what_it_reached(site: Client, make_order: MakeOrder) -> None:
    reached, left = make_order(), make_order()

    def dies(order: RepairOrder, **_: Any) -> None:
        if order == left:
            raise Killed

    order_changed.connect(dies)
    try:
        with pytest.raises(Killed):
            send(site, picked(reached, left), act="status", status=WAITING_QUOTE, sure=WAITING_QUOTE)
    finally:
        order_changed.disconnect(dies)
    assert statuses() == [WAITING_QUOTE, TO_SEND]
    assert "was cut off" not in site.get("/").content.decode(), "it may still be going on"
    with time_machine.travel(dt.datetime.now(dt.UTC) + bulk_kept.LONGEST * 2):
        told = site.get("/").content.decode()
        assert "What you did with 2 orders was cut off." in told
        page = site.get(re.search(r'<a href="(/orders/bulk/[^"]+)">Look which', told)[1])  # type: ignore[index]  # it is there
        assert page.context["counts"] == {"changed": 1, "same": 0, "refused": 1}
        assert "It was cut off before this order." in page.content.decode()
        assert "was cut off" not in site.get("/").content.decode(), "it was told once"
