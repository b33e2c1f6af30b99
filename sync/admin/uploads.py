"""Imports in the browser: a file, its dry run with the report, and the import."""

from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_http_methods
from unfold.widgets import UnfoldAdminFileFieldWidget, UnfoldAdminSelectWidget

from genthrust import uploads
from repairs.admin import OfficeAdmin, ReadOnly, office_page
from repairs.errors import Refusal
from sync import imports
from sync.models import Run, Upload

if TYPE_CHECKING:
    from django.contrib.auth.models import User


class UploadForm(forms.Form):
    kind = forms.ChoiceField(
        label="What does it hold?", choices=Upload.Kind.choices, widget=UnfoldAdminSelectWidget
    )
    file = forms.FileField(
        help_text="At most 10 MB. Nothing is written yet: you see the report first.",
        widget=UnfoldAdminFileFieldWidget,
    )


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest, model_admin: Any) -> HttpResponse:
    _allowed(request)
    form = UploadForm(request.POST or None, request.FILES or None)
    if told := uploads.trouble(request):
        form.add_error(None, told)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data["file"]
        try:
            content = given.read() if given.size <= imports.LARGEST else b"x" * (imports.LARGEST + 1)
            made = imports.upload(
                kind=form.cleaned_data["kind"],
                name=given.name,
                content=content,
                by=cast("User", request.user),
            )
        except Refusal as refusal:
            for name, told in refusal.fields.items():
                form.add_error(name, told)
        else:
            return redirect("admin:sync_upload_report", pk=made.pk)
    return office_page(request, model_admin, "admin/sync/upload.html", "Import a file", {"form": form})


@require_http_methods(["GET", "HEAD", "POST"])
def report(request: HttpRequest, model_admin: Any, pk: int) -> HttpResponse:
    _allowed(request)
    made = get_object_or_404(Upload.objects.defer("content"), pk=pk)
    if request.method == "POST":
        try:
            imports.agree(made, by=cast("User", request.user))
        except Refusal as refusal:
            messages.error(request, refusal.sentence)
        return redirect(request.path)
    run = Run.objects.filter(kind=imports.KIND, about=made.pk).order_by("-id").first()
    lists = [
        (title, made.report.get(f"{name}_count", 0), made.report.get(name, []))
        for name, title in (
            ("rejected", "Not imported"),
            ("issues", "Cells to look at"),
            ("differences", "Differences that are left as they are"),
        )
    ]
    context = {"made": made, "run": run, "at_work": run is not None and run.state in Run.OPEN, "lists": lists}
    return office_page(request, model_admin, "admin/sync/report.html", f"Import of {made.name}", context)


def _allowed(request: HttpRequest) -> None:
    if not request.user.has_perm("repairs.change_repairorder"):
        raise PermissionDenied


@admin.register(Upload)
class UploadAdmin(ReadOnly, OfficeAdmin):
    list_display = ("name", "kind", "by_name", "at", "agreed", "imported_at")
    list_filter = ("kind",)
    search_fields = ("name", "by_name")
    fields = exported = ("name", "kind", "by_name", "at", "agreed", "imported_at")
    custom_urls = (
        ("new/", "sync_upload_new", new),
        ("<int:pk>/report/", "sync_upload_report", report),
    )

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).defer("content")
