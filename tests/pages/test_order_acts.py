"""What is done about an order beside its fields: undo, links, the label."""

import re
from html import unescape

import segno
from django.contrib.auth.models import User
from django.test import Client

from people.roles import Role
from repairs import orders
from repairs.models import OrderLink, RepairOrder
from tests.pages.conftest import MakeOrder, person

HTMX = {"HX-Request": "true"}


def url(order: RepairOrder, what: str = "") -> str:
    return f"/orders/{order.number}/{what}"


def test_undo(site: Client, order: RepairOrder, office: User) -> None:
    assert "Undo this change" not in site.get(url(order)).content.decode()
    orders.edit(order, by=office, changes={"terms": "COD"})
    page = site.get(url(order))
    assert page.content.decode().count("Undo this change") == 1
    undo = url(order, f"undo/{page.context['undoable'].pk}/")
    answer = site.post(undo)
    assert answer["Location"] == url(order)
    assert RepairOrder.objects.get(pk=order.pk).terms == ""
    assert "takes back what olga did" in site.get(url(order)).content.decode()
    answer = site.post(undo, headers=HTMX)
    assert answer.status_code == 409
    assert "That is not the last change" in answer.content.decode()
    assert site.post(url(order, "undo/0/")).status_code == 409


def test_links_are_made_and_taken_away(site: Client, order: RepairOrder, make_order: MakeOrder) -> None:
    other = make_order()
    answer = site.post(
        url(order, "link/"), {"number": f"g{other.number}", "kind": "replacement"}, headers=HTMX
    )
    assert (answer.status_code, f"Linked with {other.label}" in answer.content.decode()) == (200, True)
    assert "Replaces" in site.get(url(other)).content.decode()
    made = OrderLink.objects.get()
    third = make_order()
    assert site.post(url(third, f"link/{made.pk}/away/")).status_code == 404
    assert site.post(url(other, f"link/{made.pk}/away/")).status_code == 302
    assert not OrderLink.objects.exists()


def test_a_link_that_makes_no_sense_is_refused_in_words(
    site: Client, order: RepairOrder, make_order: MakeOrder
) -> None:
    for typed, told in {
        "999999": "There is no order G999999.",
        "it": "Please enter the number of an order.",
        str(order.number): "An order can&#x27;t be linked to itself.",
    }.items():
        answer = site.post(url(order, "link/"), {"number": typed, "kind": "related"}, headers=HTMX)
        text = answer.content.decode()
        assert (answer.status_code, told in text, f'value="{typed}"' in text) == (422, True, True), typed
    unkind = site.post(url(order, "link/"), {"number": make_order().label}, headers=HTMX)
    assert (unkind.status_code, "Please choose how they are linked." in unkind.content.decode()) == (
        422,
        True,
    )


def test_the_label_has_the_address_as_a_code(site: Client, order: RepairOrder) -> None:
    page = site.get(url(order, "label/"))
    text = page.content.decode()
    assert "<svg" in text
    assert 'style="' not in text.split("<main")[1]
    for word in (order.label, "Palmetto Landing Gear", "066-50013-0101", "00123", "Transponder"):
        assert word in text
    code = segno.make(f"http://testserver/orders/{order.number}/", micro=False, error="q")
    assert page.context["code"] == code.svg_inline(omitsize=True, border=2)


def test_more_of_a_shop_is_the_list_of_its_open_orders(site: Client, make_order: MakeOrder) -> None:
    made = [make_order(part_number=f"P-{n}") for n in range(8)]
    orders.archive(made[0], by=None, sheet="Paid")
    page = site.get(made[7].get_absolute_url()).content.decode()
    (query,) = re.findall(r'href="/\?([^"]*)">More', page)
    assert query == f"sheet=Active&amp;shop={made[7].shop_id}"
    assert f'href="/?{query}"' in page
    listed = site.get(f"/?{unescape(query)}").content.decode()
    assert [order.number for order in made if f'id="row-{order.number}"' in listed] == [
        o.number for o in made[1:]
    ]


def test_who_is_told_to_add_the_tracking_number_can(
    client: Client, technician: User, order: RepairOrder
) -> None:
    client.force_login(technician)
    assert 'id="tracking-form"' not in client.get(url(order)).content.decode()
    early = client.post(
        url(order, "tracking/"), {"tracking_number": "1", "expected_version": order.version}, headers=HTMX
    )
    assert (early.status_code, "has moved on meanwhile" in early.content.decode()) == (409, True)
    orders.change_status(order, by=technician, to="SHIPPED")
    page = client.get(url(order)).content.decode()
    version = re.search(r'id="tracking-form".*?name="expected_version" value="(\d+)"', page, re.DOTALL)
    assert version
    form = {"expected_version": version[1]}
    refused = {
        " ": "Please enter the tracking number",
        "turned \u202e": "Please check",
        "1Z" * 16_384: "longer than the 32,767 characters that an Excel cell can hold",
    }
    for typed, told in refused.items():
        empty = client.post(url(order, "tracking/"), form | {"tracking_number": typed})
        assert (empty.status_code, told in empty.content.decode()) == (422, True)
        assert f'id="tracking-add" value="{typed}"' in empty.content.decode()
    orders.edit(order, by=None, changes={"terms": "COD"})  # another field stands in nobody's way
    answer = client.post(
        url(order, "tracking/"), form | {"tracking_number": "1Z999AA10123456784"}, headers=HTMX
    )
    assert (answer.status_code, 'id="tracking-form"' in answer.content.decode()) == (200, False)
    assert RepairOrder.objects.get(pk=order.pk).tracking_number == "1Z999AA10123456784"
    undo = re.search(rf'"({url(order, "undo/")}\d+/)"', answer.content.decode())
    assert undo, "who mistyped it takes it back and is asked again"
    again = client.post(undo[1], headers=HTMX).content.decode()
    version = re.search(r'id="tracking-form".*?name="expected_version" value="(\d+)"', again, re.DOTALL)
    assert version
    assert RepairOrder.objects.get(pk=order.pk).tracking_number == ""
    form = {"expected_version": version[1]}
    client.post(url(order, "tracking/"), form | {"tracking_number": "1Z999AA10123456784"})
    late = client.post(url(order, "tracking/"), form | {"tracking_number": "2Z\u202e"}, headers=HTMX)
    assert (late.status_code, 'id="tracking-form"' in late.content.decode()) == (409, False)
    assert "You entered “2Z[U+202E]”." in late.content.decode()
    orders.edit(order, by=None, changes={"tracking_number": ""})
    clash = client.post(url(order, "tracking/"), form | {"tracking_number": "3Z"})
    assert "somebody else changed this order meanwhile. You entered “3Z”." in clash.content.decode()
    assert client.post(url(order, "tracking/"), {"tracking_number": "x"}).status_code == 409
    assert RepairOrder.objects.get(pk=order.pk).tracking_number == ""
    client.force_login(person("vera", Role.VIEWER))
    assert 'id="tracking-form"' not in client.get(url(order)).content.decode()
    assert client.post(url(order, "tracking/"), form).status_code == 403
