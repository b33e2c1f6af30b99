"""The office's side of follow-ups and mail: the words are edited here, everything else is decided by the verbs."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.views.decorators.http import require_POST
from unfold.contrib.filters.admin import RangeDateTimeFilter

from notifications import followups, queue, samples, templates, texts
from notifications.forms import seen_in
from notifications.models import (
    Conversation,
    ConversationMessage,
    Delivery,
    FollowUp,
    MailTemplate,
    Notification,
    OutlookItem,
)
from repairs.admin import OfficeAdmin, ReadOnly, RowsInline, ShownForm, StackedInline, VerbAdmin
from repairs.errors import Refusal
from repairs.forms import one_line_break
from repairs.statuses import status_word

if TYPE_CHECKING:
    from django.contrib.auth.models import User


class MailTemplateForm(ShownForm):
    class Meta:
        model = MailTemplate
        fields = ("enabled", "subject", "body")

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        try:
            texts.check(data.get("subject", ""), data.get("body", ""), key=self.instance.key)
        except Refusal as refusal:
            for name, told in refusal.fields.items() or {"body": refusal.sentence}.items():
                self.add_error(name if name in self.fields else None, told)
        return data


@admin.register(MailTemplate)
class MailTemplateAdmin(VerbAdmin):
    """The words for each occasion, checked when they are saved; what is typed is shown as it would read."""

    form = MailTemplateForm
    list_display = ("occasion", "enabled", "subject", "updated_at")
    list_editable = ("enabled",)
    fields = ("occasion", "enabled", "subject", "body", "variables", "preview")
    readonly_fields = ("occasion", "variables", "preview")
    exported = ("key", "enabled", "subject", "body", "updated_at")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        changes = {name: form.cleaned_data[name] for name in form.changed_data}
        templates.edit(obj, by=cast("User", request.user), changes=changes, shown=form.shown())

    @admin.display(description="For", ordering="position")
    def occasion(self, template: MailTemplate) -> str:
        return str(template)

    @admin.display(description="What may stand in it")
    def variables(self, template: MailTemplate) -> str:
        return ", ".join(
            f"{{{{ {name} }}}} ({told})" for name, told in texts.variables_of(template.key).items()
        )

    @admin.display(description="How it reads")
    def preview(self, template: MailTemplate) -> str:
        """Asked for anew whenever something is typed in the form around it."""
        address = reverse("admin:notifications_mailtemplate_preview", args=[template.pk])
        return render_to_string(
            "admin/notifications/_preview.html", {"address": address, **_as_it_reads(template)}
        )

    def get_urls(self) -> list[Any]:
        view = require_POST(self.admin_site.admin_view(self.preview_words))
        mine = path("<int:pk>/preview/", view, name="notifications_mailtemplate_preview")
        return [mine, *super().get_urls()]

    def preview_words(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The words that were typed, which nothing saves, as they would read."""
        template = get_object_or_404(MailTemplate, pk=pk)
        if not self.has_change_permission(request, template):
            raise PermissionDenied
        typed = {name: request.POST.get(name, "") for name in ("subject", "body")}
        saved = (template.subject, one_line_break(template.body))
        template.subject, template.body = typed["subject"], one_line_break(typed["body"])
        unsaved = (template.subject, template.body) != saved
        context = {"unsaved": unsaved, **_as_it_reads(template)}
        return render(request, "admin/notifications/_words.html", context)


def _as_it_reads(template: MailTemplate) -> dict[str, str]:
    try:
        subject, body = samples.letter(template)
    except samples.NothingToShow as nothing:
        return {"refusal": nothing.sentence}
    except Refusal as refusal:  # what is saved may have been saved past its check
        return {"refusal": f"It can't be used. {refusal.sentence}"}
    return {"subject": subject, "body": body}


class OutlookItemInline(RowsInline):
    model = OutlookItem
    fields = readonly_fields = ("kind", "mailbox", "wanted_day", "there_day", "pending_since", "trouble")
    extra = 0


@admin.register(FollowUp)
class FollowUpAdmin(ReadOnly, OfficeAdmin):
    list_display = ("order", "kind", "follows", "state", "due_at", "person", "round", "ended_because")
    list_filter = (
        "state",
        "kind",
        ("trouble", admin.EmptyFieldListFilter),
        ("due_at", RangeDateTimeFilter),
    )
    list_select_related = ("order", "person")
    search_fields = ("order__number", "text")
    inlines = (OutlookItemInline,)
    exported = (
        "order", "kind", "for_status", "state", "due_at", "person", "round", "ended_because",
    )  # fmt: skip
    actions = ("forget",)
    list_per_page = 50

    @admin.display(description="Follows", ordering="for_status")
    def follows(self, follow_up: FollowUp) -> str:
        return status_word(follow_up.for_status) or "–"

    @admin.action(description="Take off the selected reminders that were set by hand", permissions=["view"])
    def forget(self, request: HttpRequest, chosen: "QuerySet[FollowUp]") -> None:
        _each(request, chosen, lambda follow_up, by: followups.forget(follow_up, by=by))


class DeliveryInline(ReadOnly, StackedInline):
    model = Delivery
    fields = readonly_fields = (
        "state",
        "mailbox",
        "to",
        "cc",
        "subject",
        "text",
        "approved_by_name",
        "approved_at",
        "sent_at",
        "error",
        "found",
    )
    extra = 0


@admin.register(Notification)
class NotificationAdmin(ReadOnly, OfficeAdmin):
    list_display = (
        "subject",
        "kind",
        "state",
        "shop",
        "order",
        "to_address",
        "created_at",
        "decided_by_name",
    )
    list_filter = ("state", "kind", "cause", ("created_at", RangeDateTimeFilter))
    list_select_related = ("order", "shop")
    search_fields = ("order__number", "shop__name", "subject", "to_address")
    inlines = (DeliveryInline,)
    exported = list_display
    actions = ("approve", "withdraw", "retry", "done")
    list_per_page = 50

    @admin.action(description="Approve the selected emails…", permissions=["view"])
    def approve(self, request: HttpRequest, chosen: "QuerySet[Notification]") -> TemplateResponse | None:
        """Shows every word first; what is approved then is what was shown."""
        if "seen" in request.POST:
            _approve_seen(request)
            return None
        return self._shown(request, chosen, title="Approve these emails?", button="Approve and send")

    @admin.action(description="Withdraw the selected emails…", permissions=["view"])
    def withdraw(self, request: HttpRequest, chosen: "QuerySet[Notification]") -> TemplateResponse | None:
        """Shows every word first; what is withdrawn then is what was shown."""
        if "seen" in request.POST:
            _withdraw_seen(request, chosen)
            return None
        return self._shown(request, chosen, title="Withdraw these emails?", button="Withdraw")

    def _shown(
        self, request: HttpRequest, chosen: "QuerySet[Notification]", *, title: str, button: str
    ) -> TemplateResponse | None:
        drafts = list(chosen.filter(kind=Notification.Kind.EMAIL_DRAFT)[: queue.MOST_TOGETHER + 1])
        if not drafts or len(drafts) > queue.MOST_TOGETHER:
            messages.error(request, f"Please choose emails, {queue.MOST_TOGETHER} at most.")
            return None
        context = {"title": title, "button": button, "drafts": drafts, "opts": self.opts}
        context |= {"action": request.POST["action"]}
        page = "admin/notifications/shown.html"
        return TemplateResponse(request, page, self.admin_site.each_context(request) | context)

    @admin.action(description="Try the selected failed emails again", permissions=["view"])
    def retry(self, request: HttpRequest, chosen: "QuerySet[Notification]") -> None:
        _each(request, chosen, lambda entry, by: queue.retry(entry, by=by))

    @admin.action(description="Mark the selected reminders as done", permissions=["view"])
    def done(self, request: HttpRequest, chosen: "QuerySet[Notification]") -> None:
        _each(request, chosen, lambda entry, by: queue.done(entry, by=by))


@admin.register(Delivery)
class DeliveryAdmin(ReadOnly, OfficeAdmin):
    list_display = ("subject", "to", "state", "approved_by_name", "approved_at", "sent_at", "error")
    list_filter = ("state", ("approved_at", RangeDateTimeFilter))
    search_fields = ("subject", "to")
    exported = list_display
    list_per_page = 50


class MessageInline(RowsInline):
    model = ConversationMessage
    fields = readonly_fields = ("at", "sender", "subject", "text")
    extra = 0


@admin.register(Conversation)
class ConversationAdmin(ReadOnly, OfficeAdmin):
    list_display = ("__str__", "fetched_at", "trouble")
    search_fields = ("mailbox", "messages__subject")
    inlines = (MessageInline,)
    list_per_page = 50


def _approve_seen(request: HttpRequest) -> None:
    try:
        approved, refused = queue.approve_all(seen_in(request.POST), by=cast("User", request.user))
    except Refusal as refusal:
        messages.error(request, refusal.sentence)
        return
    for delivery in approved:
        messages.success(request, f"{delivery.subject}: approved; it is being sent.")
    for draft, sentence in refused:
        messages.error(request, f"{draft}: {sentence}")


def _withdraw_seen(request: HttpRequest, chosen: "QuerySet[Notification]") -> None:
    try:
        seen = seen_in(request.POST)
    except Refusal as refusal:
        messages.error(request, refusal.sentence)
        return
    _each(
        request,
        chosen.filter(pk__in=seen),
        lambda entry, by: queue.withdraw(entry, by=by, expected_version=seen[entry.pk]),
    )


def _each(request: HttpRequest, chosen: "QuerySet[Any]", act: Callable[[Any, "User"], object]) -> None:
    for row in chosen:
        try:
            act(row, cast("User", request.user))
        except Refusal as refusal:
            messages.error(request, f"{row}: {refusal.sentence}")
        else:
            messages.success(request, f"{row}: done.")
