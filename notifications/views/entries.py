"""One entry of the queue: what it says, and every decision about it."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from notifications import combine, deliveries, queries, queue, texts
from notifications.forms import DraftForm, ReasonForm
from notifications.models import Notification
from notifications.views.queue import person
from repairs.errors import Refusal
from repairs.models import RepairOrder
from repairs.views.fragments import wants_fragment

Act = Callable[[Notification], object]


@require_safe
@never_cache
def entry(request: HttpRequest, pk: int) -> HttpResponse:
    return render(request, "notifications/entry.html", _context(_entry(pk)))


@require_POST
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Saves a draft, and approves it when the button said so. 422 with the faults; what was typed stays."""
    draft = _entry(pk)
    form = DraftForm(draft, request.POST)
    approving = "approve" in request.POST
    if form.is_valid():
        try:
            _save(draft, form, request, approving=approving)
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, "Approved; it is being sent." if approving else "Saved")
            return redirect(draft)
    context = _context(_entry(pk)) | {"form": form}
    return render(request, "notifications/entry.html", context, status=422)


def _save(draft: Notification, form: DraftForm, request: HttpRequest, *, approving: bool) -> None:
    changes, version = form.changes(), form.cleaned_data["expected_version"]
    if changes:
        queue.edit(draft, by=person(request), changes=changes, expected_version=version)
        version = draft.version
    if approving:
        queue.approve(draft, by=person(request), expected_version=version)


@require_POST
def approve(request: HttpRequest, pk: int) -> HttpResponse:
    """Approves what the person saw: the version that the page showed."""
    shown = request.POST.get("expected_version", "")
    version = int(shown) if shown.isascii() and shown.isdigit() else 0
    return _act(
        request,
        pk,
        lambda draft: queue.approve(draft, by=person(request), expected_version=version),
        said="Approved; it is being sent.",
    )


@require_POST
def reject(request: HttpRequest, pk: int) -> HttpResponse:
    form = ReasonForm(request.POST)
    form.is_valid()
    reason = form.cleaned_data.get("reason", "")
    return _act(
        request,
        pk,
        lambda draft: queue.reject(draft, by=person(request), reason=reason),
        said="Rejected; nothing is sent.",
    )


@require_POST
def retry(request: HttpRequest, pk: int) -> HttpResponse:
    return _act(request, pk, lambda draft: queue.retry(draft, by=person(request)), said="It is tried again.")


@require_POST
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    return _act(request, pk, lambda draft: queue.withdraw(draft, by=person(request)), said="Withdrawn")


@require_POST
def done(request: HttpRequest, pk: int) -> HttpResponse:
    return _act(request, pk, lambda reminder: queue.done(reminder, by=person(request)), said="Done")


@require_POST
def resolve(request: HttpRequest, pk: int) -> HttpResponse:
    """What a person found out about a mail of which nobody knew whether it was sent."""
    sent = request.POST.get("sent") == "yes"
    return _act(
        request,
        pk,
        lambda draft: deliveries.resolve(draft.delivery, by=person(request), sent=sent),
        said="Noted as sent" if sent else "It is sent again.",
    )


@require_POST
def split(request: HttpRequest, pk: int) -> HttpResponse:
    """Every order of a combined mail gets its own draft back."""
    parent = _entry(pk)
    try:
        combine.split(parent, by=person(request))
    except Refusal as refusal:
        messages.error(request, refusal.sentence)
        return redirect(parent)
    messages.success(request, "Every order has its own draft again.")
    return redirect("queue")


@require_POST
def add_row(request: HttpRequest, pk: int) -> HttpResponse:
    number = request.POST.get("number", "").strip().lstrip("Gg")
    orders = RepairOrder.objects.filter(number=int(number) if number.isascii() and number.isdigit() else 0)
    order = orders.first()
    if order is None:
        messages.error(request, "There is no order with that number.")
        return redirect(_entry(pk))
    return _act(
        request,
        pk,
        lambda parent: combine.add_row(parent, order, by=person(request)),
        said=f"Added {order.label}",
    )


@require_POST
def remove_row(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    return _act(
        request,
        pk,
        lambda parent: combine.remove_row(parent, number=number, by=person(request)),
        said=f"Took G{number} out",
    )


def _act(request: HttpRequest, pk: int, act: Act, *, said: str) -> HttpResponse:
    """Does it and shows the entry as it stands now: its card to htmx, else the page that the person came from."""
    found = _entry(pk)
    failed = False
    try:
        act(found)
    except Refusal as refusal:
        said, failed = refusal.sentence, True
    if wants_fragment(request):
        context = {"entry": _entry(pk), "said": said, "failed": failed, "oob": True}
        return render(request, "notifications/_answer.html", context, status=409 if failed else 200)
    messages.add_message(request, messages.ERROR if failed else messages.SUCCESS, said)
    return redirect(_back(request) or found)


def _back(request: HttpRequest) -> str:
    back = request.POST.get("back", "")
    return back if url_has_allowed_host_and_scheme(back, allowed_hosts={request.get_host()}) else ""


def _entry(pk: int) -> Notification:
    return get_object_or_404(queries.entries(), pk=pk)


def _context(found: Notification) -> dict[str, Any]:
    is_mail = found.kind == Notification.Kind.EMAIL_DRAFT
    waiting = found.state == Notification.State.PENDING_APPROVAL
    open_to_edit = (waiting or found.state == Notification.State.FAILED) and found.parent is None
    return {
        "entry": found,
        "form": DraftForm(found) if is_mail and open_to_edit else None,
        "reason_form": ReasonForm(),
        "letter": texts.render(found) if is_mail and (waiting or not hasattr(found, "delivery")) else None,
        "siblings": queries.combinable(found.shop)
        if is_mail and waiting and open_to_edit and found.shop
        else [],
    }
