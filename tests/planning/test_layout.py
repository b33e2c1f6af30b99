"""Laying a plan out: few blocks, none too large, and nothing in them but what was planned."""

import json
import random

from hypothesis import given
from hypothesis import strategies as st

from sync.graph.batch import chain
from sync.layout import MOST_CELLS, WriteBlock, blocks, posts
from sync.plan import CellWrite, Plan
from tests.planning.excel import FIELDS, corners

writes = st.dictionaries(
    st.tuples(st.sampled_from(["Active", "Net"]), st.integers(2, 3000)),
    st.dictionaries(
        st.integers(1, 30),
        st.builds(CellWrite, st.sampled_from(["", 5, "x"]), st.sampled_from([None, "@"])),
        min_size=1,
        max_size=4,
    ),
    max_size=40,
)


def planned(rows: dict[tuple[str, int], dict[int, CellWrite]]) -> Plan:
    plan = Plan()
    for (sheet, row), cells in rows.items():
        plan.owners[sheet, row] = hash((sheet, row)) % 1000
        for column, cell in cells.items():
            plan.write(sheet, row, column, cell)
    return plan


def sent(laid: list[WriteBlock]) -> dict[tuple[str, int], dict[int, CellWrite]]:
    """What the blocks' steps write, cell by cell, and no cell twice."""
    found: dict[tuple[str, int], dict[int, CellWrite]] = {}
    for block in laid:
        step = block.step(block.sheet)
        assert step.body is not None
        top, left, bottom, right = corners(step.path.split("'")[1])
        assert block.area == (bottom - top + 1) * (right - left + 1) <= MOST_CELLS
        empty = [[None] * (right - left + 1)] * (bottom - top + 1)
        for row, (values, formats) in enumerate(
            zip(step.body["values"], step.body.get("numberFormat", empty), strict=True), start=top
        ):
            for column, (value, number_format) in enumerate(zip(values, formats, strict=True), start=left):
                if value is not None or number_format is not None:
                    cells = found.setdefault((block.sheet, row), {})
                    assert column not in cells
                    cells[column] = CellWrite(value, number_format)
    return found


@given(rows=writes)
def test_the_blocks_write_just_what_was_planned(rows: dict[tuple[str, int], dict[int, CellWrite]]) -> None:
    assert sent(blocks(planned(rows), apart={})) == rows


@given(rows=writes, groups=st.integers(1, 5))
def test_orders_of_different_groups_never_share_a_block(
    rows: dict[tuple[str, int], dict[int, CellWrite]], groups: int
) -> None:
    plan = planned(rows)
    apart = {order: order % groups for order in plan.owners.values()}
    laid = blocks(plan, apart=apart)
    assert all(len({apart[order] for order in block.orders}) == 1 for block in laid)
    assert sent(laid) == rows


def test_long_notes_are_spread_over_posts_that_graph_takes() -> None:
    plan = Plan()
    for row in range(2, 892):
        plan.write("Active", row, FIELDS["notes"], CellWrite("n" * 7_000, "@"))
    batches = posts(blocks(plan, apart={}))
    bodies = [json.dumps(chain("/book", "session", [b.step(b.sheet) for b in batch])) for batch in batches]
    assert max(map(len, bodies)) < 2_000_000
    assert len(bodies) < 6
    assert [row for batch in batches for block in batch for row in block.cells] == list(range(2, 892))


@given(
    texts=st.lists(st.text(max_size=40), min_size=1, max_size=60),
    columns=st.sets(st.integers(1, 30), min_size=1, max_size=3),
)
def test_no_post_is_larger_than_reckoned(texts: list[str], columns: set[int]) -> None:
    plan = Plan()
    for row, text in enumerate(texts, start=2):
        for column in columns:
            plan.write("Active", row * 2, column, CellWrite(text, "@"))
    for block in blocks(plan, apart={}):
        assert len(json.dumps(block.step(block.sheet).body, separators=(",", ":"))) <= block.size + 100


def test_a_thousand_orders_over_five_thousand_rows_take_at_most_forty_steps() -> None:
    chance = random.Random(1)
    plan = Plan()
    for row in chance.sample(range(2, 5002), 1000):
        for name in chance.sample(sorted(FIELDS), 4):
            plan.write("Active", row, FIELDS[name], CellWrite("x", "@"))
    assert len(blocks(plan, apart={})) <= 40
