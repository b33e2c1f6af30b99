"""The feed's advice, table by table: the level, the sentence, the next step and the act follow from the facts."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from repairs.feed import Act, Facts, Kind, Level, advise, facts_of
from repairs.models import RepairOrder
from repairs.statuses import STATUSES, Sheet

TODAY = date(2026, 11, 20)


@pytest.mark.parametrize(
    ("facts", "level"),
    [
        (Facts("TO SEND", days_in_status=90), Level.REST),
        (Facts("TO SEND", late=1), Level.LATE),
        (Facts("WAITING QUOTE", days_in_status=3), Level.REST),
        (Facts("WAITING QUOTE", days_in_status=4), Level.ACTION),
        (Facts("WAITING QUOTE"), Level.REST),
        (Facts("APPROVED", days_in_status=3), Level.REST),
        (Facts("APPROVED", days_in_status=4), Level.ACTION),
        (Facts("APPROVED", days_in_status=4, late=1), Level.LATE),
        (Facts("APPROVED", days_in_status=4, due_back_in=1), Level.ACTION),
        (Facts("IN WORK", days_in_status=99), Level.REST),
        (Facts("IN WORK", due_back_in=-1), Level.LATE),
        (Facts("IN WORK", due_back_in=0), Level.ARRIVING),
        (Facts("IN WORK", due_back_in=3), Level.ARRIVING),
        (Facts("IN WORK", due_back_in=4), Level.REST),
        (Facts("SHIPPED", days_in_status=5), Level.REST),
        (Facts("SHIPPED", days_in_status=6), Level.ACTION),
        (Facts("", typed="ON HOLD"), Level.REST),
        (Facts("", due_back_in=-1), Level.LATE),
    ],
)
def test_the_level_follows_from_the_days(facts: Facts, level: Level) -> None:
    assert advise(facts).level == level


@pytest.mark.parametrize(
    ("facts", "sentence"),
    [
        (Facts("TO SEND"), "Waiting to be sent."),
        (Facts("TO SEND", days_in_status=0), "Waiting to be sent since today."),
        (Facts("WAITING QUOTE", days_in_status=1), "Waiting for a quote for 1 day."),
        (
            Facts("WAITING QUOTE", days_in_status=9, late=2),
            "Waiting for a quote for 9 days; the next update was due 2 days ago.",
        ),
        (Facts("APPROVED", days_in_status=1), "Approved yesterday, and work has not begun."),
        (Facts("IN WORK", days_in_status=12, due_back_in=1), "In work for 12 days; it is due back tomorrow."),
        (Facts("IN WORK", days_in_status=12, due_back_in=0), "In work for 12 days; it is due back today."),
        (Facts("IN WORK", days_in_status=12, due_back_in=9), "In work for 12 days."),
        (Facts("IN WORK", late=1, due_back_in=-8), "In work; it was due back 8 days ago."),
        (Facts("IN WORK", late=8, due_back_in=-1), "In work; the next update was due 8 days ago."),
        (Facts("SHIPPED", days_in_status=2), "On its way for 2 days without a tracking number."),
        (Facts("SHIPPED", days_in_status=2, tracking="PICK UP"), "On its way for 2 days."),
        (Facts("RECEIVED", days_in_status=0), "Received today, and not complete."),
        (
            Facts("BER", days_in_status=5),
            "Beyond economic repair for 5 days, and nobody has said that the unit came back.",
        ),
        (Facts("PAID", belongs_on="Paid"), "Paid, and still on the Active sheet."),
        (Facts("", typed="ON HOLD"), "“ON HOLD” is no known status."),
        (Facts(), "It has no status."),
    ],
)
def test_the_sentence_says_what_is_so_and_for_how_long(facts: Facts, sentence: str) -> None:
    assert advise(facts).sentence == sentence


@pytest.mark.parametrize(
    ("facts", "kind", "to"),
    [
        (Facts("TO SEND", late=9), Kind.STATUS, "WAITING QUOTE"),
        (Facts("WAITING QUOTE", days_in_status=3), Kind.STATUS, "APPROVED"),
        (Facts("WAITING QUOTE", days_in_status=4), Kind.MAIL, ""),
        (Facts("APPROVED", days_in_status=1), Kind.STATUS, "IN WORK"),
        (Facts("APPROVED", late=1), Kind.MAIL, ""),
        (Facts("IN WORK", due_back_in=2), Kind.STATUS, "SHIPPED"),
        (Facts("IN WORK", due_back_in=-2), Kind.MAIL, ""),
        (Facts("IN WORK", due_back_in=-2, has_shop=False), Kind.OPEN, ""),
        (Facts("SHIPPED", late=9), Kind.TRACKING, ""),
        (Facts("SHIPPED", tracking="WILL CALL"), Kind.STATUS, "RECEIVED"),
        (Facts("RECEIVED", late=4), Kind.STATUS, "COMPLETE"),
        (Facts("COMPLETE", belongs_on="Net"), Kind.SHEET, "Net"),
        (Facts("PAID", belongs_on="Paid"), Kind.SHEET, "Paid"),
        (Facts("SCRAP", belongs_on="Returns"), Kind.SHEET, "Returns"),
        (Facts("BER"), Kind.CAME_BACK, ""),
        (Facts("RAI"), Kind.CAME_BACK, ""),
        (Facts("CANCELLED"), Kind.CAME_BACK, ""),
        (Facts("", typed="ON HOLD"), Kind.OPEN, ""),
    ],
)
def test_the_act_does_the_next_step(facts: Facts, kind: Kind, to: str) -> None:
    act = advise(facts).act
    assert (act.kind, act.to) == (kind, to)


@pytest.mark.parametrize(
    ("status", "terms", "sheet"),
    [
        ("COMPLETE", "net30", "Net"),
        ("COMPLETE", "COD", "Paid"),
        ("PAID", "NET 30", "Paid"),
        ("SCRAP", "", "Returns"),
        ("BER", "", "Active"),
        ("", "", "Active"),
    ],
)
def test_an_order_on_the_wrong_sheet_is_led_to_its_own(status: str, terms: str, sheet: str) -> None:
    order = RepairOrder(number=1, sheet=Sheet.ACTIVE, status=status, terms=terms)
    assert facts_of(order, TODAY).belongs_on == sheet


def test_the_facts_are_counted_from_the_day() -> None:
    order = RepairOrder(
        number=1,
        status="IN WORK",
        status_date=TODAY - timedelta(days=8),
        next_update=TODAY - timedelta(days=2),
        estimated_delivery=TODAY + timedelta(days=3),
    )
    facts = facts_of(order, TODAY)
    assert (facts.days_in_status, facts.late, facts.due_back_in) == (8, 2, 3)
    order.status = "RECEIVED"  # here, so no delivery is expected any more
    assert facts_of(order, TODAY).due_back_in is None


def every_facts() -> Iterator[Facts]:
    for status in (*STATUSES, ""):
        for late in (0, 4):
            for back in (None, -2, 2):
                for days in (None, 0, 9):
                    yield Facts(status, late=late, due_back_in=back, days_in_status=days, belongs_on="Paid")


def test_every_order_gets_one_sentence_one_step_and_one_act() -> None:
    for facts in every_facts():
        for tracking in ("", "1Z"):
            advice = advise(replace(facts, tracking=tracking))
            assert advice.sentence.count(".") == 1, advice
            assert advice.sentence.endswith(".")
            assert advice.step.endswith(".")
            assert advice.act.label
            assert advice.act.kind != Kind.STATUS or advice.act.to not in ("", facts.status)


@given(st.sampled_from(list(Kind)), st.sampled_from([*STATUSES, *Sheet, ""]))
def test_the_key_of_an_act_names_it(kind: Kind, to: str) -> None:
    assert Act(kind, "any", to).key == Act(kind, "other", to).key
    assert " " not in Act(kind, "any", to).key
