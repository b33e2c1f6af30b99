"""What may have to be ordered: by what is used in a year, what is in stock, and what comes back from repair."""

from datetime import timedelta

import pytest

from repairs import clock, reordering
from repairs.models import InventoryItem, RepairOrder, Shop
from repairs.parts import part_key
from repairs.statuses import Sheet

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


def used(part: str, times: int, *, sheet: str = Sheet.PAID, status: str = "PAID", days_ago: int = 30) -> None:
    first = RepairOrder.objects.count() + 1
    day = clock.today() - timedelta(days=days_ago)
    RepairOrder.objects.bulk_create(
        RepairOrder(number=first + n, part_number=part, sheet=sheet, status=status, date_made=day)
        for n in range(times)
    )


def held(part: str, *quantities: int | None) -> None:
    for n, quantity in enumerate(quantities):
        InventoryItem.objects.create(
            key=f"{part}{n}", part_number=part, part_key=part_key(part), search=part, quantity=quantity
        )


def suggested() -> list[tuple[str, int, int, int, int]]:
    needs = reordering.to_reorder(clock.today())
    return [(n.part, n.missing, n.used, n.in_stock, n.coming_back) for n in needs]


def test_three_months_use_less_stock_less_what_comes_back(shop: Shop) -> None:
    used("10-60 5", 8)
    used("10605", 5, sheet=Sheet.ACTIVE, status="IN WORK")  # the same part, five of it still out
    used("A-1", 9)
    used("B-2", 1)
    held("A1", 1, None)
    assert suggested() == [("A-1", 2, 9, 1, 0), ("B-2", 1, 1, 0, 0)]
    RepairOrder.objects.filter(part_number="10605").update(status="BER")
    assert suggested()[0] == ("10-60 5", 4, 13, 0, 0), "what is beyond repair does not come back"


@pytest.mark.parametrize(
    ("times", "days_ago", "quantities", "found"),
    [
        (20, 30, (2, 2), True),
        (20, 30, (2, 3), False),  # five are not low stock
        (20, 364, (), True),
        (20, 365, (), False),  # a year ago
        (20, 30, (None,), False),  # nobody knows how many there are
        (20, -1, (), False),  # made tomorrow, says the sheet
        (1, 30, (1,), False),
    ],
)
def test_what_is_enough_or_not_known_is_not_suggested(
    shop: Shop, times: int, days_ago: int, quantities: tuple[int | None, ...], found: bool
) -> None:
    used("P-1", times, days_ago=days_ago)
    held("P1", *quantities)
    assert bool(suggested()) is found


def test_orders_without_a_part_and_parts_without_orders_are_left_out(shop: Shop) -> None:
    used("", 5)
    used(" - ", 5)
    held("LONELY", 0)
    assert suggested() == []


def test_two_queries_whatever_the_number(shop: Shop, django_assert_num_queries: object) -> None:
    for n in range(30):
        used(f"P-{n}", 3)
        held(f"P{n}", 0)
    with django_assert_num_queries(2):  # type: ignore[operator]  # a context manager of pytest-django
        assert len(suggested()) == 30
