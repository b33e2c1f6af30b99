"""One status for many orders in the back office: asked for on a page, then done to each by its verb."""

import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from notifications.models import FollowUp
from repairs import bulk, orders
from repairs.models import Activity, RepairOrder
from sync.models import Replica
from tests.pages.conftest import MakeOrder

LIST = "/admin/repairs/repairorder/"


@pytest.fixture
def admin(client: Client, office: User) -> Client:
    client.force_login(office)
    return client


def choose(admin: Client, *chosen: RepairOrder) -> dict[str, Any]:
    """The page between choosing and doing, as the browser would send it back."""
    picked = {"action": "change_status", "_selected_action": [order.pk for order in chosen]}
    page = admin.post(LIST, picked)
    assert page.status_code == 200
    shown = {f"version-{order.pk}": order.version for order in page.context["chosen"]}
    assert len(shown) == len(chosen)
    return picked | shown | {"apply": "yes"}


def test_each_order_gets_it_with_history_and_follows_to_excel(
    admin: Client, make_order: MakeOrder, office: User
) -> None:
    two = make_order(), make_order()
    answer = admin.post(LIST, choose(admin, *two) | {"status": "BER", "unit_returned": "yes"}, follow=True)
    assert "2 orders changed to BER." in answer.content.decode()
    for order in two:
        order.refresh_from_db()
        assert (order.status, order.sheet) == ("BER", "Returns")
        assert Activity.objects.get(order=order, verb=Activity.Verb.STATUS).by == office
        assert Replica.objects.get(order=order).wanted_version == order.version


def test_unusual_steps_are_asked_about_once(admin: Client, make_order: MakeOrder) -> None:
    odd, usual = make_order(), make_order()
    orders.change_status(usual, by=None, to="COMPLETE")
    page = choose(admin, odd, usual) | {"status": "PAID"}
    asked = admin.post(LIST, page)
    assert asked.context["odd"] == {odd.number}
    text = asked.content.decode()
    assert "For 1 of them, Paid is not the usual next step." in text
    for label in ("Shop", "Part", "Status now", "Sheet"):
        assert text.count(f'data-label="{label}"') == 2, "on a phone no heading stands over them"
    assert set(RepairOrder.objects.values_list("status", flat=True)) == {"TO SEND", "COMPLETE"}
    again = admin.post(LIST, page | {"status": "IN WORK", "sure": "PAID"})
    assert again.context["odd"] == {odd.number, usual.number}, "another status was not asked about yet"
    admin.post(LIST, page | {"sure": "PAID"})
    assert set(RepairOrder.objects.values_list("status", flat=True)) == {"PAID"}


def test_it_is_taken_back_at_once_and_leads_back_to_the_list(admin: Client, make_order: MakeOrder) -> None:
    two, list_address = (make_order(), make_order()), f"{LIST}?sheet=Active"
    picked = choose(admin, *two) | {"status": "APPROVED", "sure": "APPROVED"}
    told = admin.post(list_address, picked, follow=True)
    assert told.redirect_chain == [(list_address, 302)]
    (results,) = re.findall(r'<a href="(/orders/bulk/[^"]+)">Look at each, or undo', told.content.decode())
    page = admin.get(results)
    assert (page.context["counts"]["changed"], page.context["act"].back) == (2, list_address)
    admin.post(page.context["undo_all"])
    assert set(RepairOrder.objects.values_list("status", flat=True)) == {"TO SEND"}


def test_an_order_that_somebody_else_changed_stays_and_is_named(admin: Client, make_order: MakeOrder) -> None:
    mine, theirs = make_order(), make_order()
    page = choose(admin, mine, theirs)
    orders.edit(theirs, by=None, changes={"notes": "theirs"})
    answer = admin.post(LIST, page | {"status": "WAITING QUOTE"}, follow=True).content.decode()
    assert "1 of 2 orders changed to Waiting quote" in answer
    assert f"{theirs.label} was changed by somebody else meanwhile" in answer
    mine.refresh_from_db()
    theirs.refresh_from_db()
    assert (mine.status, theirs.status) == ("WAITING QUOTE", "TO SEND")
    waiting = FollowUp.objects.filter(state=FollowUp.State.WAITING)
    assert dict(waiting.values_list("order", "for_status")) == {
        mine.pk: "WAITING QUOTE",
        theirs.pk: "TO SEND",
    }


@pytest.mark.parametrize(
    "typed", [{"status": ""}, {"status": "DONE"}, {"status": "PAID", "unit_returned": "perhaps"}]
)
def test_what_is_no_status_is_asked_for_again(
    admin: Client, order: RepairOrder, typed: dict[str, str]
) -> None:
    answer = admin.post(LIST, choose(admin, order) | typed)
    assert answer.status_code == 200
    assert answer.context["form"].errors
    order.refresh_from_db()
    assert order.version == 1


@pytest.mark.parametrize("version", ["", "x", "99", "-1", "1" * 40])
def test_a_version_that_was_not_shown_changes_nothing(
    admin: Client, order: RepairOrder, version: str
) -> None:
    admin.post(LIST, choose(admin, order) | {"status": "WAITING QUOTE", f"version-{order.pk}": version})
    order.refresh_from_db()
    assert order.version == 1


def test_more_than_a_person_can_look_through_are_refused(
    admin: Client, make_order: MakeOrder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "MOST", 1)
    picked = [make_order().pk, make_order().pk]
    answer = admin.post(LIST, {"action": "change_status", "_selected_action": picked}, follow=True)
    assert "Please choose at most 1 at once." in answer.content.decode()


def test_orders_are_written_to_excel_again(admin: Client, order: RepairOrder, replica: Replica) -> None:
    Replica.objects.filter(pk=replica.pk).update(pending_since=None)
    for page, picked in ((LIST, order.pk), ("/admin/sync/replica/", replica.pk)):
        Replica.objects.update(pending_since=None)
        answer = admin.post(page, {"action": "resync", "_selected_action": [picked]}, follow=True)
        assert "1 order will be compared" in answer.content.decode()
        assert Replica.objects.get(pk=replica.pk).pending_since is not None
