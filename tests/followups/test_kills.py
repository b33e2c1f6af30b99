"""A worker dies, or freezes longer than its lease, while follow-ups fire or are brought into Outlook.

Processes are killed from outside, when a named request, or a random one, reaches the service.
"""

import datetime as dt
import random
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db.models import QuerySet

from notifications import followups
from notifications.models import FollowUp, Notification, OutlookItem
from notifications.outlook_items import KIND
from repairs import clock, orders
from repairs.models import RepairOrder
from sync import runs
from sync.emulator.process import EmulatorProcess
from sync.models import Replica, Run
from tests.flush.house import eventually
from tests.flush.workers import Nursery, Worker
from tests.followups.conftest import NewOrder
from tests.followups.outlook import Desk, carry, let_time_pass

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]

HELD = 0.25  # seconds for which the service holds the named request
EVENT = {"method": "POST", "path_regex": "/events$"}
TASK = {"method": "POST", "path_regex": "/tasks$"}
LIST = {"method": "POST", "path_regex": "/lists$"}
EVENT_MOVE = {"method": "PATCH", "path_regex": "/events/"}
EVENT_END = {"method": "DELETE", "path_regex": "/events/"}
TASK_CHANGE = {"method": "PATCH", "path_regex": "/tasks/"}


@pytest.fixture(scope="session")
def nursery(emulator: EmulatorProcess, database_url: str) -> Iterator[Nursery]:
    with Nursery(emulator, database_url) as nursery:
        yield nursery


@dataclass(frozen=True)
class Point:
    """A request and whether it is carried out before its sender dies, or after. The answer never arrives."""

    name: str
    match: dict[str, Any]
    act: str
    late: bool


POINTS = [
    Point(f"{what} {'arrives' if late else 'is done, its answer lost'}", match, act, late)
    for what, match, act in (
        ("the making of the list", LIST, "made"),
        ("the making of the event", EVENT, "made"),
        ("the making of the task", TASK, "made"),
        ("the moving of the event", EVENT_MOVE, "moved"),
        ("the moving of the task", TASK_CHANGE, "moved"),
        ("the removing of the event", EVENT_END, "ended"),
        ("the ticking off of the task", TASK_CHANGE, "ended"),
    )
    for late in (True, False)
]


def day(days: int) -> dt.date:
    return clock.today() + dt.timedelta(days=days)


def in_outlook_only() -> None:
    """The workbook is not what these workers are to look after."""
    Replica.objects.all().delete()


def begun(desk: Desk, amy: User, new_order: NewOrder, act: str) -> RepairOrder:
    """An order with something to be made, moved or ended in Amy's Outlook."""
    order = new_order(next_update=day(3))
    if act != "made":
        desk.settle()
    if act == "moved":
        orders.edit(order, by=amy, changes={"next_update": day(9)})
    if act == "ended":
        orders.change_status(order, by=amy, to="PAID")
    in_outlook_only()
    return order


def catch_at(desk: Desk, nursery: Nursery, folder: Path, point: Point, *, lease: int = 30) -> Worker:
    """A worker frozen while the service holds the named request, or after the service is done with it."""
    desk.fault({"kind": "delay", "seconds": HELD}, point.match)
    worker = nursery.start("sweep", folder, lease=lease)
    eventually(lambda: desk.fired() == 1, point.name)
    if point.late:
        worker.freeze()
    eventually(lambda: all(entry["finished"] for entry in desk.log()), "the service has answered")
    worker.freeze()
    return worker


def assert_stands(desk: Desk) -> None:
    """What stands in calendar and list is exactly what should: each once, on its day."""
    there = OutlookItem.objects.filter(wanted_day__isnull=False).values_list("kind", "title", "wanted_day")
    wanted = Counter((kind, title, on.isoformat()) for kind, title, on in there if on)
    found = Counter(("event", *event) for event in desk.events())
    found.update(("task", *task) for task in desk.tasks())
    assert found == wanted
    assert desk.lists().count("RO follow-ups") <= 1


@pytest.mark.parametrize(
    "point",
    [
        # An answer that is lost is the worse of the two: what was done must be found.
        pytest.param(point, id=point.name, marks=pytest.mark.chaos if point.late else [])
        for point in POINTS
    ],
)
def test_killed_at_a_named_point(
    desk: Desk, nursery: Nursery, tmp_path: Path, amy: User, new_order: NewOrder, point: Point
) -> None:
    begun(desk, amy, new_order, point.act)
    catch_at(desk, nursery, tmp_path, point).kill()
    let_time_pass()
    desk.settle()
    assert_stands(desk)
    runs.sweep()
    assert carry() == {}


@pytest.mark.parametrize("again", [9, 3], ids=["on the same day", "on another"])
@pytest.mark.parametrize("match", [EVENT_END, TASK_CHANGE], ids=["event", "task"])
def test_wanted_again_after_an_end_whose_answer_was_lost(
    desk: Desk, amy: User, new_order: NewOrder, match: dict[str, Any], again: int
) -> None:
    order = begun(desk, amy, new_order, "moved")
    desk.settle()
    orders.edit(order, by=amy, changes={"next_update": ""})
    in_outlook_only()
    desk.fault({"kind": "drop_after_apply"}, match)
    runs.sweep()
    assert OutlookItem.objects.filter(ending=True).count() == 1
    orders.edit(order, by=amy, changes={"next_update": day(again)})
    in_outlook_only()
    desk.settle()
    assert OutlookItem.objects.filter(wanted_day=day(again)).count() == 2
    assert_stands(desk)


@pytest.mark.parametrize(
    "point", [p for p in POINTS if p.late and p.act == "made"], ids=lambda point: point.name
)
def test_frozen_longer_than_its_lease_and_on(
    desk: Desk, nursery: Nursery, tmp_path: Path, amy: User, new_order: NewOrder, point: Point
) -> None:
    """Another has finished and people went on when the frozen worker wakes up: it changes nothing any more."""
    order = begun(desk, amy, new_order, point.act)
    worker = catch_at(desk, nursery, tmp_path, point, lease=2)
    time.sleep(2)  # the lease itself runs out
    let_time_pass()
    desk.settle()
    orders.edit(order, by=amy, changes={"next_update": day(20)})
    desk.settle()
    in_outlook_only()
    worker.thaw()
    time.sleep(1)
    worker.kill()
    let_time_pass()
    desk.settle()
    assert_stands(desk)


def some_of_everything(chance: random.Random, amy: User) -> None:
    """People change statuses and days, and remind themselves."""
    for order in chance.sample(list(RepairOrder.objects.all()), 3):
        act = chance.randrange(3)
        if act == 0:
            orders.change_status(order, by=amy, to=chance.choice(["TO SEND", "SHIPPED", "APPROVED", "PAID"]))
        elif act == 1:
            orders.edit(
                order, by=amy, changes={"next_update": chance.choice([day(chance.randint(1, 60)), ""])}
            )
        else:
            followups.remind(order, by=amy, day=day(chance.randint(1, 9)), text=f"Call {chance.random()}")
    in_outlook_only()


def is_struck(desk: Desk, nursery: Nursery, folder: Path, chance: random.Random) -> bool:
    """A worker dies at a random request of its, before or after it is carried out. Whether its run stands half done."""
    desk.all_well()
    desk.fault({"kind": "delay", "seconds": HELD}, {"path_regex": "/users/", "nth": chance.randint(1, 3)})
    late = chance.random() < 0.75
    worker = nursery.start("sweep", folder)
    pending = OutlookItem.objects.filter(pending_since__isnull=False)
    eventually(lambda: desk.fired() > 0 or not pending.exists(), "the request, or the end of the work")
    if not late:
        eventually(lambda: all(entry["finished"] for entry in desk.log()), "the service has answered")
    worker.kill()
    eventually(lambda: all(entry["finished"] for entry in desk.log()), "the service has answered")
    return desk.fired() > 0 and Run.objects.filter(kind=KIND, state=Run.State.RUNNING).exists()


def rounds(desk: Desk, nursery: Nursery, folder: Path, amy: User, *, seed: int, count: int) -> None:
    """People go on, workers die at random requests, sometimes several before one lives on."""
    print(f"seed {seed}")
    chance = random.Random(seed)
    struck = 0
    for number in range(count):
        print(f"round {number}")
        died: list[bool] = []
        for _ in range(chance.randint(1, 2)):
            some_of_everything(chance, amy)
            died.append(is_struck(desk, nursery, folder, chance))
            let_time_pass()
        struck += any(died)
        desk.all_well()
        desk.settle()
        assert_stands(desk)
    print(f"{struck} rounds caught a run in the middle")
    assert struck >= count / 2


def test_killed_at_random_instants(
    desk: Desk, nursery: Nursery, tmp_path: Path, amy: User, new_order: NewOrder
) -> None:
    for _ in range(6):
        new_order()
    rounds(desk, nursery, tmp_path, amy, seed=20261122, count=5)


@pytest.mark.chaos
@pytest.mark.parametrize("part", range(5))
def test_killed_at_many_random_instants(
    desk: Desk, nursery: Nursery, tmp_path: Path, amy: User, new_order: NewOrder, part: int
) -> None:
    del part
    for _ in range(8):
        new_order()
    rounds(desk, nursery, tmp_path, amy, seed=random.SystemRandom().randrange(1_000_000), count=10)


def more_than(rows: QuerySet[FollowUp], count: int) -> bool:
    return rows.count() > count


def test_killed_while_follow_ups_fire(
    desk: Desk, nursery: Nursery, tmp_path: Path, amy: User, new_order: NewOrder
) -> None:
    """Each makes its one entry of the queue, whatever died on the way."""
    made = [new_order() for _ in range(40)]
    FollowUp.objects.update(due_at=clock.now() - dt.timedelta(minutes=1))
    RepairOrder.objects.update(next_update=day(-1))
    OutlookItem.objects.all().delete()
    in_outlook_only()
    fired = FollowUp.objects.filter(state="fired")
    for _ in range(3):
        before = fired.count()
        worker = nursery.start("sweep", tmp_path)
        eventually(partial(more_than, fired, before), "the first of its has fired")
        worker.kill()
    died_at = fired.count()
    assert 0 < died_at < len(made)
    assert Notification.objects.count() == died_at
    followups.fire_due()
    assert sorted(Notification.objects.values_list("order", flat=True)) == [order.pk for order in made]
    assert set(FollowUp.objects.values_list("state", flat=True)) == {"fired"}
