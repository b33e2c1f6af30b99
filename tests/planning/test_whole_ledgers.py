"""Applying a plan gives what is wanted, leaves the rest alone, and leaves nothing to plan; also after deaths."""

import random
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sync.layout import blocks
from tests.planning.cast import CHANGING, Story, draw_columns, draw_story, texts_on, type_everywhere

seeds = st.integers(0, 2**32 - 1)


@given(
    seed=seeds,
    size=st.integers(0, 6),
    changes=st.integers(0, 6),
    moves=st.integers(0, 4),
    new=st.integers(0, 3),
)
def test_a_flush_writes_what_is_wanted_and_nothing_else(
    seed: int, size: int, changes: int, moves: int, new: int
) -> None:
    story = draw_story(seed, size=size, changes=changes, moves=moves, new=new, surplus=0.2)
    story.office.flush()
    story.check()
    assert story.office.attention == {}
    story.office.pending = set(story.office.orders)
    assert story.office.plan().is_empty


@given(
    seed=seeds,
    size=st.integers(1, 4),
    moves=st.integers(0, 3),
    deaths=st.lists(st.integers(0, 7), max_size=4),
)
def test_a_flush_that_dies_anywhere_is_finished_by_the_next(
    seed: int, size: int, moves: int, deaths: list[int]
) -> None:
    story = draw_story(seed, size=size, changes=3, moves=moves, new=2, surplus=0.2)
    for steps in deaths:
        story.office.flush_until(steps)
    story.office.flush()
    story.check()
    assert story.office.attention == {}


@example(seed=4139160664, size=3, moves=1, deaths=[])  # a blank header comes before the last of ours
@given(
    seed=seeds,
    size=st.integers(1, 4),
    moves=st.integers(1, 6),
    deaths=st.lists(st.integers(0, 7), max_size=3),
)
def test_sheets_with_different_columns_cost_nothing_that_a_person_typed(
    seed: int, size: int, moves: int, deaths: list[int]
) -> None:
    story = draw_story(seed, size=size, changes=2, moves=moves, new=1, surplus=0.2)
    draw_columns(random.Random(seed), story)
    before = story.office.excel.copy()
    for steps in deaths:
        story.office.flush_until(steps)
    story.office.flush()
    story.check_nothing_typed_is_lost(before)
    assert {code for code, _ in story.office.attention.values()} <= {"sheet"}


@given(seed=seeds, size=st.integers(1, 4), moves=st.integers(1, 6), steps=st.integers(0, 7))
def test_columns_that_come_while_rows_move_cost_nothing_that_a_person_typed(
    seed: int, size: int, moves: int, steps: int
) -> None:
    story = draw_story(seed, size=size, changes=2, moves=moves, new=1)
    story.office.flush_until(steps)
    draw_columns(random.Random(seed), story)
    typed = type_everywhere(story)
    story.office.flush()
    assert typed <= texts_on(story)
    assert {code for code, _ in story.office.attention.values()} <= {"sheet"}


@pytest.mark.parametrize("seed", range(3))
def test_every_prefix_of_the_steps_converges(seed: int) -> None:
    def fresh() -> Story:
        return draw_story(seed, size=5, changes=5, moves=5, new=3)

    whole = fresh()
    whole.office.flush()
    assert any(step.method == "POST" for step in whole.office.steps_sent), "no move in this ledger"
    for steps in range(len(whole.office.steps_sent) + 1):
        story = fresh()
        assert story.office.flush_until(steps)
        story.office.flush()
        story.check()
        assert story.office.attention == {}


@given(seed=seeds)
def test_written_unacknowledged_and_changed_back(seed: int) -> None:
    story = draw_story(seed, size=3, changes=0, moves=0, new=0, edits=0)
    chance = random.Random(seed)
    asked = chance.sample(sorted(story.bases), min(3, len(story.bases)))
    for number in asked:
        story.office.change(number, status="SHIPPED", notes="3-4", estimated_cost=Decimal("12.50"))
    steps = len(blocks(story.office.plan(), apart={}))
    assert story.office.flush_until(steps) is bool(steps)
    for number in asked:
        story.office.change(number, to={name: story.bases[number][name] for name in CHANGING})
    story.office.flush()
    assert {n: story.office.differences(n) for n in asked} == {n: {} for n in asked}
    kept = [act for acts in story.office.activity.values() for act in acts]
    assert all(act.keys() == {"notes"} and act["notes"].startswith("HISTORY:[{") for act in kept)
    assert story.office.pending == set()
