"""What the admins of all apps are made of: the theme's classes, what can only be looked at, and forms for verbs."""

from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.widgets import AutocompleteSelect
from django.core.exceptions import ValidationError
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.text import capfirst

from repairs.activity import as_text
from repairs.admin.exports import Exporting
from repairs.errors import Conflict, Refusal
from repairs.fields import cleaned_value, refuse_unseen
from repairs.overtaken import Overtaken
from repairs.shown import AsShown

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    ModelAdmin = admin.ModelAdmin[Any]
    TabularInline = admin.TabularInline[Any, Any]
    StackedInline = admin.StackedInline[Any, Any]
    ModelFormBase = forms.ModelForm[Any]
    OfficeFilter = admin.SimpleListFilter
else:
    from unfold.admin import ModelAdmin, StackedInline, TabularInline
    from unfold.contrib.filters.admin import DropdownFilter

    ModelFormBase = forms.ModelForm
    OfficeFilter = DropdownFilter

__all__ = [
    "ModelAdmin",
    "NoDelete",
    "OfficeAdmin",
    "OfficeFilter",
    "ReadField",
    "ReadOnly",
    "RowsInline",
    "ShownForm",
    "StackedInline",
    "TabularInline",
    "VerbAdmin",
    "VerbForm",
    "each",
    "office_page",
]

ROWS_A_PAGE = 50


class NoDelete:
    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False


class ReadOnly(NoDelete):
    """Looked at here, never changed."""

    def has_add_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False


class SearchedSelect(AutocompleteSelect):
    """A row that is searched for. What was sent and can be no key is shown as none; Django would look it up."""

    def optgroups(self, name: str, value: Any, attr: Any = None) -> Any:
        return super().optgroups(name, [key for key in value if _fits(self.field.target_field, key)], attr)


class OfficeAdmin(Exporting, ModelAdmin):
    """The look that all lists and forms share, and their export."""

    list_per_page = ROWS_A_PAGE
    list_filter_submit = True
    list_fullwidth = True
    compressed_fields = True
    warn_unsaved_form = True

    def formfield_for_dbfield(self, db_field: Any, request: Any, **more: Any) -> Any:
        """In a list a field has no label beside it: the heading of its column stands for that."""
        field = super().formfield_for_dbfield(db_field, request, **more)
        if field and db_field.name in self.list_editable:
            field.widget.attrs["aria-label"] = str(field.label)
        return field

    def formfield_for_foreignkey(self, db_field: Any, request: Any, **more: Any) -> Any:
        if db_field.name in self.get_autocomplete_fields(request):
            more["widget"] = SearchedSelect(db_field, self.admin_site)
        return super().formfield_for_foreignkey(db_field, request, **more)

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """`?_to_field=` without a name is no field; Django looks for one and finds none."""
        return super().get_object(request, object_id, from_field or None)

    def response_action(self, request: HttpRequest, queryset: Any, *given: Any, **more: Any) -> Any:
        """What can be no key of a row chooses none; Django would look it up all the same."""
        sent = request.POST.copy()
        chosen = sent.getlist(ACTION_CHECKBOX_NAME)
        sent.setlist(ACTION_CHECKBOX_NAME, [key for key in chosen if _fits(self.model._meta.pk, key)])
        request.POST = sent  # type: ignore[assignment]  # what Django reads from
        return super().response_action(request, queryset, *given, **more)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """What an address says of a new row, without what can be no key: Django would look it up all the same."""
        found = super().get_changeform_initial_data(request)
        return {name: value for name, value in found.items() if self._can_be(name, value)}

    def _can_be(self, name: str, value: Any) -> bool:
        field = next((field for field in self.model._meta.fields if field.name == name), None)
        return not isinstance(field, models.ForeignKey) or _fits(field.target_field, value)


def _fits(field: Any, value: Any) -> bool:
    """Whether a value sent by a browser can stand in a field."""
    try:
        field.to_python(value)
    except ValidationError:
        return False
    return True


class RowsInline(ReadOnly, TabularInline):
    """Rows that belong to what is shown, for reading."""

    extra = 0
    show_change_link = False
    template_after = "admin/repairs/none_yet.html"


def office_page(
    request: HttpRequest, model_admin: Any, template: str, title: str, context: dict[str, Any]
) -> TemplateResponse:
    """A page of the back office beside the lists and forms, in the same frame."""
    frame = model_admin.admin_site.each_context(request)
    return TemplateResponse(request, template, {**frame, "title": title, **context})


def each(request: HttpRequest, chosen: Iterable[Any], act: Callable[[Any, "User"], object]) -> None:
    """Does one act to each of the chosen rows, and says of each what became of it."""
    for row in chosen:
        try:
            act(row, cast("User", request.user))
        except Refusal as refusal:
            messages.error(request, f"{row}: {refusal.sentence}")
        else:
            messages.success(request, f"{row}: done.")


class VerbForm(ModelFormBase):
    """A form whose values go to a verb. What the verb refused is told beside the fields that it names."""

    refusal: Refusal | None = None

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if self.refusal:
            named = {name: told for name, told in self.refusal.fields.items() if name in self.fields}
            for name, told in named.items():
                self.add_error(name, told)
            if not named:
                self.add_error(None, _told(self.refusal))
        return data


class ShownForm(AsShown, VerbForm):
    """A form of a row that has no version: what two people changed in it is found by the values that it showed."""

    def __init__(self, *given: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        if isinstance(self.refusal, Overtaken) and self.refusal.row != self.instance:
            self.refusal = None  # another row of the same list
        if self.instance.pk:
            self.carry_shown(self.refusal)


def _told(refusal: Refusal) -> str:
    changes = refusal.changes if isinstance(refusal, Conflict) else []
    return " ".join([refusal.sentence, "; ".join(f"{c} (by {c.activity.by_name})" for c in changes)]).strip()


class VerbAdmin(NoDelete, OfficeAdmin):
    """An admin that writes through verbs. When one refuses, the form comes back whole, with the reason."""

    form = VerbForm

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: Any = None,
    ) -> HttpResponse:
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except Refusal as refusal:  # its transaction is rolled back; now the form is shown with it
            request.refusal = refusal  # type: ignore[attr-defined]  # what get_form hands to the form
            return super().changeform_view(request, object_id, form_url, extra_context)

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        try:
            return super().changelist_view(request, extra_context)
        except Overtaken as overtaken:  # its transaction is rolled back; now the list is shown with it
            request.refusal = overtaken  # type: ignore[attr-defined]  # what get_changelist_form hands to the forms
            return super().changelist_view(request, extra_context)

    def get_changelist_form(self, request: HttpRequest, **given: Any) -> Any:
        form: Any = super().get_changelist_form(request, **{"form": ShownForm} | given)
        return type(form)(form.__name__, (form,), {"refusal": getattr(request, "refusal", None)})

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **given: Any) -> Any:
        form: Any = super().get_form(request, obj, change, **given)
        return type(form)(form.__name__, (form,), {"refusal": getattr(request, "refusal", None)})


class ReadField(forms.CharField):
    """A date or an amount, read from what was typed as on the pages."""

    def __init__(self, field: Any, **given: Any) -> None:
        super().__init__(
            required=not field.blank, label=capfirst(field.verbose_name), help_text=field.help_text, **given
        )
        self._field = field

    def prepare_value(self, value: Any) -> str:
        return f"{value:,.2f}" if isinstance(value, Decimal) else as_text(value)

    def to_python(self, value: Any) -> Any:
        refuse_unseen(value)
        return cleaned_value(self._field, (value or "").strip())

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return bool(self.to_python(data) != initial)
        except forms.ValidationError:
            return True
