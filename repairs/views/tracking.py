"""The one field that who works on orders fills in: how a shipped unit travels, when that is the next step."""

from typing import TYPE_CHECKING

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_POST

from repairs import clock, orders
from repairs.errors import Conflict, Refusal
from repairs.feed import Kind, advise, facts_of
from repairs.forms import INCOMPLETE
from repairs.keys import read_key
from repairs.models import RepairOrder
from repairs.statuses import Sheet
from repairs.views.order_parts import REFUSED, find_order, person, refused, saved
from repairs.wording import quoted

if TYPE_CHECKING:
    from django.contrib.auth.models import User


@require_POST
def tracking(request: HttpRequest, number: int) -> HttpResponse:
    """Takes the tracking number that an order's page asks for. 409 when that is not its next step any more."""
    order = find_order(number)
    since, typed = order.version, request.POST.get("tracking_number", "")
    try:
        _refuse_unless_asked(order)
        add_tracking(order, by=person(request), typed=typed, version=version_in(request), merging=True)
    except Refusal as refusal:
        status = 422 if refusal.fields else 409
        sentence = REFUSED[409] if isinstance(refusal, Conflict) else refusal.sentence
        said = sentence if refusal.fields else with_typed(sentence, typed)
        fault = {"typed": typed, "told": refusal.sentence if refusal.fields else ""}
        return refused(request, order, status=status, said=said, tracking_refused=fault)
    return saved(request, order, since=since)


def add_tracking(order: RepairOrder, *, by: "User", typed: str, version: int, merging: bool = False) -> None:
    """Writes down how a unit travels. Raises Refusal for nothing, and as repairs.orders.edit does."""
    if not typed.strip():
        told = "Please enter the tracking number, or how it is picked up."
        raise Refusal(told, fields={"tracking_number": told})
    changes = {"tracking_number": typed}
    orders.edit(order, by=by, changes=changes, expected_version=version, merging=merging)


def with_typed(sentence: str, typed: str) -> str:
    """A refusal with what was typed: the form that held it may be gone with the step that asked for it."""
    return f"{sentence} You entered {quoted(typed)}." if typed.strip() else sentence


def version_in(request: HttpRequest) -> int:
    """The version at which the order was shown."""
    version = read_key(request.POST.get("expected_version", ""))
    if version is None:
        raise Refusal(INCOMPLETE)
    return version


def _refuse_unless_asked(order: RepairOrder) -> None:
    """What the feed's next step is not, only the office changes, among the fields."""
    step = advise(facts_of(order, clock.today())).act.kind if order.sheet == Sheet.ACTIVE else None
    if step != Kind.TRACKING:
        raise Refusal(f"{order.label} has moved on meanwhile. Nothing was changed.")
