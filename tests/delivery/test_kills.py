"""A worker dies, or freezes longer than its lease, at any point of a delivery: the shop still gets exactly one mail.

Processes are killed from outside, when a named request reaches Outlook or after a random time.
"""

import random
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from notifications import deliveries, queue
from notifications.deliveries import MAIL
from notifications.models import Delivery, Notification
from repairs.errors import Refusal
from sync.models import Run
from tests.delivery.desk import CARRY, DRAFT, FILL, LOOK, REPLY, SEND, SETTINGS, Desk, carry
from tests.delivery.test_people_in_outlook import drafted
from tests.delivery.test_unclear_answers import UNCLEAR
from tests.flush.house import eventually
from tests.flush.points import Point, catch_at, kill_at, usually, wait_for_the_service
from tests.flush.workers import Nursery, Worker, wait_for_the_database

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]

State = Delivery.State
POINTS = [
    Point("the draft arrives", DRAFT, fate="late"),
    Point("the draft is done, its answer lost", DRAFT, fate="done"),
    Point("the draft is never made", DRAFT, fate="cut"),
    Point("the reply is done, its answer lost", REPLY, fate="done"),
    Point("the reply arrives", REPLY, fate="late"),
    Point("the reply is never made", REPLY, fate="cut"),
    Point("the filling of the reply arrives", FILL, fate="late"),
    Point("the filling of the reply is done, its answer lost", FILL, fate="done"),
    Point("the reply is never filled", FILL, fate="cut"),
    Point("the send arrives", SEND, fate="late"),
    Point("the send is done, its answer lost", SEND, fate="done"),
    Point("the send is never done", SEND, fate="cut"),
]
HELD = 0.25  # seconds for which Outlook holds a request of a random instant
LOOKS_FOR_LEFTOVERS = 5  # the first may meet an Outlook that still misbehaves
INSTANTS_WITHIN = 0.15  # seconds after the first draft was begun
MOST_ROUNDS = 5  # for each that is to strike
LEASE = 2  # seconds; that of a worker that is to lose it


def about(desk: Desk, point: Point) -> Delivery:
    """An approved mail that comes by the point: an answer, where that is one."""
    order = desk.order_at()
    if point.match in (REPLY, FILL):
        desk.approved(order)
        carry()
        desk.time_passes(60)
        desk.forget()
    return desk.approved(order)


@pytest.mark.parametrize("point", POINTS, ids=lambda point: point.name)
def test_killed_at_a_named_point(desk: Desk, nursery: Nursery, tmp_path: Path, point: Point) -> None:
    delivery = about(desk, point)
    desk.options(drafts_linger=300.0)  # longer than it takes until another worker looks
    kill_at(desk, lambda: nursery.start(CARRY, tmp_path, **SETTINGS), point)
    wait_for_the_service(desk)
    desk.time_passes(121)
    desk.carry_on(delivery)
    desk.assert_sent_once(delivery)
    left = point.match is SEND and point.fate != "cut"
    assert desk.sends() == (2 if point.match is SEND and not left else 1)


@pytest.mark.parametrize(
    "point", usually(POINTS, {"the draft arrives", "the reply arrives", "the send arrives"})
)
def test_frozen_longer_than_its_lease_and_on(
    desk: Desk, nursery: Nursery, tmp_path: Path, point: Point
) -> None:
    """The frozen worker wakes up when another has finished: it sends nothing and writes nothing any more."""
    delivery = about(desk, point)
    desk.options(drafts_linger=300.0)
    worker = catch_at(desk, lambda: nursery.start(CARRY, tmp_path, lease=LEASE, **SETTINGS), point)
    wait_for_the_service(desk)
    desk.time_passes(121)
    desk.carry_on(delivery)
    desk.assert_sent_once(delivery)
    worker.thaw()
    worker.join()
    desk.assert_sent_once(delivery)


@pytest.mark.parametrize("request_", [DRAFT, SEND, LOOK], ids=["draft", "send", "look"])
def test_killed_again_and_again_at_the_same_point(
    desk: Desk, nursery: Nursery, tmp_path: Path, request_: dict[str, Any]
) -> None:
    delivery = desk.approved()
    if request_ is LOOK:
        desk.fault("drop_after_apply", match=SEND)
        carry()
        desk.time_passes(601)
    for _ in range(3):
        point = Point("again", request_, fate="cut")
        kill_at(desk, lambda: nursery.start(CARRY, tmp_path, **SETTINGS), point)
        desk.time_passes(601)
        if request_ is DRAFT:
            break  # the next one begins with a look
    desk.all_well()
    desk.carry_on(delivery)
    desk.assert_sent_once(delivery)


def test_withdrawn_while_its_draft_is_being_made(desk: Desk, nursery: Nursery, tmp_path: Path) -> None:
    delivery = desk.approved()
    fault = desk.fault("delay", match=DRAFT, seconds=1.0)
    worker = nursery.start(CARRY, tmp_path, **SETTINGS)
    while not desk.fired(fault):
        time.sleep(0.005)
    queue.withdraw(delivery.notification, by=desk.tom)
    worker.join()
    desk.time_passes(121)
    carry()
    late = desk.second_draft(delivery)  # of what may have been asked for and not answered, one may come late
    desk.time_passes(601)
    carry()
    delivery.refresh_from_db()
    assert (delivery.state, delivery.draft_begun) == (State.WITHDRAWN, False)
    assert (desk.outbox(), desk.sends()) == ([], 0)
    assert late not in {message["immutable_id"] for message in desk.messages("drafts")}
    desk.assert_nothing_left(delivery)


def test_a_frozen_worker_does_not_put_its_draft_in_the_place_of_a_later_one(
    desk: Desk, nursery: Nursery, tmp_path: Path
) -> None:
    """It was about to save what it saw; meanwhile that draft was deleted, and another one made."""
    delivery = drafted(desk)
    point = Point("the last answer of the look", {"path_regex": "deleteditems"}, fate="done")
    worker = catch_at(desk, lambda: nursery.start(CARRY, tmp_path, lease=LEASE, **SETTINGS), point)
    desk.by_hand("delete", delivery, for_good=True)
    desk.time_passes(121)
    carry()
    delivery.refresh_from_db()
    deliveries.resolve(delivery, by=desk.tom, sent=False)
    desk.fault("status", status=429, retry_after=30, match=SEND)
    carry()
    delivery.refresh_from_db()
    assert delivery.state == State.DRAFTED
    later = delivery.message_id
    worker.thaw()
    worker.join()
    delivery.refresh_from_db()
    assert (delivery.state, delivery.message_id) == (State.DRAFTED, later)
    desk.time_passes(31)
    desk.carry_on(delivery)
    desk.assert_sent_once(delivery)


def test_withdrawn_while_outlook_shows_that_a_person_sent_it(
    desk: Desk, nursery: Nursery, tmp_path: Path
) -> None:
    """The look is under way: what it finds is told, and the person's decision stands."""
    delivery = drafted(desk)
    desk.by_hand("send", delivery)
    desk.time_passes(60)
    fault = desk.fault("delay", match=LOOK, seconds=1.0)
    worker = nursery.start(CARRY, tmp_path, **SETTINGS)
    eventually(lambda: desk.fired(fault), "the look")
    queue.withdraw(Notification.objects.get(pk=delivery.notification_id), by=desk.tom)
    worker.join()
    assert not Run.objects.filter(kind=deliveries.MAIL, error__contains="program").exists()
    desk.time_passes(60)
    carry()
    delivery.refresh_from_db()
    assert (delivery.state, delivery.draft_begun) == (State.WITHDRAWN, False)
    (order,) = delivery.orders()
    assert order.activity.filter(text__endswith="but somebody sent it in Outlook.").exists()


def strike(desk: Desk, nursery: Nursery, folder: Path, chance: random.Random) -> bool:
    """One round: mails of every kind, an Outlook that misbehaves, workers that die or freeze, people who decide.

    Whether a mail was caught on its way: its draft was begun, and it was not sent.
    """
    deliveries = some_mails(desk, chance)
    rejected = desk.draft()
    queue.reject(rejected, by=desk.tom, reason="not now")
    desk.options(drafts_linger=chance.choice([0.0, 2.0, 300.0]))
    for _ in range(chance.randint(0, 2)):
        action, _happened = chance.choice(UNCLEAR)
        desk.fault(**action, match=chance.choice([DRAFT, REPLY, FILL, SEND, LOOK]))
    frozen = strike_workers(desk, nursery, folder, chance, deliveries)
    struck = caught(deliveries)
    wait_for_the_service(desk)
    withdrawn = chance.random() < 0.3 and is_withdrawn(desk, chance.choice(deliveries))
    desk.time_passes(chance.choice([121, 601]))
    settle(desk, deliveries)
    if frozen:
        frozen.thaw()
        frozen.join()
    settle(desk, deliveries)
    assert rejected.order is not None
    assert desk.outbox_about(rejected.order) == []
    for delivery in deliveries:
        if delivery.state == State.WITHDRAWN:
            assert withdrawn
            assert desk.outbox(delivery) == []
            for order in delivery.orders():
                desk.assert_told_as_often_as_sent(order)
            desk.assert_nothing_left(delivery)
        else:
            desk.assert_sent_once(delivery)
    return struck


def caught(deliveries: Sequence[Delivery]) -> bool:
    on_their_way = Delivery.objects.filter(state__in=Delivery.OPEN, draft_begun=True)
    return on_their_way.filter(pk__in=[delivery.pk for delivery in deliveries]).exists()


def strike_workers(
    desk: Desk, nursery: Nursery, folder: Path, chance: random.Random, deliveries: Sequence[Delivery]
) -> Worker | None:
    """Kills workers at a random request of theirs or at a random instant, or freezes one at a request: that one.

    The killed die wherever they stand, also between a statement and the commit. A frozen one must not hold the
    database's locks, which would be another test; while it asks Outlook it has none.
    """
    freezes = chance.random() < 0.3
    count = 1 if freezes else chance.randint(1, 2)

    def start() -> list[Worker]:
        return [nursery.start(CARRY, folder, lease=LEASE, **SETTINGS) for _ in range(count)]

    if not freezes and chance.random() < 0.5:
        workers = start()
        eventually(lambda: caught(deliveries) or all_dead(workers), "it begins")
        time.sleep(chance.uniform(0.0, INSTANTS_WITHIN))
    else:
        workers = at_a_request(
            desk, chance, start, Worker.freeze if freezes else Worker.stop, most=2 * len(deliveries)
        )
    if freezes:
        return workers[0]
    for worker in workers:
        worker.kill()
    wait_for_the_database()
    return None


def at_a_request(
    desk: Desk,
    chance: random.Random,
    start: Callable[[], list[Worker]],
    stop: Callable[[Worker], None],
    *,
    most: int,
) -> list[Worker]:
    """Workers that are stopped at a random request, before or after it is carried out, or have done all."""
    fate = chance.choice(["late", "done", "cut"])
    match = {"path_regex": "/messages", "nth": chance.randint(1, most)}
    fault = desk.fault("hang" if fate == "cut" else "delay", match=match, seconds=HELD)
    workers = start()
    eventually(lambda: desk.fired(fault) or all_dead(workers), "the request, or the end of the work")
    for worker in workers:
        stop(worker)
    if fate != "late":
        wait_for_the_service(desk)
    return workers


def all_dead(workers: Sequence[Worker]) -> bool:
    return not any(worker.is_alive() for worker in workers)


def some_mails(desk: Desk, chance: random.Random) -> list[Delivery]:
    """Approved mails: first ones, answers, and one about several orders."""
    made = [desk.approved() for _ in range(chance.randint(1, 2))]
    if known := list(Delivery.objects.filter(state=State.SENT, notification__order__isnull=False)[:20]):
        made.append(desk.approved(chance.choice(known).orders()[0]))
    if chance.random() < 0.3:
        made.append(queue.approve(desk.combined(), by=desk.amy))
    return made


def is_withdrawn(desk: Desk, delivery: Delivery) -> bool:
    """A person tries to take a mail back; whether that was possible."""
    try:
        queue.withdraw(Notification.objects.get(pk=delivery.notification_id), by=desk.tom)
    except Refusal:
        return False
    return True


def settle(desk: Desk, deliveries: Sequence[Delivery]) -> None:
    """Until all have come to an end, and nothing is left over."""
    for delivery in deliveries:
        desk.carry_on(delivery, most=20)
    for _ in range(LOOKS_FOR_LEFTOVERS):
        desk.time_passes(121)
        carry()
        if not Run.objects.filter(kind=MAIL, state__in=Run.OPEN).exists():
            return


def rounds(desk: Desk, nursery: Nursery, folder: Path, *, seed: int, wanted: int) -> None:
    """Until so many rounds caught a mail on its way; a fast machine may need more rounds for it."""
    print(f"seed {seed}")
    chance = random.Random(seed)
    struck = 0
    for number in range(MOST_ROUNDS * wanted):
        print(f"round {number}")
        struck += strike(desk, nursery, folder, chance)
        desk.all_well()
        if struck == wanted:
            return
    raise AssertionError(f"only {struck} of {MOST_ROUNDS * wanted} rounds caught a mail on its way")


def test_killed_at_random_instants(desk: Desk, nursery: Nursery, tmp_path: Path) -> None:
    rounds(desk, nursery, tmp_path, seed=20261125, wanted=3)


@pytest.mark.chaos
@pytest.mark.parametrize("part", range(12))
def test_killed_at_many_random_instants(desk: Desk, nursery: Nursery, tmp_path: Path, part: int) -> None:
    if part >= 5 and connection.vendor == "sqlite":
        pytest.skip("Outlook is the same beside either database, and locks are met in fewer rounds.")
    rounds(desk, nursery, tmp_path, seed=random.SystemRandom().randrange(1_000_000), wanted=8)
