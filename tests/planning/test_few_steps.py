"""How many steps and posts the writing of many changes is laid into; the sweeps count every request of a flush."""

import random

from sync.layout import blocks, posts
from sync.plan import Plan
from tests.bench import bounds
from tests.planning.excel import FIELDS, Cell
from tests.planning.office import Office

ROWS_ON = {"Active": 2_600, "Net": 600, "Paid": 1_400, "Returns": 400}
assert sum(ROWS_ON.values()) == bounds.ROWS
CHANGED = ({"status": "SHIPPED", "notes": "3-4"}, {"part_number": "00123"}, {"terms": "COD"})
# What a flush asks beside its writing is only reckoned in here, as the sweeps found it: opening, closing, the list of
# sheets, how far they are used, the last read-back; for each round of writing a reading in two posts, for so many
# cells, and a second look.
FIXED, FOR_A_ROUND = 5, 3


def big_office() -> Office:
    office = Office()
    for sheet, rows in ROWS_ON.items():
        for _ in range(rows):
            number = len(office.orders) + 1
            base = {"part_number": f"P-{number}", "status": "IN WORK"}
            office.has(number, sheet=sheet, agreed=base)
            cells = {FIELDS[name]: Cell(text) for name, text in base.items()}
            office.excel.papers[sheet].add({1: Cell(number), **cells})
    office.pending.clear()
    return office


def assert_few(plan: Plan, *, steps: int, requests: int) -> None:
    laid = blocks(plan, apart={})
    assert len(laid) + len(plan.deletes) <= steps
    assert FIXED + FOR_A_ROUND + len(posts(laid)) <= requests
    assert max(block.area for block in laid) <= bounds.MOST_CELLS


def test_a_thousand_changes_scattered_over_five_thousand_rows_are_laid_into_few_steps() -> None:
    chance, office = random.Random(1), big_office()
    for number in chance.sample(sorted(office.orders), bounds.CHANGED):
        office.change(number, to=chance.choice(CHANGED))
    plan = office.plan()
    assert plan.rows_written == bounds.CHANGED
    assert_few(plan, steps=bounds.MOST_STEPS, requests=bounds.MOST_REQUESTS)

    for number in chance.sample(range(1, ROWS_ON["Active"]), bounds.MOVED):
        office.change(number, sheet="Paid", status="PAID")
    for number in range(bounds.ADDED):
        office.makes(90_000 + number, part_number="NEW", status="TO SEND")
    plan = office.plan()
    assert plan.rows_added == bounds.MOVED + bounds.ADDED
    moving = bounds.MOST_STEPS_WITH_MOVES - bounds.MOVED
    assert_few(plan, steps=moving, requests=bounds.MOST_REQUESTS_WITH_MOVES - 2 * FOR_A_ROUND)
