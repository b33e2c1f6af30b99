"""Fifty people who save at the same moment: nobody is turned away and nothing is lost."""

from functools import partial
from uuid import uuid4

import pytest
from django.contrib.auth.models import User

from repairs import orders
from repairs.errors import AlreadyMade
from repairs.models import Activity, RepairOrder
from sync.models import Replica
from tests.domain.asides import at_once
from tests.domain.conftest import NewOrder

PEOPLE = 50

pytestmark = [pytest.mark.both_databases, pytest.mark.django_db(transaction=True)]


def test_each_another_order(new_order: NewOrder, amy: User) -> None:
    made = [new_order() for _ in range(PEOPLE)]
    results = at_once([partial(orders.change_status, one, by=amy, to="SHIPPED") for one in made])
    assert [r for r in results if isinstance(r, Exception)] == []
    assert RepairOrder.objects.filter(status="SHIPPED", version=2).count() == PEOPLE
    assert Activity.objects.filter(verb="status changed").count() == PEOPLE
    assert Replica.objects.filter(wanted_version=2, pending_since__isnull=False).count() == PEOPLE


def test_all_the_same_order(order: RepairOrder, amy: User) -> None:
    copies = [RepairOrder.objects.get(pk=order.pk) for _ in range(PEOPLE)]
    results = at_once([partial(orders.add_note, c, by=amy, text=f"note {n}") for n, c in enumerate(copies)])
    assert [r for r in results if isinstance(r, Exception)] == []
    order.refresh_from_db()
    assert sorted(order.notes.splitlines()) == sorted(f"note {n}" for n in range(PEOPLE))
    assert order.version == 1 + PEOPLE
    assert Replica.objects.get(order=order).wanted_version == order.version


def test_one_form_sent_by_many_at_once_makes_one_order(new_order: NewOrder, amy: User) -> None:
    shop = new_order().shop
    assert shop
    form = partial(orders.create, by=amy, shop=shop, part_number="ONCE", form_key=uuid4())
    results = at_once([form] * 10)
    (made,) = [result for result in results if isinstance(result, RepairOrder)]
    refused = [result for result in results if isinstance(result, AlreadyMade)]
    assert [refusal.order for refusal in refused] == [made] * 9
    assert RepairOrder.objects.filter(part_number="ONCE").count() == 1
