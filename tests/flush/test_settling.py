"""What a person typed into the workbook is taken over, or written over: both end with Excel and tracker agreeing."""

import pytest

from repairs.models import Activity, RepairOrder
from sync.marks import mark_all
from sync.settling import take_theirs, write_ours
from tests.flush.house import House

pytestmark = pytest.mark.django_db(transaction=True)


def noticed(house: House, number: int, **typed: object) -> None:
    house.types(number, **typed)
    mark_all(RepairOrder.objects.all())
    house.drain()
    assert set(house.replica(number).seen) == set(typed)


def test_theirs_taken_is_agreed_with_nothing_written(house: House) -> None:
    noticed(house, 38005, notes="typed by a person", estimated_cost=1500.49, estimated_delivery=46000)
    take_theirs(house.replica(38005), fields=("notes", "estimated_cost", "estimated_delivery"), by=None)
    done = house.drain()
    assert done["rows_written"] == 0
    assert str(house.order(38005).estimated_cost) == "1500.49"
    assert house.cell(38005, "estimated_cost") == 1500.49
    house.assert_at_rest()
    assert house.replica(38005).seen == {}


def test_ours_is_written_and_their_text_is_kept(house: House) -> None:
    noticed(house, 38005, notes="typed by a person", shop_status="also typed")
    ours = house.order(38005).notes
    write_ours(house.replica(38005), fields=("notes",), by=None)
    house.drain()
    assert house.cell(38005, "notes") == ours
    assert house.cell(38005, "shop_status") == "also typed"
    assert house.replica(38005).seen == {"shop_status": "also typed"}
    acts = Activity.objects.filter(order__number=38005, verb=Activity.Verb.EXCEL)
    assert [c.old for act in acts for c in act.changes.all()] == ["typed by a person"]
