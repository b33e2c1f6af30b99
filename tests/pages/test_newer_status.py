"""A status that only a newer version knows, set while it is rolled out beside this one: every page bears it."""

from collections.abc import Iterator

import pytest
from django.db import connection
from django.test import Client

from repairs import clock, orders
from repairs.models import RepairOrder
from repairs.statuses import Sheet
from sync import queries as sync_queries

pytestmark = pytest.mark.django_db
NEWER = "AT CUSTOMS"


@pytest.fixture
def newer(order: RepairOrder) -> Iterator[RepairOrder]:
    """An order as the newer version leaves it; the table takes the status then, as it does here meanwhile."""
    with connection.cursor() as cursor:
        cursor.execute("SET check_constraint_checks = OFF")
        RepairOrder.objects.filter(pk=order.pk).update(
            status=NEWER, status_text="", status_date=clock.today(), sheet=Sheet.ACTIVE
        )
        order.refresh_from_db()
        yield order
        cursor.execute("SET check_constraint_checks = ON")


@pytest.mark.parametrize(
    "address",
    [
        "/",
        "/?q={number}&order={number}",
        "/feed/",
        "/orders/{number}/",
        "/orders/{number}/label/",
        "/palette/?q={number}",
        "/shops/{shop}/",
        "/admin/",
        "/admin/repairs/repairorder/",
        "/admin/repairs/repairorder/{pk}/change/",
    ],
)
def test_every_page_shows_it(newer: RepairOrder, admin_client: Client, address: str) -> None:
    told = {"number": newer.number, "shop": newer.shop_id, "pk": newer.pk}
    answer = admin_client.get(address.format(**told), follow=True)
    assert answer.status_code == 200
    assert str(newer.number) in answer.content.decode() or address.startswith("/admin/")


def test_the_feed_says_what_it_is_and_leads_to_the_order(newer: RepairOrder, admin_client: Client) -> None:
    shown = admin_client.get("/feed/").content.decode()
    assert f"Its status is {NEWER} since today." in shown
    assert "See on its page what comes next." in shown


def test_the_order_is_worked_on_as_any_other(newer: RepairOrder) -> None:
    assert sync_queries.order_standing(newer) is not None
    orders.add_note(newer, by=None, text="by code that does not know its status")
    edited = orders.edit(RepairOrder.objects.get(pk=newer.pk), by=None, changes={"terms": "NET 30"})
    assert (edited.status, edited.terms) == (NEWER, "NET 30")
    assert orders.change_status(edited, by=None, to="SHIPPED").status == "SHIPPED"
    shipped = RepairOrder.objects.get(pk=newer.pk)
    last = orders.undoable(shipped)
    assert last
    assert orders.undo(shipped, by=None, act=last.pk).status == NEWER
