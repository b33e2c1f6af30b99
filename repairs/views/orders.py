"""The pages of one order: what it is, and the forms that change it."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.views.decorators.http import require_http_methods, require_POST

from repairs import orders
from repairs.errors import Conflict, Refusal
from repairs.forms import Collision, NoteForm, OrderForm, SheetForm, StatusForm
from repairs.models import RepairOrder
from repairs.reading import read_date
from repairs.views import histories
from repairs.views.fragments import answer
from repairs.views.order_parts import context_of, find_order, person, refused, saved

if TYPE_CHECKING:
    from django.contrib.auth.models import User


@require_http_methods(["GET", "HEAD", "POST"])
def order_page(request: HttpRequest, number: int) -> HttpResponse:
    """Shows an order, to htmx without the frame around it; POST saves its fields.

    422 with the faults, 409 when somebody else was quicker.
    """
    order = find_order(number)
    if request.method != "POST":
        context = context_of(order, before=histories.asked_for(request))
        return answer(request, page="repairs/order.html", fragment="repairs/_order.html", context=context)
    form = OrderForm(order, request.POST)
    if not form.is_valid():
        return refused(request, order, fields_form=form)
    try:
        return _save_fields(request, order, form)
    except Conflict as conflict:
        return _collided(request, conflict, form)
    except Refusal as refusal:
        form.refuse(refusal)
        return refused(request, order, fields_form=form)


def _save_fields(request: HttpRequest, order: RepairOrder, form: OrderForm) -> HttpResponse:
    since = order.version
    orders.edit(
        order,
        by=person(request),
        changes=form.changes(keep=_kept(request)),
        expected_version=form.cleaned_data["expected_version"],
    )
    return saved(request, order, since=since)


def _kept(request: HttpRequest) -> list[str]:
    """The fields in which the person lets the other's value stand."""
    return request.POST.getlist("clash") if "keep_theirs" in request.POST else []


def _collided(request: HttpRequest, conflict: Conflict, form: OrderForm) -> HttpResponse:
    collision = Collision(conflict, form)
    merged = QueryDict(mutable=True)
    merged.update(collision.merged_data(request.POST))
    again = OrderForm(find_order(conflict.order.number), merged)
    return refused(request, conflict.order, status=409, fields_form=again, collision=collision)


@require_POST
def change_status(request: HttpRequest, number: int) -> HttpResponse:
    order = find_order(number)
    form = StatusForm(order, request.POST)
    if not form.is_valid():
        return refused(request, order, status_form=form)
    since = order.version
    try:
        _set_status(order, form, by=person(request))
    except Conflict as conflict:
        data = request.POST.copy()
        data["expected_version"] = str(conflict.order.version)
        return refused(
            request,
            conflict.order,
            status=409,
            status_form=StatusForm(conflict.order, data),
            status_conflict=conflict,
        )
    except Refusal as refusal:
        form.refuse(refusal)
        return refused(request, order, status_form=form)
    return saved(request, order, since=since)


def _set_status(order: RepairOrder, form: StatusForm, *, by: "User") -> None:
    typed = read_date(form.cleaned_data["next_update"])
    if typed.problem:
        raise Refusal(typed.problem, fields={"next_update": typed.problem})
    orders.change_status(
        order,
        by=by,
        to=form.cleaned_data["status"],
        unit_returned=form.cleaned_data["unit_returned"],
        next_update=typed.value,
        expected_version=form.cleaned_data["expected_version"],
        merging=True,
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
    order = find_order(number)
    shown: dict[str, Any] = {name: form}
    if not form.is_valid():
        return refused(request, order, **shown)
    since = order.version
    try:
        verb(order, person(request))
    except Refusal as refusal:
        form.refuse(refusal)
        return refused(request, order, **shown)
    return saved(request, order, since=since)
