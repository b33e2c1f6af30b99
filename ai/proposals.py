"""Proposals: what a writing tool would do, tried and taken back, so that a person sees the exact difference.

Only its person confirms one, once. Confirming calls the verb as that person, in one transaction with the
proposal's own end, and takes it back unless it did exactly what the card shows. A proposal that expired, whose order
is not as it was, or that would do something else by now is refused, and says what stands against it.
"""

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db import transaction

from ai import telling
from ai.differences import Rows, acted, against, now_of
from ai.models import Brief, Card, Proposal
from ai.rights import may_use
from ai.tools import TOOLS, Wish
from ai.tools.proposing import subject_of
from notifications.models import Notification
from repairs import clock
from repairs.errors import Conflict, Refusal
from repairs.models import RepairOrder

if TYPE_CHECKING:
    from django.contrib.auth.models import User

STANDS_FOR = timedelta(hours=24)
State = Proposal.State


class _TakenBack(Exception):
    """Ends the trial of a verb: everything that it wrote is rolled back."""


def propose(card: Card, wish: Wish, *, person: "User") -> Proposal:
    """Tries a wish, takes it back, and keeps what it would change. Raises Refusal as the verb does."""
    card.given = wish.pin(card.given)  # what a name means today is what is confirmed
    card.save(update_fields=["given"])
    order = subject_of(wish, card.given)
    version = order.version if order else None  # the trial leaves its own, which is taken back
    return Proposal.objects.create(
        card=card,
        person=person,
        order=order,
        version=version,
        title=wish.title(card.given, order)[:200],
        difference=_tried(wish, card, person, order),
        expires_at=clock.now() + STANDS_FOR,
    )


def _tried(wish: Wish, card: Card, person: "User", order: RepairOrder | None) -> Rows:
    rows: Rows = []
    try:
        with transaction.atomic():
            _, rows = acted(wish, card.given, person, order)
            raise _TakenBack
    except _TakenBack:
        pass
    if not rows:
        raise Refusal("Nothing would change.")
    return rows


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
            _end(held, over.state, over.sentence, now=over.now)
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
    """The proposal has come to an end without being done; `now` is what stands against it."""

    def __init__(self, state: State, sentence: str, *, now: Rows | None = None) -> None:
        super().__init__(sentence)
        self.state = state
        self.now = now or []


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
        now = now_of(held.order, held.version or 0, held.difference) if held.order else []
        raise _Over(State.EXPIRED, "It is older than a day and was not done. Please ask again.", now=now)
    order = _as_proposed(wish, held)
    try:
        made, found = acted(wish, held.card.given, by, order)
    except Conflict as conflict:
        raise _Over(State.OVERTAKEN, conflict.sentence) from conflict
    if found != held.difference:
        told = (
            "It would not do the same any more as when it was proposed, so it was not done. Please ask again."
        )
        raise _Over(State.OVERTAKEN, told, now=against(held.difference, found))
    _end(held, State.CONFIRMED, _done(made), url=made.get_absolute_url())


def _as_proposed(wish: Wish, held: Proposal) -> RepairOrder | None:
    """The proposal's order, locked, which must be as it was where the proposal depends on that."""
    if held.order_id is None:
        return None
    RepairOrder.objects.select_for_update().get(pk=held.order_id)
    order = RepairOrder.objects.select_related("shop").get(pk=held.order_id)
    if wish.keeps_basis and order.version != held.version:
        told = f"{order.label} was changed since this was proposed, so it was not done. It is shown as it is now."
        now = now_of(order, held.version or 0, held.difference)
        raise _Over(State.OVERTAKEN, told, now=now)
    return order


def _done(made: Any) -> str:
    if isinstance(made, Notification):
        return "The draft waits for approval in the queue."
    if isinstance(made, Brief):
        return "It is being gathered."
    return f"Done: {made.label} is saved."


def _end(held: Proposal, state: State, outcome: str, *, url: str = "", now: Rows | None = None) -> None:
    held.state, held.decided_at, held.outcome, held.outcome_url = state, clock.now(), outcome[:500], url
    held.now = now or []
    held.save(update_fields=["state", "now", "decided_at", "outcome", "outcome_url"])
    turn = held.card.step.turn
    transaction.on_commit(lambda: telling.turn_changed(turn))  # for the person's other tabs
