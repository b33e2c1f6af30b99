"""Export of what a list of the back office shows: the rows that were ticked, or all that its filters leave."""

from collections.abc import Callable
from typing import Any, cast

from django.contrib import messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils.text import slugify

from repairs.errors import Refusal
from repairs.exporting import CHUNK, Column, Table, column_of
from repairs.views.files import FORMS, file_of

Act = tuple[Callable[..., Any], str, str]
LABELS = {"csv": "Export the selected as CSV", "xlsx": "Export the selected as Excel"}


class Exporting:
    """For an admin: its list as a file. `exported` names fields, or gives columns of their own."""

    exported: tuple[str | Column, ...] = ()
    list_after_template = "admin/repairs/export.html"

    def table_of(self, rows: QuerySet[Any]) -> Table:
        """These rows as a table."""
        model: Any = rows.model
        columns = [c if isinstance(c, Column) else column_of(model, c) for c in self.exported]
        named = {name for name in self.exported if isinstance(name, str)}
        others = [field.name for field in model._meta.fields if field.is_relation and field.name in named]
        found = rows.select_related(*others) if others else rows
        return Table(slugify(model._meta.verbose_name_plural), columns, found.iterator(chunk_size=CHUNK))

    def get_actions(self, request: HttpRequest) -> Any:
        parent = cast("Any", super())
        actions: dict[str, Act] = parent.get_actions(request)
        if not self.exported:
            return actions
        return actions | {f"export_{form}": (_act(form), f"export_{form}", LABELS[form]) for form in FORMS}

    def get_urls(self) -> list[Any]:
        parent, site = cast("Any", super()), cast("Any", self).admin_site
        view = site.admin_view(self.export_list)
        mine = [path("export.<slug:form>", view, name=f"{self._named}_export")] if self.exported else []
        return [*mine, *parent.get_urls()]

    @property
    def _named(self) -> str:
        meta = cast("Any", self).opts
        return f"{meta.app_label}_{meta.model_name}"

    @property
    def export_address(self) -> str:
        """Where the list is exported, without the ending; for the template below a list."""
        return (
            reverse(f"admin:{self._named}_export", args=["csv"]).removesuffix("csv") if self.exported else ""
        )

    def export_list(self, request: HttpRequest, form: str) -> HttpResponseBase:
        """All rows that the list with this address would show, in its order."""
        admin: Any = self
        if form not in FORMS:
            raise Http404
        if not admin.has_view_permission(request):
            raise PermissionDenied
        back = f"{reverse(f'admin:{self._named}_changelist')}?{request.GET.urlencode()}"
        try:
            rows = admin.get_changelist_instance(request).queryset
        except IncorrectLookupParameters:
            messages.error(request, "This filter is not understood, so nothing was exported.")
            return redirect(f"admin:{self._named}_changelist")
        return answer(request, self, rows, form) or redirect(back)


def answer(request: HttpRequest, admin: Exporting, rows: QuerySet[Any], form: str) -> HttpResponseBase | None:
    """The file; None, with the reason as a message, when there is none."""
    try:
        return file_of(admin.table_of(rows), form, count=rows.count())
    except Refusal as refusal:
        messages.error(request, refusal.sentence)
        return None


def _act(form: str) -> Callable[..., HttpResponseBase | None]:
    def act(admin: Exporting, request: HttpRequest, chosen: QuerySet[Any]) -> HttpResponseBase | None:
        return answer(request, admin, chosen, form)

    return act
