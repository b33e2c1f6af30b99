"""What the pages of one order share: its parts, and the answers to what a person did there."""

from typing import TYPE_CHECKING, Any, cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse

from repairs import clock, orders
from repairs.feed import advise, facts_of
from repairs.forms import LinkForm, NoteForm, OrderForm, SheetForm, StatusForm
from repairs.models import RepairOrder
from repairs.related import related_to
from repairs.statuses import EXITS, PATH, Sheet, usual_next
from repairs.views import histories
from repairs.views.fragments import answer, wants_fragment

if TYPE_CHECKING:
    from django.contrib.auth.models import User

REFUSED = {409: "Not saved: somebody else changed this order meanwhile."}


def find_order(number: int) -> RepairOrder:
    return get_object_or_404(RepairOrder.objects.select_related("shop"), number=number)


def person(request: HttpRequest) -> "User":
    return cast("User", request.user)


def saved(
    request: HttpRequest, order: RepairOrder, said: str = "Saved", *, since: int | None = None
) -> HttpResponse:
    """`since` is the order's version before the act: with it the message offers to take the change back."""
    undo = undo_of(order, by=person(request), since=since)
    if not wants_fragment(request):
        messages.success(request, said, extra_tags=undo)
        return redirect(order)
    context = context_of(find_order(order.number)) | {"oob": True, "said": said, "undo": undo}
    return render(request, "repairs/_order_sections.html", context)


def undo_of(order: RepairOrder, *, by: "User", since: int | None) -> str:
    """The address that takes back what a person did to an order since a version of it; "" where that is nothing."""
    act = orders.undoable(order) if since is not None and order.version > since else None
    mine = act is not None and act.by_id == by.pk and orders.may_undo(act, by)
    return reverse("order-undo", args=[order.number, act.pk]) if act and mine else ""


def refused(
    request: HttpRequest, order: RepairOrder, *, status: int = 422, said: str = "", **shown: Any
) -> HttpResponse:
    said = said or REFUSED.get(status, "Not saved. Please check the form.")
    context = (
        context_of(find_order(order.number))
        | shown
        | {"oob": wants_fragment(request), "said": said, "failed": True}
    )
    return answer(
        request,
        page="repairs/order.html",
        fragment="repairs/_order_sections.html",
        context=context,
        status=status,
    )


def context_of(order: RepairOrder, *, before: int | None = None) -> dict[str, Any]:
    """Everything that the parts of an order's page show; its history before an act, where that is named."""
    today = clock.today()
    return {
        "order": order,
        "today": today,
        "late": order.days_overdue(today),
        "advice": advise(facts_of(order, today)) if order.sheet == Sheet.ACTIVE else None,
        "path": _path(order),
        "exits": EXITS,
        "next_step": _next_step(order.status),
        "fields_form": OrderForm(order),
        "status_form": StatusForm(order),
        "note_form": NoteForm(),
        "sheet_form": SheetForm(initial={"sheet": order.sheet}),
        "undoable": orders.undoable(order),
        "related": related_to(order),
        "link_form": LinkForm(),
        "history": histories.acts(order.activity.all(), before),
        "earlier": order.status_changes.filter(imported=True),
        "notes": order.added_notes.all(),
    }


def _next_step(status: str) -> str:
    """The one step of the usual path that one click takes; "" where there is none."""
    step = usual_next(status)[:1]
    return step[0] if step and step[0] in PATH else ""


def _path(order: RepairOrder) -> list[tuple[str, str]]:
    """Every step of the usual path, and whether the order has it behind it ("done"), is there ("now"), or not ("")."""
    left = order.status in EXITS
    reached = _left_from(order) if left else order.status
    at = PATH.index(reached) if reached in PATH else -1
    places = ["done" if position < at + left else "" for position in range(len(PATH))]
    if at >= 0 and not left:
        places[at] = "now"
    return list(zip(PATH, places, strict=True))


def _left_from(order: RepairOrder) -> str:
    """The last step of the path that the order took before it left by an exit."""
    steps = order.status_changes.that_stand().filter(from_status__in=PATH).order_by("-id")
    return steps.values_list("from_status", flat=True).first() or ""
