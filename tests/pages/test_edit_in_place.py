"""Editing in place: one field is saved by itself, merges with what others did beside it, and is refused in words."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db.models import CharField
from django.test import Client

from repairs import orders, shops
from repairs.forms import INCOMPLETE
from repairs.models import RepairOrder, Shop
from repairs.orders import EDITABLE
from tests.pages.conftest import MakeOrder

HTMX = {"HX-Request": "true"}


def put(site: Client, order: RepairOrder, field: str, value: Any, version: int | None = None) -> Any:
    data = {"field": field, "value": str(value), "expected_version": str(version or order.version)}
    return site.post(f"/orders/{order.number}/field/", data, headers=HTMX)


def current(order: RepairOrder) -> RepairOrder:
    return RepairOrder.objects.get(pk=order.pk)


@pytest.mark.parametrize(
    ("field", "typed", "kept"),
    [
        ("terms", " net30 ", "net30"),
        ("final_cost", "$1,500.50", "1500.50"),
        ("next_update", "2030-05-06", "2030-05-06"),
        ("notes", "one\r\ntwo", "one\ntwo"),
        ("serial_number", "", ""),
    ],
)
def test_one_field_is_saved(site: Client, order: RepairOrder, field: str, typed: str, kept: str) -> None:
    answer = put(site, order, field, typed)
    assert answer.status_code == 200
    for part in ("said", "heading", "status", "excel", "fields", "more", "history"):
        assert f'id="{part}"' in answer.content.decode()
    assert str(getattr(current(order), field)) == kept


def test_the_shop_is_a_field_too(site: Client, order: RepairOrder) -> None:
    other = shops.create(by=None, name="Coastal Avionics")
    assert put(site, order, "shop", other.pk).status_code == 200
    assert current(order).shop == other


@pytest.mark.parametrize(
    ("field", "typed", "told"),
    [
        ("final_cost", "much", "This is not an amount of money. One is written like 1,500.50."),
        ("next_update", "2026-13-45", "There is no such day."),
        ("part_number", "", "Please enter a part number."),
        ("shop", "", "Please choose a shop."),
        ("shop", "999999", "There is no such shop. Please choose one from the list."),
        ("shop", "Aero", "There is no such shop. Please choose one from the list."),
        ("status", "PAID", INCOMPLETE),
    ],
)
def test_what_does_not_fit_is_refused_in_words(
    site: Client, order: RepairOrder, field: str, typed: str, told: str
) -> None:
    answer = put(site, order, field, typed)
    assert (answer.status_code, answer.json()) == (422, {"success": False, "error": told})
    assert current(order).version == 1


@pytest.mark.parametrize(
    "sent", [{}, {"expected_version": ""}, {"expected_version": "x"}, {"expected_version": "0"}]
)
def test_a_form_without_its_version_is_to_be_loaded_again(
    site: Client, order: RepairOrder, sent: dict[str, str]
) -> None:
    for more in ({"field": "terms"}, {}):
        answer = site.post(f"/orders/{order.number}/field/", {"value": "COD"} | more | sent, headers=HTMX)
        assert (answer.status_code, answer.json()["error"]) == (422, INCOMPLETE), more
    assert current(order).version == 1


@pytest.mark.parametrize(
    "field", [name for name in EDITABLE if isinstance(RepairOrder._meta.get_field(name), CharField)]
)
def test_what_is_too_long_is_refused_whole(site: Client, order: RepairOrder, field: str) -> None:
    answer = put(site, order, field, "x" * 5000)
    assert answer.status_code == 422
    assert "It has 5,000 characters; at most 255 characters fit here." in answer.json()["error"]
    assert current(order).version == 1
    whole = site.get(order.get_absolute_url()).content.decode()
    assert "maxlength" not in whole.partition('id="fields-form"')[2].partition("</form>")[0]


def test_what_another_did_in_another_field_is_no_conflict(
    site: Client, order: RepairOrder, office: User
) -> None:
    orders.edit(order, by=office, changes={"terms": "COD"})
    assert put(site, order, "notes", "mine", version=1).status_code == 200
    assert (current(order).terms, current(order).notes) == ("COD", "mine")


def test_what_another_put_into_the_same_field_is(site: Client, order: RepairOrder, office: User) -> None:
    orders.edit(order, by=office, changes={"terms": "COD"})
    answer = put(site, order, "terms", "NET 30", version=1)
    assert answer.status_code == 409
    assert answer.json()["error"].startswith("olga changed it to “COD” on ")
    orders.edit(order, by=office, changes={"notes": "a long story " * 500})
    told = put(site, order, "notes", "mine", version=1).json()["error"]
    assert "to “a long story" in told
    assert len(told) < 300
    assert current(order).terms == "COD"


def test_the_same_value_is_no_conflict(site: Client, order: RepairOrder, office: User) -> None:
    orders.edit(order, by=office, changes={"terms": "COD"})
    assert put(site, order, "terms", "COD", version=1).status_code == 200
    assert current(order).version == 2


def test_a_status_merges_with_a_field_of_another(site: Client, order: RepairOrder, office: User) -> None:
    orders.edit(order, by=office, changes={"terms": "COD"})
    data = {"status": "WAITING QUOTE", "expected_version": "1"}
    assert site.post(f"/orders/{order.number}/status/", data, headers=HTMX).status_code == 200
    assert (current(order).status, current(order).terms) == ("WAITING QUOTE", "COD")


def test_the_parts_as_they_are_now(site: Client, order: RepairOrder) -> None:
    text = site.get(f"/orders/{order.number}/parts/", headers=HTMX).content.decode()
    assert text.count("hx-swap-oob") == 7
    assert 'id="said"' not in text


def path_of(site: Client, order: RepairOrder) -> tuple[list[str], list[str]]:
    page = site.get(f"/orders/{order.number}/")
    path = page.context["path"]
    return [step for step, place in path if place == "done"], [s for s, place in path if place == "now"]


def test_the_path_tells_what_is_done_and_where_it_was_left(site: Client, order: RepairOrder) -> None:
    assert path_of(site, order) == ([], ["TO SEND"])
    orders.change_status(order, by=None, to="APPROVED")
    assert path_of(site, order) == (["TO SEND", "WAITING QUOTE"], ["APPROVED"])
    orders.change_status(order, by=None, to="BER")
    assert path_of(site, order) == (["TO SEND", "WAITING QUOTE", "APPROVED"], [])
    assert (
        '<li data-exit="BER" class="now" aria-current="step">'
        in site.get(f"/orders/{order.number}/").content.decode()
    )


def test_one_click_takes_the_next_step(site: Client, order: RepairOrder) -> None:
    assert "Next: Waiting quote" in site.get(f"/orders/{order.number}/").content.decode()
    orders.change_status(order, by=None, to="PAID")
    assert "Next:" not in site.get(f"/orders/{order.number}/").content.decode()


def test_what_is_due_is_said_with_what_to_do(site: Client, make_order: MakeOrder, shop: Shop) -> None:
    late = make_order(next_update="2020-01-01")
    text = site.get(f"/orders/{late.number}/").content.decode()
    assert "overdue:</b>" in text
    assert "Send the unit to the shop." in text
    put_away = orders.archive(late, by=None, sheet="Paid")
    assert "overdue:</b>" not in site.get(f"/orders/{put_away.number}/").content.decode()
