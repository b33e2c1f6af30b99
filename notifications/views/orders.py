"""What an order's page shows of follow-ups and mail, and what a person starts there."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.html import format_html
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import HttpResponseClientRedirect

from notifications import conversations, followups, queries, queue
from notifications.forms import RemindForm
from notifications.models import FollowUp, Notification
from notifications.templatetags.mail import order_mail
from notifications.views.queue import person
from repairs.errors import Refusal
from repairs.models import RepairOrder
from repairs.reading import read_date
from repairs.views.fragments import wants_fragment

WRITTEN = "notifications/_write.html"


@require_safe
@never_cache
def mail(request: HttpRequest, number: int) -> HttpResponse:
    """An order's follow-ups, reminders and mails, as a fragment of its page."""
    return render(request, "notifications/_order_mail.html", order_mail(_order(number)))


@require_POST
def write(request: HttpRequest, number: int) -> HttpResponse:
    """A draft to the shop, at once. One that is open already is led to.

    In a list, which asks by htmx, what was pressed becomes the way to the draft.
    """
    order = _order(number)
    draft = queue.draft_for(order, cause=Notification.Cause.BY_HAND, by=person(request))
    if draft is None:
        waits = queries.open_drafts([order]).get(order.pk)
        return _led_to(request, waits) if waits else _no_words(request, order)
    address = draft.get_absolute_url()
    if not wants_fragment(request):
        return redirect(address)
    told = format_html(
        'The draft about {} waits for approval. <a href="{}">Look at it</a>', order.label, address
    )
    return render(request, WRITTEN, {"order": order, "draft": draft, "said": told, "oob": True})


def _led_to(request: HttpRequest, draft: Notification) -> HttpResponse:
    if wants_fragment(request):
        return HttpResponseClientRedirect(draft.get_absolute_url())
    return redirect(draft)


def _no_words(request: HttpRequest, order: RepairOrder) -> HttpResponse:
    told = "There is no template for a mail about an order with this status."
    if wants_fragment(request):
        context = {"order": order, "said": told, "failed": True, "oob": True}
        return render(request, WRITTEN, context, status=409)
    messages.error(request, told)
    return redirect(order)


@require_POST
def remind(request: HttpRequest, number: int) -> HttpResponse:
    order = _order(number)
    form = RemindForm(request.POST)
    form.is_valid()
    try:
        _remind(order, form, request)
    except Refusal as refusal:
        form.refuse(refusal)
        return _shown(request, order, said="", form=form, status=422)
    return _shown(request, order, said="You will be reminded.")


def _remind(order: RepairOrder, form: RemindForm, request: HttpRequest) -> None:
    typed = read_date(form.cleaned_data["day"])
    if typed.value is None:
        told = typed.problem or "Please choose a day."
        raise Refusal(told, fields={"day": told})
    followups.remind(order, by=person(request), day=typed.value, text=form.cleaned_data["text"])


@require_POST
def forget(request: HttpRequest, pk: int) -> HttpResponse:
    follow_up = get_object_or_404(FollowUp.objects.select_related("order"), pk=pk)
    return _try(
        request,
        follow_up.order,
        lambda: followups.forget(follow_up, by=person(request)),
        said="It is taken off.",
    )


@require_POST
def refresh(request: HttpRequest, number: int) -> HttpResponse:
    """Asks Outlook for the conversations of an order, in the background."""
    order = _order(number)
    conversations.refresh(order, by=person(request))
    return HttpResponse(status=204) if wants_fragment(request) else redirect(order)


def _try(request: HttpRequest, order: RepairOrder, act: Callable[[], object], *, said: str) -> HttpResponse:
    try:
        act()
    except Refusal as refusal:
        return _shown(request, order, said=refusal.sentence, status=409)
    return _shown(request, order, said=said)


def _shown(
    request: HttpRequest, order: RepairOrder, *, said: str, form: RemindForm | None = None, status: int = 200
) -> HttpResponse:
    failed = status >= 400
    if not wants_fragment(request) and form is None:
        messages.add_message(request, messages.ERROR if failed else messages.SUCCESS, said)
        return redirect(order)
    more: dict[str, Any] = {"said": said, "failed": failed, "oob": bool(said)}
    if form is not None:
        more["remind_form"] = form
    page = "notifications/_order_mail.html" if wants_fragment(request) else "notifications/order_mail.html"
    return render(request, page, order_mail(order) | more, status=status)


def _order(number: int) -> RepairOrder:
    return get_object_or_404(RepairOrder.objects.select_related("shop"), number=number)
