"""Proposals: what a writing tool would do, tried and taken back, so that a person sees the exact difference.

Only its person confirms one, once. Confirming calls the verb as that person, in one transaction with the
proposal's own end; a proposal that expired, or whose order is not as it was, is refused and says so.
"""

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db import transaction

from ai import telling
from ai.models import Brief, Card, Proposal
from ai.rights import may_use
from ai.tools import TOOLS, Wish
from ai.tools.proposing import subject_of
from notifications.models import Notification
from repairs import clock
from repairs.errors import Conflict, Refusal
from repairs.models import Activity, FieldChange, RepairOrder

if TYPE_CHECKING:
    from django.contrib.auth.models import User

STANDS_FOR = timedelta(hours=24)
State = Proposal.State
LONGEST_VALUE = 2000


class _TakenBack(Exception):
    """Ends the trial of a verb: everything that it wrote is rolled back."""


def propose(card: Card, wish: Wish, *, person: "User") -> Proposal:
    """Tries a wish, takes it back, and keeps what it would change. Raises Refusal as the verb does."""
    order = subject_of(wish, card.given)
    version = order.version if order else None  # the trial leaves its own, which is taken back
    difference = _tried(wish, card, person, order)
    return Proposal.objects.create(
        card=card,
        person=person,
        order=order,
        version=version,
        title=wish.title(card.given, order)[:200],
        difference=difference,
        expires_at=clock.now() + STANDS_FOR,
    )


def _tried(wish: Wish, card: Card, person: "User", order: RepairOrder | None) -> list[list[str]]:
    last = Activity.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    difference: list[list[str]] = []
    try:
        with transaction.atomic():
            made = wish.act(card.given, person, order)
            difference = _written(made, last) or _told(made)
            raise _TakenBack
    except _TakenBack:
        pass
    if not difference:
        raise Refusal("Nothing would change.")
    return difference


def _written(made: Any, last: int) -> list[list[str]]:
    """The fields that the verb changed."""
    if not isinstance(made, RepairOrder):
        return []
    changes = FieldChange.objects.filter(activity__order=made, activity__pk__gt=last).order_by("pk")
    return [[change.field, change.old[:LONGEST_VALUE], change.new[:LONGEST_VALUE]] for change in changes]


def _told(made: Any) -> list[list[str]]:
    """What is made where no field of an order changes."""
    if isinstance(made, Notification):
        return [
            ["to", "", made.to_address or "no address yet"],
            ["subject", "", made.subject],
            ["text", "", made.body],
        ]
    if isinstance(made, Brief):
        return [["part", "", made.part]]
    told = made.activity.filter(verb=Activity.Verb.REMINDER).first()
    return [["reminder", "", told.text]] if told else []


def confirm(proposal: Proposal, *, by: "User") -> Proposal:
    """Does what was proposed. Raises Refusal when that is not possible any more; its end is kept."""
    refusal: Refusal | None = None
    with transaction.atomic():
        held = _held(proposal, by)
        try:
            with transaction.atomic():
                _do(held, by)
        except _Over as over:
            refusal = over
            _end(held, over.state, over.sentence)
    proposal.refresh_from_db()
    if refusal:
        raise refusal
    return proposal


def discard(proposal: Proposal, *, by: "User") -> Proposal:
    """The person does not want it."""
    with transaction.atomic():
        held = _held(proposal, by)
        _end(held, State.DISCARDED, "Discarded. Nothing was changed.")
    proposal.refresh_from_db()
    return proposal


class _Over(Refusal):
    """The proposal has come to an end without being done."""

    def __init__(self, state: State, sentence: str) -> None:
        super().__init__(sentence)
        self.state = state


def _held(proposal: Proposal, by: "User") -> Proposal:
    held = Proposal.objects.select_for_update().get(pk=proposal.pk, person=by)
    if held.state != State.OPEN:
        raise Refusal(f"It is {State(held.state).label.lower()} already. {held.outcome}".strip())
    return held


def _do(held: Proposal, by: "User") -> None:
    wish = TOOLS[held.card.tool]
    if not isinstance(wish, Wish) or not may_use(wish, by):
        raise Refusal("You may not do that.")
    if held.expires_at <= clock.now():
        raise _Over(State.EXPIRED, "It is older than a day and was not done. Please ask again.")
    order = _as_proposed(wish, held)
    try:
        made = wish.act(held.card.given, by, order)
    except Conflict as conflict:
        raise _Over(State.OVERTAKEN, conflict.sentence) from conflict
    _end(held, State.CONFIRMED, _done(made), url=made.get_absolute_url())


def _as_proposed(wish: Wish, held: Proposal) -> RepairOrder | None:
    """The proposal's order, locked, which must be as it was where the proposal depends on that."""
    if held.order_id is None:
        return None
    RepairOrder.objects.select_for_update().get(pk=held.order_id)
    order = RepairOrder.objects.select_related("shop").get(pk=held.order_id)
    if wish.keeps_basis and order.version != held.version:
        told = f"{order.label} was changed since this was proposed, so it was not done. It is shown as it is now."
        raise _Over(State.OVERTAKEN, told)
    return order


def _done(made: Any) -> str:
    if isinstance(made, Notification):
        return "The draft waits for approval in the queue."
    if isinstance(made, Brief):
        return "It is being gathered."
    return f"Done: {made.label} is saved."


def _end(held: Proposal, state: State, outcome: str, *, url: str = "") -> None:
    held.state, held.decided_at, held.outcome, held.outcome_url = state, clock.now(), outcome[:500], url
    held.save(update_fields=["state", "decided_at", "outcome", "outcome_url"])
    turn = held.card.step.turn
    transaction.on_commit(lambda: telling.turn_changed(turn))  # for the person's other tabs
