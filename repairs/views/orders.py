"""The pages of one order: what it is, and the forms that change it."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

from django.contrib import messages
from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from repairs import clock, orders
from repairs.errors import Conflict, Refusal
from repairs.forms import Collision, NoteForm, OrderForm, SheetForm, StatusForm
from repairs.models import FieldChange, RepairOrder
from repairs.reading import read_date
from repairs.statuses import PATH
from repairs.views.fragments import answer, wants_fragment

if TYPE_CHECKING:
    from django.contrib.auth.models import User

HISTORY_SHOWN = 200


@require_http_methods(["GET", "HEAD", "POST"])
def order_page(request: HttpRequest, number: int) -> HttpResponse:
    """Shows an order; POST saves its fields. 422 with the faults, 409 when somebody else was quicker."""
    order = _order(number)
    if request.method != "POST":
        return render(request, "repairs/order.html", _context(order))
    form = OrderForm(order, request.POST)
    if not form.is_valid():
        return _refused(request, order, fields_form=form)
    try:
        return _save_fields(request, order, form)
    except Conflict as conflict:
        return _collided(request, conflict, form)
    except Refusal as refusal:
        form.refuse(refusal)
        return _refused(request, order, fields_form=form)


def _save_fields(request: HttpRequest, order: RepairOrder, form: OrderForm) -> HttpResponse:
    orders.edit(
        order,
        by=_person(request),
        changes=form.changes(keep=_kept(request)),
        expected_version=form.cleaned_data["expected_version"],
    )
    return _saved(request, order)


def _kept(request: HttpRequest) -> list[str]:
    """The fields in which the person lets the other's value stand."""
    return request.POST.getlist("clash") if "keep_theirs" in request.POST else []


def _collided(request: HttpRequest, conflict: Conflict, form: OrderForm) -> HttpResponse:
    collision = Collision(conflict, form)
    merged = QueryDict(mutable=True)
    merged.update(collision.merged_data(request.POST))
    again = OrderForm(_order(conflict.order.number), merged)
    return _refused(request, conflict.order, status=409, fields_form=again, collision=collision)


@require_POST
def change_status(request: HttpRequest, number: int) -> HttpResponse:
    order = _order(number)
    form = StatusForm(order, request.POST)
    if not form.is_valid():
        return _refused(request, order, status_form=form)
    try:
        _set_status(order, form, by=_person(request))
    except Conflict as conflict:
        data = request.POST.copy()
        data["expected_version"] = str(conflict.order.version)
        return _refused(
            request,
            conflict.order,
            status=409,
            status_form=StatusForm(conflict.order, data),
            status_conflict=conflict,
        )
    except Refusal as refusal:
        form.refuse(refusal)
        return _refused(request, order, status_form=form)
    return _saved(request, order)


def _set_status(order: RepairOrder, form: StatusForm, *, by: "User") -> None:
    typed = read_date(form.cleaned_data["next_update"])
    if typed.problem:
        raise Refusal(typed.problem, fields={"next_update": typed.problem})
    orders.change_status(
        order,
        by=by,
        to=form.cleaned_data["status"],
        unit_returned=form.returned(),
        next_update=typed.value,
        expected_version=form.cleaned_data["expected_version"],
    )


@require_POST
def add_note(request: HttpRequest, number: int) -> HttpResponse:
    form = NoteForm(request.POST)
    return _act(
        request,
        number,
        "note_form",
        form,
        lambda order, by: orders.add_note(order, by=by, text=form.cleaned_data["text"]),
    )


@require_POST
def put_on_sheet(request: HttpRequest, number: int) -> HttpResponse:
    form = SheetForm(request.POST)
    return _act(
        request,
        number,
        "sheet_form",
        form,
        lambda order, by: orders.archive(order, by=by, sheet=form.cleaned_data["sheet"]),
    )


def _act(
    request: HttpRequest,
    number: int,
    name: str,
    form: NoteForm | SheetForm,
    verb: Callable[[RepairOrder, "User"], RepairOrder],
) -> HttpResponse:
    order = _order(number)
    shown: dict[str, Any] = {name: form}
    if not form.is_valid():
        return _refused(request, order, **shown)
    try:
        verb(order, _person(request))
    except Refusal as refusal:
        form.refuse(refusal)
        return _refused(request, order, **shown)
    return _saved(request, order)


def _order(number: int) -> RepairOrder:
    return get_object_or_404(RepairOrder.objects.select_related("shop"), number=number)


def _person(request: HttpRequest) -> "User":
    return cast("User", request.user)


def _saved(request: HttpRequest, order: RepairOrder) -> HttpResponse:
    if not wants_fragment(request):
        messages.success(request, "Saved")
        return redirect(order)
    context = _context(_order(order.number)) | {"oob": True, "said": "Saved"}
    return render(request, "repairs/_order_sections.html", context)


def _refused(request: HttpRequest, order: RepairOrder, *, status: int = 422, **shown: Any) -> HttpResponse:
    said = {409: "Not saved: somebody else changed this order meanwhile."}.get(
        status, "Not saved. Please check the form."
    )
    context = (
        _context(_order(order.number))
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


def _context(order: RepairOrder) -> dict[str, Any]:
    today = clock.today()
    return {
        "order": order,
        "today": today,
        "late": order.days_overdue(today),
        "path": [(name, _place(name, order.status)) for name in PATH],
        "fields_form": OrderForm(order),
        "status_form": StatusForm(order),
        "note_form": NoteForm(),
        "sheet_form": SheetForm(initial={"sheet": order.sheet}),
        "history": _history(order),
        "earlier": order.status_changes.filter(imported=True),
        "notes": order.added_notes.all(),
    }


def _place(step: str, status: str) -> str:
    if status not in PATH:
        return ""
    here, now = PATH.index(step), PATH.index(status)
    return "now" if here == now else "done" if here < now else ""


def _history(order: RepairOrder) -> Any:
    """Every act on the order with the fields that it changed, newest first."""
    changes = Prefetch("changes", FieldChange.objects.order_by("id"))
    return order.activity.prefetch_related(changes)[:HISTORY_SHOWN]
