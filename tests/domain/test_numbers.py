"""RO numbers: above every number ever seen, and none twice, also when many orders are made at once."""

from functools import partial
from threading import Barrier

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, OperationalError, transaction
from django.db.models import Max

from repairs import numbers, orders
from repairs.errors import Refusal
from repairs.models import NumberSequence, RepairOrder, Shop
from tests.domain.asides import at_once
from tests.domain.conftest import NewOrder

PEOPLE = 8
EACH = 5


def test_a_number_is_above_every_number_seen(new_order: NewOrder) -> None:
    with transaction.atomic():
        numbers.raise_above(38573)
        numbers.raise_above(120)
    assert [new_order().number, new_order().number] == [38574, 38575]


def test_it_is_taken_only_inside_the_transaction_that_uses_it(transactional_db: None) -> None:
    with pytest.raises(RuntimeError, match="inside the transaction"):
        numbers.take_next()


@pytest.mark.both_databases
@pytest.mark.django_db(transaction=True)
def test_a_number_whose_order_came_to_nothing_is_not_in_the_way(amy: User, shop: Shop) -> None:
    first = orders.create(by=amy, shop=shop, part_number="P").number
    with transaction.atomic():
        orders.create(by=amy, shop=shop, part_number="P")
        transaction.set_rollback(True)
    assert orders.create(by=amy, shop=shop, part_number="P").number > first
    assert RepairOrder.objects.count() == 2


@pytest.mark.both_databases
@pytest.mark.django_db(transaction=True)
def test_orders_made_at_once_get_a_number_each(amy: User, shop: Shop) -> None:
    """Every second attempt is rolled back after it took its number."""

    def make(person: int) -> list[int]:
        made = []
        for attempt in range(EACH):
            with transaction.atomic():
                order = orders.create(by=amy, shop=shop, part_number=f"P-{person}-{attempt}")
                if (person + attempt) % 2:
                    transaction.set_rollback(True)
                else:
                    made.append(order.number)
        return made

    results = at_once([partial(make, person) for person in range(PEOPLE)])
    assert [r for r in results if isinstance(r, Exception)] == []
    given = [number for made in results if isinstance(made, list) for number in made]
    assert len(given) == len(set(given)) == PEOPLE * EACH // 2
    assert set(RepairOrder.objects.values_list("number", flat=True)) == set(given)


@pytest.mark.both_databases
@pytest.mark.django_db(transaction=True)
def test_the_very_first_orders_of_all_may_be_made_at_once(amy: User, shop: Shop) -> None:
    """On MariaDB they would deadlock over making the row of the sequence, if they did not queue up before."""
    assert not NumberSequence.objects.exists()
    made = at_once([lambda: orders.create(by=amy, shop=shop, part_number="P")] * PEOPLE)
    assert [r for r in made if isinstance(r, Exception)] == []
    assert sorted(RepairOrder.objects.values_list("number", flat=True)) == list(range(1, PEOPLE + 1))


@pytest.mark.django_db(transaction=True)
def test_the_control_a_number_counted_up_from_the_highest_is_given_twice(amy: User, shop: Shop) -> None:
    """What the sequence is for: both look before either has written."""
    both_looked = Barrier(2)

    def make() -> None:
        with transaction.atomic():
            highest = RepairOrder.objects.aggregate(Max("number"))["number__max"] or 0
            both_looked.wait(timeout=10)
            RepairOrder.objects.create(number=highest + 1)

    (refused,) = [r for r in at_once([make, make]) if r is not None]
    # The second insert waits for the first; under load MariaDB may end that as a deadlock instead.
    assert isinstance(refused, IntegrityError | OperationalError)


def test_a_refused_order_takes_no_number(amy: User, shop: Shop) -> None:
    first = orders.create(by=amy, shop=shop, part_number="P").number
    with pytest.raises(Refusal):
        orders.create(by=amy, shop=shop, part_number="P", final_cost="a lot")
    assert orders.create(by=amy, shop=shop, part_number="P").number == first + 1
