"""The admin. It writes through the verbs, so that every change is checked, recorded and announced as anywhere else."""

from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AdminDateWidget
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.utils.text import capfirst

from repairs import orders, shops
from repairs.activity import as_text
from repairs.errors import Conflict, Refusal
from repairs.fields import cleaned_value
from repairs.models import (
    Activity,
    FieldChange,
    InventoryItem,
    OrderNote,
    RepairOrder,
    Shop,
    StatusChange,
    StatusRule,
)

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    RuledBase = admin.ModelAdmin[Any]
    ModelFormBase = forms.ModelForm[Any]
    InlineBase = admin.TabularInline[Any, Any]
else:
    RuledBase, ModelFormBase, InlineBase = admin.ModelAdmin, forms.ModelForm, admin.TabularInline

RETURNED = [("", "Not known"), ("yes", "Yes"), ("no", "No")]


class NoDelete:
    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False


class ReadOnly(NoDelete):
    """Looked at here, never changed."""

    def has_add_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False


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


def _told(refusal: Refusal) -> str:
    changes = refusal.changes if isinstance(refusal, Conflict) else []
    return " ".join([refusal.sentence, "; ".join(f"{c} (by {c.activity.by_name})" for c in changes)]).strip()


class VerbAdmin(NoDelete, RuledBase):
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
        return as_text(value)

    def to_python(self, value: Any) -> Any:
        return cleaned_value(self._field, (value or "").strip())

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return bool(self.to_python(data) != initial)
        except forms.ValidationError:
            return True


class OrderAdminForm(VerbForm):
    """All fields of an order. The version is that at which the form was opened."""

    expected_version = forms.IntegerField(min_value=1, widget=forms.HiddenInput)
    unit_returned = forms.ChoiceField(
        label="Did the unit come back?",
        choices=RETURNED,
        required=False,
        help_text="Asked for BER, RAI and CANCELLED.",
    )

    class Meta:
        model = RepairOrder
        fields = (*orders.EDITABLE, "status", "sheet")

    def __init__(self, *args: Any, **given: Any) -> None:
        super().__init__(*args, **given)
        if self.instance.pk:
            self.fields["expected_version"].initial = self.instance.version
        else:
            del self.fields["unit_returned"], self.fields["expected_version"]
            self.fields["shop"].required = self.fields["part_number"].required = True


class NoteInline(ReadOnly, InlineBase):
    model = OrderNote
    fields = readonly_fields = ("at", "by_name", "text")
    extra = 0


class StatusInline(ReadOnly, InlineBase):
    model = StatusChange
    fields = readonly_fields = ("at", "on", "by_name", "from_status", "to_status", "cost", "unit_returned")
    extra = 0


@admin.register(RepairOrder)
class RepairOrderAdmin(VerbAdmin):
    form = OrderAdminForm
    list_display = ("label", "shop", "part_number", "serial_number", "shown_status", "sheet", "next_update")
    list_filter = ("sheet", "status")
    list_select_related = ("shop",)
    search_fields = ("number", "shop__name", "part_number", "serial_number", "description")
    autocomplete_fields = ("shop",)
    list_per_page = 50
    inlines = (StatusInline, NoteInline)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return (
            ["status", "unit_returned", "sheet", *orders.EDITABLE, "expected_version"]
            if obj
            else orders.EDITABLE
        )

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **given: Any) -> Any:
        if isinstance(db_field, models.DecimalField):
            return ReadField(db_field)
        if isinstance(db_field, models.DateField):
            return ReadField(db_field, widget=AdminDateWidget)
        return super().formfield_for_dbfield(db_field, request, **given)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        by, data = cast("User", request.user), form.cleaned_data
        if not change:
            made = orders.create(
                by=by, **{name: data[name] for name in orders.EDITABLE if name in form.changed_data}
            )
            obj.__dict__.update(made.__dict__)
            return
        order = RepairOrder.objects.get(pk=obj.pk)
        changes = {name: data[name] for name in orders.EDITABLE if name in form.changed_data}
        orders.edit(order, by=by, changes=changes, expected_version=data["expected_version"])
        returned = {"yes": True, "no": False}.get(data["unit_returned"])
        if "status" in form.changed_data or returned is not None:
            _set_status(order, by=by, data=data, returned=returned, overridden=changes)
        if "sheet" in form.changed_data:
            orders.archive(order, by=by, sheet=data["sheet"])

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        obj.refresh_from_db()
        return super().log_change(request, obj, message)


def _set_status(
    order: RepairOrder, *, by: "User", data: dict[str, Any], returned: bool | None, overridden: dict[str, Any]
) -> None:
    if not data["status"]:
        raise Refusal(
            "A status can be changed, not taken away.", fields={"status": "Please choose a status."}
        )
    orders.change_status(
        order, by=by, to=data["status"], unit_returned=returned, next_update=overridden.get("next_update")
    )


@admin.register(Shop)
class ShopAdmin(VerbAdmin):
    fields = shops.EDITABLE
    list_display = ("name", "city", "state", "country", "phone", "email", "payment_terms")
    search_fields = ("name", "city", "email", "contact")

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        by = cast("User", request.user)
        changes = {name: form.cleaned_data[name] for name in form.changed_data}
        if change:
            shops.edit(Shop.objects.get(pk=obj.pk), by=by, changes=changes)
        else:
            obj.__dict__.update(shops.create(by=by, **changes).__dict__)


@admin.register(StatusRule)
class StatusRuleAdmin(NoDelete, RuledBase):
    """The office's days to the next follow-up. The list of statuses itself is the program's."""

    list_display = ("status", "days_to_follow_up")
    list_editable = ("days_to_follow_up",)
    fields = ("status", "days_to_follow_up")
    readonly_fields = ("status",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False


class FieldChangeInline(ReadOnly, InlineBase):
    model = FieldChange
    fields = readonly_fields = ("field", "old", "new")
    extra = 0


@admin.register(Activity)
class ActivityAdmin(ReadOnly, RuledBase):
    list_display = ("at", "by_name", "verb", "order_number", "text")
    list_filter = ("verb",)
    search_fields = ("order_number", "by_name")
    inlines = (FieldChangeInline,)
    list_per_page = 50


@admin.register(FieldChange)
class FieldChangeAdmin(ReadOnly, RuledBase):
    list_display = ("activity", "field", "old", "new")
    list_select_related = ("activity",)
    list_per_page = 50


@admin.register(StatusChange)
class StatusChangeAdmin(ReadOnly, RuledBase):
    list_display = ("order", "from_status", "to_status", "at", "by_name", "imported")
    list_select_related = ("order",)
    search_fields = ("order__number",)
    list_per_page = 50


@admin.register(OrderNote)
class OrderNoteAdmin(ReadOnly, RuledBase):
    list_display = ("order", "at", "by_name", "text")
    list_select_related = ("order",)
    search_fields = ("order__number", "text")
    list_per_page = 50


@admin.register(InventoryItem)
class InventoryItemAdmin(ReadOnly, RuledBase):
    """Comes from the lists of parts in stock; import_inventory brings it up to date."""

    list_display = (
        "part_number",
        "description",
        "serial_number",
        "condition",
        "quantity",
        "location",
        "source",
        "last_seen",
    )
    list_filter = ("condition", "source")
    search_fields = ("part_number", "serial_number", "description", "search")
    list_per_page = 50
