"""The page of one order: every change is saved, refused in words, or told to collide."""

import re
from typing import Any

import pytest
from django.test import Client

from repairs import orders
from repairs.forms import INCOMPLETE, SAY_IF_RETURNED, OrderForm
from repairs.models import Activity, RepairOrder, Shop, StatusChange
from sync.attention import leave_out
from sync.models import Attention, Replica
from tests.pages.conftest import MakeOrder

HTMX = {"HX-Request": "true"}


def filled(order: RepairOrder, **typed: Any) -> dict[str, Any]:
    """The form of an order as the browser would send it, with some fields typed over."""
    values = {name: "" if value is None else value for name, value in OrderForm(order).initial.items()}
    return {name: str(value).replace("\n", "\r\n") for name, value in (values | typed).items()}


def current(order: RepairOrder) -> RepairOrder:
    return RepairOrder.objects.get(pk=order.pk)


def url(order: RepairOrder, what: str = "") -> str:
    return f"/orders/{order.number}/{what}"


def test_saving_fields(site: Client, order: RepairOrder) -> None:
    typed = filled(order, terms="net30", final_cost="$1,500.50", estimated_delivery="11/24/25")
    answer = site.post(url(order), typed)
    assert (answer.status_code, answer["Location"]) == (302, url(order))
    now = current(order)
    assert (now.terms, str(now.final_cost), str(now.estimated_delivery)) == ("net30", "1500.50", "2025-11-24")
    assert "Saved" in site.get(url(order)).content.decode()
    assert "net30" in site.get(url(order)).content.decode()


def test_saving_what_is_the_same_changes_nothing(site: Client, order: RepairOrder) -> None:
    site.post(url(order), filled(order))
    assert current(order).version == 1


def test_htmx_gets_every_changed_part(site: Client, order: RepairOrder) -> None:
    answer = site.post(url(order), filled(order, terms="COD"), headers=HTMX)
    text = answer.content.decode()
    assert (answer.status_code, "<html" in text) == (200, False)
    for part in ("said", "heading", "status", "excel", "fields", "more", "history", "related"):
        assert f'id="{part}"' in text
    assert text.count("hx-swap-oob") == 8
    assert "Saved" in text


@pytest.mark.parametrize("headers", [{}, HTMX])
@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("final_cost", "much"),
        ("next_update", "2026-13-45"),
        ("date_made", "1066-10-14"),
        ("part_number", ""),
        ("shop", "999999"),
    ],
)
def test_a_value_that_does_not_fit(
    site: Client, order: RepairOrder, field: str, typed: str, headers: dict[str, str]
) -> None:
    answer = site.post(url(order), filled(order, **{field: typed, "terms": "kept as typed"}), headers=headers)
    text = answer.content.decode()
    assert answer.status_code == 422
    assert f'id="id_{field}_error"' in text
    assert "kept as typed" in text
    assert current(order).version == 1


def test_the_second_of_two_is_told_and_loses_nothing(site: Client, order: RepairOrder, office: Any) -> None:
    opened = filled(order, notes="mine", terms="COD")
    orders.edit(order, by=office, changes={"notes": "theirs", "shop_reference": "Q-1"})
    answer = site.post(url(order), opened)
    text = answer.content.decode()
    assert answer.status_code == 409
    assert "changed by somebody else" in text
    for told in ("theirs", "mine", "olga", "Q-1"):
        assert told in text
    form = answer.context["fields_form"]
    assert (form["notes"].value(), form["terms"].value()) == ("mine", "COD")
    assert form["shop_reference"].value() == "Q-1"
    assert current(order).notes == "theirs"


def again(answer: Any, **more: str) -> dict[str, Any]:
    """What the form of an answer would send now."""
    form = answer.context["fields_form"]
    data = {name: form[name].value() for name in form.fields}
    clashes = answer.context["collision"].clashes
    return {name: "" if v is None else v for name, v in data.items()} | {"clash": clashes} | more


def test_mine_can_be_saved_over_theirs(site: Client, order: RepairOrder) -> None:
    opened = filled(order, notes="mine", terms="COD")
    orders.edit(order, by=None, changes={"notes": "theirs", "shop_reference": "Q-1"})
    site.post(url(order), again(site.post(url(order), opened)))
    now = current(order)
    assert (now.notes, now.terms, now.shop_reference) == ("mine", "COD", "Q-1")


def test_theirs_can_be_kept_with_the_rest_of_mine(site: Client, order: RepairOrder) -> None:
    opened = filled(order, notes="mine", terms="COD")
    orders.edit(order, by=None, changes={"notes": "theirs"})
    site.post(url(order), again(site.post(url(order), opened), keep_theirs="1"))
    now = current(order)
    assert (now.notes, now.terms) == ("theirs", "COD")


def test_a_third_change_collides_again(site: Client, order: RepairOrder) -> None:
    opened = filled(order, notes="mine")
    orders.edit(order, by=None, changes={"notes": "theirs"})
    second = again(site.post(url(order), opened))
    orders.edit(order, by=None, changes={"notes": "theirs, later"})
    assert site.post(url(order), second).status_code == 409
    assert current(order).notes == "theirs, later"


def status(order: RepairOrder, to: str, **more: str) -> dict[str, str]:
    return {
        "status": to,
        "expected_version": str(order.version),
        "unit_returned": "",
        "next_update": "",
    } | more


def test_changing_the_status(site: Client, order: RepairOrder, clerk: Any) -> None:
    site.post(url(order, "status/"), status(order, "WAITING QUOTE"))
    assert current(order).status == "WAITING QUOTE"
    change = StatusChange.objects.filter(order=order).last()
    assert change
    assert (change.from_status, change.by) == ("TO SEND", clerk)


def test_a_next_update_of_ones_own(site: Client, order: RepairOrder) -> None:
    site.post(url(order, "status/"), status(order, "APPROVED", next_update="2030-05-06"))
    assert str(current(order).next_update) == "2030-05-06"
    told = site.get(url(order)).content.decode().partition('id="history"')[2]
    assert re.search(r'<bdi class="new"><time [^>]*>May 6, 2030</time>', told), "as days are shown elsewhere"


def test_a_tracking_number_leads_to_its_carrier(site: Client, order: RepairOrder) -> None:
    link = 'href="https://www.ups.com/track?tracknum=1Z999AA10123456784" rel="noreferrer"'
    for typed, is_one in (("1Z 999AA1 0123456784", True), ("WILL CALL", False)):
        orders.edit(order, by=None, changes={"tracking_number": typed})
        below_the_field = site.get(url(order)).content.decode().partition('name="tracking_number"')[2]
        assert (link in below_the_field.partition('class="field')[0]) is is_one
        row = site.get("/").content.decode()
        ids = [name for name in ("track", "track-line") if f'id="{name}-{order.number}" {link}' in row]
        assert ids == (["track", "track-line"] if is_one else []), "in its column, or where that has no room"


@pytest.mark.parametrize(("returned", "sheet"), [("", "Active"), ("no", "Active"), ("yes", "Returns")])
def test_a_unit_that_came_back(site: Client, order: RepairOrder, returned: str, sheet: str) -> None:
    site.post(url(order, "status/"), status(order, "BER", unit_returned=returned))
    assert (current(order).status, current(order).sheet) == ("BER", sheet)


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ({"status": "LOST"}, "Please choose a status from the list."),
        ({"status": ""}, "Please choose a status from the list."),
        ({"next_update": "soon"}, "This is not a date."),
        ({"status": "BER", "unit_returned": "perhaps"}, SAY_IF_RETURNED),
        ({"expected_version": "x"}, INCOMPLETE),
        ({"expected_version": ""}, INCOMPLETE),
        ({"expected_version": "0"}, INCOMPLETE),
    ],
)
@pytest.mark.parametrize("headers", [HTMX, {}])
def test_a_status_that_is_refused(
    site: Client, order: RepairOrder, typed: dict[str, str], told: str, headers: dict[str, str]
) -> None:
    answer = site.post(url(order, "status/"), status(order, "APPROVED") | typed, headers=headers)
    assert answer.status_code == 422
    assert "Not saved" in answer.content.decode()
    assert told in answer.content.decode()
    assert current(order).version == 1


@pytest.mark.parametrize(
    ("what", "sent", "told"),
    [
        ("status/", {}, "Please choose a status from the list."),
        ("status/", {"status": "BER"}, INCOMPLETE),
        ("", {"part_number": "P-1"}, INCOMPLETE),
        (
            "",
            {"part_number": "P-1", "shop": "999999"},
            "There is no such shop. Please choose one from the list.",
        ),
        ("sheet/", {}, "Please choose a sheet."),
        ("sheet/", {"sheet": "Heap"}, "Please choose a sheet."),
    ],
)
def test_a_form_that_lacks_something_says_what_to_do(
    site: Client, order: RepairOrder, what: str, sent: dict[str, str], told: str
) -> None:
    given = sent if told == INCOMPLETE else sent | {"expected_version": str(order.version)}
    answer = site.post(url(order, what), given)
    assert answer.status_code == 422
    assert told in answer.content.decode()
    assert "This field is required" not in answer.content.decode()
    assert current(order).version == 1


def test_a_status_that_somebody_else_changed(site: Client, order: RepairOrder) -> None:
    opened = status(order, "APPROVED")
    orders.change_status(order, by=None, to="SHIPPED")
    answer = site.post(url(order, "status/"), opened)
    assert answer.status_code == 409
    assert "Set it anyway" in answer.content.decode()
    assert current(order).status == "SHIPPED"
    form = answer.context["status_form"]
    assert (form["status"].value(), form["expected_version"].value()) == ("APPROVED", "2")


def test_the_usual_next_status_comes_first(site: Client, order: RepairOrder) -> None:
    select = site.get(url(order)).context["status_form"].fields["status"].widget
    assert select.choices[0] == (
        "Usual next",
        [
            ("WAITING QUOTE", "Waiting quote"),
            ("BER", "BER"),
            ("RAI", "RAI"),
            ("CANCELLED", "Cancelled"),
            ("SCRAP", "Scrap"),
        ],
    )
    text = site.get(url(order)).content.decode()
    assert '<option value="WAITING QUOTE" selected' in text
    assert '<option value="PAID" data-unusual' in text
    assert '<option value="BER" data-asks' in text


def test_a_note(site: Client, order: RepairOrder) -> None:
    site.post(url(order, "note/"), {"text": "called the shop"})
    assert current(order).notes == "first line\nsecond line\ncalled the shop"
    assert "called the shop" in site.get(url(order)).content.decode()


def test_a_long_text_is_folded_wherever_it_stands(site: Client, order: RepairOrder) -> None:
    unfold = '<details class="unfold">'
    orders.add_note(order, by=None, text="\n".join(["a line"] * 6))  # eight, with those that stand there
    assert unfold not in site.get(order.get_absolute_url()).content.decode()
    orders.add_note(order, by=None, text="\n".join(["a line"] * 9))
    orders.edit(order, by=None, changes={"description": "words " * 200})
    parts = re.split(r'<section id="(\w+)"', site.get(order.get_absolute_url()).content.decode())
    folded = {name: text.count(unfold) for name, text in zip(parts[1::2], parts[2::2], strict=True)}
    assert (folded["fields"], folded["more"], folded["history"]) == (2, 1, 1)


def test_an_empty_note_is_refused(site: Client, order: RepairOrder) -> None:
    answer = site.post(url(order, "note/"), {"text": "  "}, headers=HTMX)
    assert answer.status_code == 422
    assert "Please write something." in answer.content.decode()


def test_putting_it_on_a_sheet(site: Client, order: RepairOrder) -> None:
    site.post(url(order, "sheet/"), {"sheet": "Paid"})
    assert current(order).sheet == "Paid"
    assert site.post(url(order, "sheet/"), {"sheet": "Attic"}).status_code == 422


def test_the_history_tells_who_changed_what(site: Client, order: RepairOrder, office: Any) -> None:
    orders.edit(order, by=office, changes={"estimated_cost": "12.5"})
    text = site.get(url(order)).content.decode()
    assert "Edited</b> by olga" in text
    assert "Estimated cost" in text
    assert "12.50" in text


def test_creating_an_order(site: Client, shop: Shop, clerk: Any) -> None:
    answer = site.post("/orders/new/", {"shop": shop.pk, "part_number": "A-1", "estimated_cost": "1,000"})
    made = RepairOrder.objects.get()
    assert answer["Location"] == url(made)
    assert (made.status, made.part_number, str(made.estimated_cost)) == ("TO SEND", "A-1", "1000.00")
    assert Activity.objects.get(order=made).by == clerk


def test_an_order_that_can_not_be_created(site: Client, shop: Shop) -> None:
    answer = site.post("/orders/new/", {"shop": shop.pk, "part_number": "", "notes": "kept"})
    assert answer.status_code == 422
    assert "Please enter a part number." in answer.content.decode()
    assert "kept" in answer.content.decode()
    assert site.post("/orders/new/", {"shop": "", "part_number": "A-1"}).status_code == 422
    assert not RepairOrder.objects.exists()


def test_an_imported_order_without_a_shop_can_be_edited(site: Client, make_order: MakeOrder) -> None:
    order = make_order()
    RepairOrder.objects.filter(pk=order.pk).update(shop=None, part_number="")
    order = current(order)
    assert site.get(url(order)).status_code == 200
    site.post(url(order), filled(order, terms="COD"))
    assert current(order).terms == "COD"


def told(site: Client, order: RepairOrder) -> str:
    return " ".join(site.get(url(order, "excel/")).content.decode().split())


def test_what_is_told_of_excel(site: Client, order: RepairOrder, replica: Replica) -> None:
    assert "Waiting to be written" in told(site, order)
    Replica.objects.filter(pk=replica.pk).update(pending_since=None, agreed={}, sheet="Active")
    assert "In Excel" in told(site, order)
    Replica.objects.filter(pk=replica.pk).update(attention=Attention.GONE, attention_text="The row is gone.")
    assert "Needs attention: The row is gone." in told(site, order)
    assert "Write it again" in told(site, order)
    leave_out(replica, by=None)
    assert "Left out of Excel" in told(site, order)
    assert "Write it to Excel after all" in told(site, order)
