"""One entry of the queue: what it says, and every decision about it."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import NON_FIELD_ERRORS
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from notifications import conversations, deliveries, mail_html, queries, queue, texts
from notifications.forms import DraftForm
from notifications.models import Delivery, Notification
from notifications.views import drafts
from notifications.views.queue import person
from repairs.errors import Refusal
from repairs.keys import read_key
from repairs.views.fragments import wants_fragment

Act = Callable[[Notification], object]


@require_safe
@never_cache
def entry(request: HttpRequest, pk: int) -> HttpResponse:
    return render(request, "notifications/entry.html", _context(_entry(pk)))


@require_POST
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Saves what was typed into a draft and does what the button said, both or neither.

    The buttons are save, preview (which saves nothing), approve, add, take_out and split. 422 with the faults: what
    was typed stays, with what others saved meanwhile below it; as text where the draft can't be edited any more.
    """
    draft = _entry(pk)
    form = DraftForm(draft, request.POST)
    if form.is_valid():
        try:
            if "preview" in request.POST:
                return _previewed(request, draft, form)
            said, shown = drafts.press(draft, form, request.POST, by=person(request))
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, said)
            return redirect(shown)
    now = _entry(pk)
    context = _context(now)
    if context["form"] is None:
        context |= {"refused": form.sentences(), "typed": form.typed()}
        return render(request, "notifications/entry.html", context, status=422)
    if form.has_error(NON_FIELD_ERRORS) and now.version != form.cleaned_data.get("expected_version"):
        form.show_at(now.version)
    return render(request, "notifications/entry.html", context | {"form": form}, status=422)


def _previewed(request: HttpRequest, draft: Notification, form: DraftForm) -> HttpResponse:
    """The page with what was typed, and the mail as it would be sent."""
    edited = queue.as_edited(draft, form.changes())
    letter = _letter(edited, answers="" if edited.own_subject else conversations.subject_to_answer(draft))
    context = _context(draft) | {"form": form, "letter": letter, "unsaved": form.has_changed()}
    return render(request, "notifications/entry.html", context)


@require_POST
def approve(request: HttpRequest, pk: int) -> HttpResponse:
    """Approves what the person saw: the version that the page showed. One that failed is tried again."""
    version = _version(request)
    return _act(
        request,
        pk,
        lambda draft: drafts.approve(draft, version, by=person(request)),
        said=drafts.APPROVED,
    )


@require_POST
def reject(request: HttpRequest, pk: int) -> HttpResponse:
    """Rejects what the person saw: the version that the page showed."""
    reason, version = request.POST.get("reason", ""), _version(request)
    return _act(
        request,
        pk,
        lambda draft: queue.reject(draft, by=person(request), reason=reason, expected_version=version),
        said="Rejected; nothing is sent.",
        typed=reason,
    )


@require_POST
def retry(request: HttpRequest, pk: int) -> HttpResponse:
    """Tries again what the person saw: the version that the page showed."""
    version = _version(request)
    return _act(
        request,
        pk,
        lambda draft: queue.retry(draft, by=person(request), expected_version=version),
        said="It is tried again.",
    )


@require_POST
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """Withdraws what the person saw: the version that the page showed."""
    version = _version(request)
    return _act(
        request,
        pk,
        lambda draft: queue.withdraw(draft, by=person(request), expected_version=version),
        said="Withdrawn",
    )


@require_POST
def done(request: HttpRequest, pk: int) -> HttpResponse:
    return _act(request, pk, lambda reminder: queue.done(reminder, by=person(request)), said="Done")


@require_POST
def resolve(request: HttpRequest, pk: int) -> HttpResponse:
    """What a person found out about a mail of which nobody knew whether it was sent."""
    by, answer = person(request), request.POST.get("sent", "")
    if answer == "never":
        return _act(request, pk, lambda draft: queue.give_up(draft, by=by), said="Noted; it is not sent.")
    sent = answer == "yes"
    return _act(
        request,
        pk,
        lambda draft: deliveries.resolve(deliveries.of(draft), by=by, sent=sent),
        said="Noted as sent" if sent else "It is sent again.",
    )


def _version(request: HttpRequest) -> int:
    """The version that the page showed; 0, which nothing has, when it named none."""
    return read_key(request.POST.get("expected_version", "")) or 0


def _act(request: HttpRequest, pk: int, act: Act, *, said: str, typed: str = "") -> HttpResponse:
    """Does it and shows the entry as it stands now: its card to htmx, else the page that the person came from.

    `typed` is the reason that was given, which stays where it is what was refused.
    """
    found = _entry(pk)
    failed = False
    try:
        act(found)
    except Refusal as refusal:
        if told := refusal.fields.get("reason"):
            return _reason_refused(request, pk, typed=typed, told=told)
        said, failed = refusal.sentence, True
    if wants_fragment(request):
        context = {"entry": _entry(pk), "said": said, "failed": failed, "oob": True}
        return render(request, "notifications/_answer.html", context, status=409 if failed else 200)
    messages.add_message(request, messages.ERROR if failed else messages.SUCCESS, said)
    return redirect(_back(request) or found)


def _reason_refused(request: HttpRequest, pk: int, *, typed: str, told: str) -> HttpResponse:
    """422 with what was typed: in the card to htmx, else on the entry's page."""
    entry = _entry(pk)
    if wants_fragment(request):
        fault = {"typed": typed, "told": told}
        context = {"entry": entry, "said": told, "failed": True, "oob": True, "reason_refused": fault}
        return render(request, "notifications/_answer.html", context, status=422)
    context = _context(entry) | {"refused": [told], "typed": [("Why?", typed)]}
    return render(request, "notifications/entry.html", context, status=422)


def _back(request: HttpRequest) -> str:
    """The address on this site from which the form was sent; what begins otherwise is the name of a page to Django."""
    back = request.POST.get("back", "")
    ours = back.startswith("/") and url_has_allowed_host_and_scheme(back, allowed_hosts={request.get_host()})
    return back if ours else ""


def _entry(pk: int) -> Notification:
    return get_object_or_404(queries.entries(), pk=pk)


def _context(found: Notification) -> dict[str, Any]:
    is_mail = found.kind == Notification.Kind.EMAIL_DRAFT
    waiting = found.state == Notification.State.PENDING_APPROVAL
    editable = is_mail and found.parent is None and (waiting or found.state == Notification.State.FAILED)
    delivery: Delivery | None = getattr(found, "delivery", None)
    approved = _approved_letter(delivery) if delivery and not waiting else None
    letter = None
    if is_mail and approved is None:
        answers = "" if found.parent_id else conversations.subject_to_answer(found)
        letter = _letter(found, answers=answers)
    return {
        "entry": found,
        "form": DraftForm(found) if editable else None,
        "approved": approved,
        "held_up": deliveries.waiting_run(delivery) if delivery else None,
        "letter": letter,
        "siblings": queries.combinable(found.shop).count() if editable and waiting and found.shop else 0,
    }


def _letter(draft: Notification, *, answers: str) -> dict[str, Any]:
    """A draft as it would be sent; `answers` is the subject of the answer that it would be, if it is one."""
    rendered = texts.render(draft)
    return {
        "mailbox": settings.MAIL_FROM,
        "to": draft.to_address,
        "cc": deliveries.copies(draft.to_address),
        "subject": answers or rendered.subject,
        "answers": bool(answers),
        "html": mail_html.shown(rendered.html),
    }


def _approved_letter(delivery: Delivery) -> dict[str, Any]:
    """A mail as it was approved."""
    fields = {name: getattr(delivery, name) for name in ("mailbox", "to", "cc")}
    fields |= {"subject": delivery.real_subject, "answers": bool(delivery.given_subject)}
    return fields | {"html": mail_html.shown(delivery.html)}
