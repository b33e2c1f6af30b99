"""A new order: the form, filled from an inventory line or from another order, and what is known of the part."""

from typing import TYPE_CHECKING, Any, cast
from uuid import UUID, uuid4

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from repairs import orders
from repairs.errors import AlreadyMade, Refusal
from repairs.forms import NEW_FIELDS, NewOrderForm
from repairs.inventory_queries import stock_of
from repairs.knowledge import known_of
from repairs.models import InventoryItem, RepairOrder
from repairs.reading import read_number

if TYPE_CHECKING:
    from django.contrib.auth.models import User

COPIED = ("shop", "part_number", "description", "requested_work", "estimated_cost", "terms")
"""What a copy of an order takes over; a serial number belongs to one unit."""
FROM_STOCK = ("part_number", "serial_number", "description")


@require_http_methods(["GET", "HEAD", "POST"])
def new_order(request: HttpRequest) -> HttpResponse:
    """The form; POST makes the order, or (`look`, `take_shop`) shows the form again with what is known.

    Each form has a key and makes one order. The address of one that did leads to an empty one, and one that is sent
    again makes none: it is shown with what it holds, with a new key.
    """
    if request.method != "POST":
        made = orders.made_by(_key(request.GET))
        return _shown(request, NewOrderForm(initial={} if made else _beginning(request)), made=made)
    if "look" in request.POST or "take_shop" in request.POST:
        return _shown(request, NewOrderForm(initial=_typed(request.POST)))
    form = NewOrderForm(request.POST)
    if form.is_valid():
        try:
            order = orders.create(
                by=cast("User", request.user), form_key=_key(request.POST), **form.cleaned_data
            )
        except AlreadyMade as refusal:
            return _shown(request, form, status=409, made=refusal.order)
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, f"{order.label} is created.")
            return redirect(order)
    return _shown(request, form, status=422)


@require_safe
def known(request: HttpRequest) -> HttpResponse:
    """What is known of the part that is being typed, as a fragment of the form's page."""
    return render(
        request, "repairs/_known.html", {"choosing": True} | known_context(request.GET.get("part_number", ""))
    )


def known_context(part: str) -> dict[str, Any]:
    """What the fragment on a part shows: its orders, and how much of it is in stock."""
    trimmed = " ".join(part.replace("\0", " ").split())
    return {"known": known_of(trimmed), "in_stock": stock_of(trimmed)}


def _key(sent: QueryDict) -> UUID | None:
    """The key of the form that was sent, or whose address this is."""
    try:
        return UUID(sent.get("form_key", ""))
    except ValueError:
        return None


def _shown(
    request: HttpRequest, form: NewOrderForm, *, status: int = 200, made: RepairOrder | None = None
) -> HttpResponse:
    """`made` is the order that the form has made before."""
    part = str(form["part_number"].value() or "")
    key = None if made else _key(request.POST or request.GET)
    context = {"form": form, "choosing": True, "made": made, "form_key": key or uuid4()} | known_context(part)
    return render(request, "repairs/new_order.html", context, status=status)


def _beginning(request: HttpRequest) -> dict[str, Any]:
    """What the address fills in: `item`, `copy`, or the fields themselves."""
    filled: dict[str, Any] = {}
    if "copy" in request.GET:
        filled = _fields_of(RepairOrder, {"number": read_number(request.GET["copy"])}, COPIED)
    elif "item" in request.GET:
        filled = _fields_of(InventoryItem, {"pk": read_number(request.GET["item"])}, FROM_STOCK)
    return filled | {name: request.GET[name] for name in NEW_FIELDS if name in request.GET}


def _fields_of(
    model: type[RepairOrder | InventoryItem], identity: dict[str, int | None], names: tuple[str, ...]
) -> dict[str, Any]:
    found = model._default_manager.filter(**identity).values(*names).first()
    if found is None:
        raise Http404
    return dict(found)


def _typed(data: QueryDict) -> dict[str, str]:
    """What was typed so far, with the shop that was chosen beside the form."""
    typed = {name: data.get(name, "") for name in NEW_FIELDS}
    return typed | {"shop": data.get("take_shop") or typed["shop"]}
