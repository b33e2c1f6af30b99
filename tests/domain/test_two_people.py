"""Two people and one order: who comes second is told what changed, and nobody's work is lost."""

import datetime as dt
from functools import partial
from threading import Event, Thread

import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction

from repairs import orders
from repairs.errors import Conflict
from repairs.models import RepairOrder
from tests.domain.asides import acts, at_once, kept, told


def test_who_saves_second_is_told_what_changed_meanwhile(order: RepairOrder, amy: User, tom: User) -> None:
    shown = order.version
    orders.edit(order, by=tom, changes={"terms": "NET 30", "final_cost": 900})
    orders.change_status(order, by=tom, to="SHIPPED")
    before = kept(order)
    with pytest.raises(Conflict) as conflict:
        orders.edit(order, by=amy, changes={"serial_number": "77"}, expected_version=shown)
    changes = {c.field: (c.old, c.new, c.activity.by_name) for c in conflict.value.changes}
    assert changes["terms"] == ("", "NET 30", "tom")
    assert changes["final_cost"] == ("", "900.00", "tom")
    assert changes["status"] == ("TO SEND", "SHIPPED", "tom")
    assert conflict.value.order.version == 3
    assert conflict.value.sentence.startswith(
        f"{order.label} was changed by somebody else meanwhile (terms, final"
    )
    assert kept(order) == before


def test_only_what_changed_since_is_told(order: RepairOrder, amy: User, tom: User) -> None:
    orders.edit(order, by=tom, changes={"terms": "NET 30"})
    orders.add_note(order, by=tom, text="called")
    with pytest.raises(Conflict) as conflict:
        orders.edit(order, by=amy, changes={"terms": "COD"}, expected_version=2)
    assert [change.field for change in conflict.value.changes] == ["notes"]


def test_a_change_of_status_is_held_against_the_version_too(order: RepairOrder, amy: User, tom: User) -> None:
    orders.archive(order, by=tom, sheet="Paid")
    before = kept(order)
    with pytest.raises(Conflict) as conflict:
        orders.change_status(order, by=amy, to="PAID", expected_version=1)
    assert [(c.field, c.old, c.new) for c in conflict.value.changes] == [("sheet", "Active", "Paid")]
    assert kept(order) == before


def test_the_present_version_is_no_conflict(order: RepairOrder, amy: User) -> None:
    orders.edit(order, by=amy, changes={"terms": "COD"}, expected_version=1)
    orders.change_status(order, by=amy, to="PAID", expected_version=2)
    assert order.version == 3


@pytest.mark.both_databases
@pytest.mark.django_db(transaction=True)
def test_of_two_at_once_with_the_same_version_one_wins(order: RepairOrder, amy: User, tom: User) -> None:
    def save(by: User, version: int, changes: dict[str, str]) -> RepairOrder:
        copy = RepairOrder.objects.get(pk=order.pk)
        return orders.edit(copy, by=by, changes=changes, expected_version=version)

    for version in range(1, 11):
        results = at_once(
            [
                partial(save, amy, version, {"terms": f"NET {version}"}),
                partial(save, tom, version, {"serial_number": f"S{version}"}),
            ]
        )
        [lost] = [result for result in results if isinstance(result, Conflict)]
        assert sum(isinstance(result, RepairOrder) for result in results) == 1
        assert lost.changes, "the loser is told"
        assert RepairOrder.objects.get(pk=order.pk).version == version + 1


@pytest.mark.both_databases
@pytest.mark.django_db(transaction=True)
def test_without_a_version_both_are_saved_and_no_update_is_lost(
    order: RepairOrder, amy: User, tom: User
) -> None:
    people = (amy, tom) * 4
    notes = [f"note {n} of {person}" for n, person in enumerate(people)]

    def note(text: str, by: User) -> RepairOrder:
        return orders.add_note(RepairOrder.objects.get(pk=order.pk), by=by, text=text)

    results = at_once([partial(note, text, by) for text, by in zip(notes, people, strict=True)])
    assert [r for r in results if isinstance(r, Exception)] == []
    present = RepairOrder.objects.get(pk=order.pk)
    assert sorted(present.notes.splitlines()) == sorted(notes)
    assert present.version == 1 + len(notes)
    assert [act.order_version for act in acts(order)] == list(range(1, 2 + len(notes)))


def lost_update(order: RepairOrder, *, locking: bool) -> str:
    """One person reads, another saves a whole note, the first saves what they made of what they had read."""
    read, saved = Event(), Event()

    def slow() -> None:
        with transaction.atomic():
            rows = RepairOrder.objects.select_for_update() if locking else RepairOrder.objects.all()
            notes = rows.get(pk=order.pk).notes
            read.set()
            saved.wait(timeout=0.5)  # a lock makes the other wait for us, so this must end by itself
            RepairOrder.objects.filter(pk=order.pk).update(notes=f"{notes} slow".strip())
        connection.close()

    thread = Thread(target=slow)
    thread.start()
    read.wait()
    orders.add_note(order, by=None, text="quick")
    saved.set()
    thread.join()
    return RepairOrder.objects.get(pk=order.pk).notes


@pytest.mark.django_db(transaction=True)
def test_the_control_without_the_lock_an_update_is_lost(order: RepairOrder) -> None:
    """On MariaDB alone: SQLite takes its one write lock at the beginning of every transaction."""
    if connection.vendor == "mysql":
        assert lost_update(order, locking=False) == "slow"
        orders.edit(order, by=None, changes={"notes": ""})
    assert lost_update(order, locking=True).split() == ["slow", "quick"]


@pytest.mark.both_databases
@pytest.mark.django_db(transaction=True)
def test_two_who_set_a_status_at_once_leave_a_history_without_a_gap(
    order: RepairOrder, amy: User, tom: User
) -> None:
    results = at_once(
        [
            lambda: orders.change_status(RepairOrder.objects.get(pk=order.pk), by=amy, to="WAITING QUOTE"),
            lambda: orders.change_status(
                RepairOrder.objects.get(pk=order.pk), by=tom, to="APPROVED", next_update=dt.date(2030, 1, 2)
            ),
        ]
    )
    assert [r for r in results if isinstance(r, Exception)] == []
    steps = list(order.status_changes.values_list("from_status", "to_status"))
    assert steps[0] == ("", "TO SEND")
    assert [before for before, _ in steps[1:]] == [after for _, after in steps[:-1]]
    assert told(acts(order)[-1])["status"] == steps[-1]
