"""A message about a change offers to take it back: to who made it, as long as it is the last, and only then."""

import re

import pytest
from django.contrib.auth.models import User
from django.test import Client

from repairs import orders
from repairs.models import RepairOrder
from tests.pages.conftest import MakeOrder

HTMX = {"HX-Request": "true"}
OFFER = re.compile(r'id="said"(?:(?!</div>).)*<form class="undo" method="post" action="([^"]+)"', re.DOTALL)


def current(order: RepairOrder) -> RepairOrder:
    return RepairOrder.objects.get(pk=order.pk)


def offered(text: str) -> str:
    found = OFFER.search(text)
    return found[1] if found else ""


@pytest.mark.parametrize(
    ("address", "sent", "field"),
    [
        ("field/", {"field": "terms", "value": "COD", "expected_version": 1}, "terms"),
        ("status/", {"status": "APPROVED", "expected_version": 1}, "status"),
        ("sheet/", {"sheet": "Paid"}, "sheet"),
        ("note/", {"text": "called"}, "notes"),
    ],
)
def test_a_change_is_taken_back_from_its_message(
    site: Client, order: RepairOrder, address: str, sent: dict[str, object], field: str
) -> None:
    before = getattr(order, field)
    answer = site.post(order.get_absolute_url() + address, sent, headers=HTMX)
    undo = offered(answer.content.decode())
    assert getattr(current(order), field) != before
    brief = site.post(undo, {"message": "1"}, headers=HTMX)
    assert (brief.status_code, brief["HX-Trigger"]) == (200, '{"order-undone": {}}')
    assert f"{order.label}: taken back" in brief.content.decode()
    assert 'id="fields"' not in brief.content.decode()
    assert getattr(current(order), field) == before
    again = site.post(undo, {"message": "1"}, headers=HTMX)
    assert (again.status_code, "not the last change" in again.content.decode()) == (409, True)


def test_without_htmx_the_next_page_offers_it(site: Client, order: RepairOrder) -> None:
    sent = {"field": "terms", "value": "COD", "expected_version": 1}
    page = site.post(f"{order.get_absolute_url()}field/", sent, follow=True)
    undo = offered(page.content.decode())
    assert "Taken back" in site.post(undo, follow=True).content.decode()
    assert current(order).terms == ""


def test_what_changed_nothing_or_is_no_change_offers_nothing(
    site: Client, order: RepairOrder, make_order: MakeOrder
) -> None:
    other = make_order()
    orders.edit(order, by=None, changes={"terms": "COD"})
    for address, sent in {
        "field/": {"field": "terms", "value": "COD", "expected_version": "2"},
        "link/": {"number": str(other.number), "kind": "related"},
    }.items():
        answer = site.post(order.get_absolute_url() + address, sent, headers=HTMX)
        assert answer.status_code == 200
        assert offered(answer.content.decode()) == "", address


def test_a_technician_takes_back_a_status_or_a_note_and_nothing_else(
    client: Client, technician: User, clerk: User, order: RepairOrder, make_order: MakeOrder
) -> None:
    client.force_login(technician)
    page = order.get_absolute_url()
    sent = {"status": "APPROVED", "expected_version": 1}
    undo = offered(client.post(f"{page}status/", sent, headers=HTMX).content.decode())
    assert 'id="undo"' in client.get(page).content.decode()
    assert client.post(undo, {"message": "1"}, headers=HTMX).status_code == 200
    assert current(order).status == "TO SEND"
    orders.edit(order, by=clerk, changes={"terms": "COD"})
    assert 'id="undo"' not in client.get(page).content.decode()
    edit = orders.undoable(order)
    assert edit
    told = client.post(f"{page}undo/{edit.pk}/", {"message": "1"}, headers=HTMX)
    assert (told.status_code, "ask the office" in told.content.decode()) == (403, True)
    assert current(order).terms == "COD"
    chosen = {
        "order": f"{order.number}-{order.version}",
        "list": "",
        "act": "status",
        "status": "WAITING QUOTE",
    }
    told_of_many = client.post("/orders/bulk/", chosen, follow=True).content.decode()
    assert "1 order taken back" in client.post(offered(told_of_many), follow=True).content.decode()
    chosen = {
        "order": f"{order.number}-{current(order).version}",
        "list": "",
        "act": "note",
        "text": "called",
    }
    told_of_many = client.post("/orders/bulk/", chosen, follow=True).content.decode()
    assert current(order).notes.endswith("called")
    assert "1 order taken back" in client.post(offered(told_of_many), follow=True).content.decode()
    assert (current(order).notes, order.added_notes.count()) == (order.notes, 0)


def test_a_typed_status_is_taken_back_from_its_message(site: Client, order: RepairOrder) -> None:
    RepairOrder.objects.filter(pk=order.pk).update(status="", status_text="ask Bob")
    sent = {"status": "APPROVED", "expected_version": 1}
    undo = offered(site.post(f"{order.get_absolute_url()}status/", sent, headers=HTMX).content.decode())
    assert site.post(undo, {"message": "1"}, headers=HTMX).status_code == 200
    assert (current(order).status, current(order).status_text) == ("", "ask Bob")


def test_an_act_of_the_feed_is_taken_back(site: Client, order: RepairOrder) -> None:
    orders.change_status(order, by=None, to="RECEIVED")
    sent = {"act": "status-complete", "expected_version": order.version}
    answer = site.post(f"/feed/{order.number}/", sent, headers=HTMX)
    assert answer.status_code == 200, answer.content.decode()
    site.post(offered(answer.content.decode()), {"message": "1"}, headers=HTMX)
    assert current(order).status == "RECEIVED"


def test_many_are_taken_back_at_once_but_those_that_moved_on(site: Client, make_order: MakeOrder) -> None:
    made = [make_order() for _ in range(3)]
    chosen = {"order": [f"{order.number}-{order.version}" for order in made], "list": "q=gear"}
    page = site.post("/orders/bulk/", chosen | {"act": "status", "status": "WAITING QUOTE"}, follow=True)
    undo = offered(page.content.decode())
    assert "3 orders changed to Waiting quote." in page.content.decode()
    orders.change_status(current(made[0]), by=None, to="APPROVED")
    told = site.post(undo, follow=True).content.decode()
    assert "2 of 3 orders taken back" in told
    assert [current(order).status for order in made] == ["APPROVED", "TO SEND", "TO SEND"]
    assert f"That is not the last change of {made[0].label} any more." in told
    assert site.post("/orders/bulk/nothing/undo/").status_code == 404
