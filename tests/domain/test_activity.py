"""What was done stays told, also when the person, or what it was done to, is gone."""

import pytest
from django.contrib.auth.models import User
from django.db.models import ProtectedError

from repairs import orders
from repairs.models import Activity, FieldChange, OrderNote, RepairOrder, Shop, StatusChange
from tests.domain.asides import acts

pytestmark = [pytest.mark.both_databases, pytest.mark.django_db]


def test_it_outlives_the_person(order: RepairOrder, tom: User) -> None:
    orders.change_status(order, by=tom, to="SHIPPED")
    orders.add_note(order, by=tom, text="called")
    tom.delete()
    assert [(act.by, act.by_name) for act in acts(order)[1:]] == [(None, "tom")] * 2
    step, note = StatusChange.objects.latest("id"), OrderNote.objects.get()
    assert [(row.by, row.by_name) for row in (step, note)] == [(None, "tom")] * 2


def test_it_outlives_the_order(order: RepairOrder, tom: User) -> None:
    orders.change_status(order, by=tom, to="SHIPPED")
    number = order.number
    RepairOrder.objects.filter(pk=order.pk).delete()
    act = Activity.objects.filter(order_number=number).latest("id")
    assert (act.order, act.by_name, act.verb) == (None, "tom", "status changed")
    assert FieldChange.objects.get(activity=act, field="status").new == "SHIPPED"


def test_a_shop_with_orders_stays(order: RepairOrder, shop: Shop) -> None:
    with pytest.raises(ProtectedError):
        shop.delete()


def test_it_outlives_the_shop(shop: Shop) -> None:
    shop.delete()
    act = Activity.objects.latest("id")
    assert (act.shop, act.text) == (None, "Aero Avionics")
