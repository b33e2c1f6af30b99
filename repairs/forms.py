"""The forms of the pages. They carry what people typed; repairs.orders reads, checks and refuses."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django import forms
from django.db import models
from django.forms.boundfield import BoundField
from django.forms.utils import ErrorList
from django.urls import reverse
from django.utils.text import capfirst

from repairs.activity import as_text
from repairs.errors import Conflict, Refusal
from repairs.models import OrderLink, RepairOrder, Shop
from repairs.orders import EDITABLE, usual_next
from repairs.reading import read_number
from repairs.statuses import STATUSES, Sheet, status_word
from repairs.templatetags.orders import status_color

GROUPS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Part", ("part_number", "serial_number", "description", "requested_work")),
    ("Shop", ("shop", "shop_reference", "terms", "shop_status")),
    ("Money", ("estimated_cost", "final_cost")),
    (
        "Dates",
        (
            "date_made",
            "date_dropped_off",
            "estimated_delivery",
            "next_update",
            "status_date",
            "last_updated",
        ),
    ),
    ("Follow-through", ("tracking_number", "internal_status", "notes")),
)
NEW_FIELDS = (
    "shop",
    "part_number",
    "serial_number",
    "description",
    "requested_work",
    "estimated_cost",
    "terms",
    "notes",
)
RETURNED = {"yes": True, "no": False}
INCOMPLETE = "The form is incomplete. Please load the page again."
"""To a form that was made by no page of ours, or lost a part of itself."""
SAY_IF_RETURNED = "Please say whether the unit came back: yes, no, or not known yet."


def one_line_break(text: str) -> str:
    """Browsers send line breaks as CR LF; Excel and the database hold LF."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


class TypedField(forms.CharField):
    """Text as typed. What the browser does to line breaks is no change."""

    def __init__(self, **given: Any) -> None:
        super().__init__(required=False, strip=True, **given)

    def to_python(self, value: Any) -> str:
        return one_line_break(str(super().to_python(value) or ""))

    def has_changed(self, initial: Any, data: Any) -> bool:
        return one_line_break(str(initial or "")).strip() != self.to_python(data)


class VersionField(forms.IntegerField):
    """The version at which the form was shown, which every page of ours sends along."""

    def __init__(self) -> None:
        told = dict.fromkeys(("required", "invalid", "min_value"), INCOMPLETE)
        super().__init__(min_value=1, widget=forms.HiddenInput, error_messages=told)


class ReturnedField(forms.TypedChoiceField):
    """Whether the unit came back; None where that is not known."""

    def __init__(self, *, unknown: str = "Not known yet", **given: Any) -> None:
        super().__init__(
            choices=[("", unknown), ("yes", "Yes"), ("no", "No")],
            coerce=RETURNED.get,
            empty_value=None,
            required=False,
            error_messages={"invalid_choice": SAY_IF_RETURNED},
            **given,
        )


def form_field(name: str) -> forms.Field:
    field: Any = RepairOrder._meta.get_field(name)
    label = capfirst(field.verbose_name)
    if isinstance(field, models.ForeignKey):
        return forms.ModelChoiceField(
            Shop.objects.all(),
            label=label,
            empty_label="Choose a shop",
            error_messages={
                "required": "Please choose a shop.",
                "invalid_choice": "There is no such shop. Please choose one from the list.",
            },
        )
    if isinstance(field, models.DateField):
        return TypedField(label=label, widget=forms.TextInput(attrs={"type": "date"}))
    if isinstance(field, models.DecimalField):
        attrs = {"inputmode": "decimal", "class": "money", "autocomplete": "off"}
        return TypedField(label=f"{label} (USD)", widget=forms.TextInput(attrs=attrs))
    if isinstance(field, models.TextField):
        return TypedField(label=label, widget=forms.Textarea(attrs={"rows": 3 if name == "notes" else 1}))
    return TypedField(label=label, widget=forms.TextInput(attrs={"autocomplete": "off"}))


class RefusableForm(forms.Form):
    """A form that can show a verb's refusal beside the fields that it names."""

    template_name_label = "repairs/_label.html"

    def non_field_errors(self) -> ErrorList:
        """What is told above the form: what is wrong with a field that nobody sees as well."""
        told = self.error_class(super().non_field_errors(), error_class="nonfield", renderer=self.renderer)
        for field in self.hidden_fields():
            told.extend(field.errors)
        return told

    def refuse(self, refusal: Refusal) -> None:
        self.is_valid()
        named = {name: told for name, told in refusal.fields.items() if name in self.fields}
        for name, told in named.items():
            self.add_error(name, told)
        if not named:
            self.add_error(None, refusal.sentence)


class NewOrderForm(RefusableForm):
    """What a new order begins with; the rest follows on its page."""

    def __init__(self, data: Any = None, **given: Any) -> None:
        super().__init__(data, **given)
        for name in NEW_FIELDS:
            self.fields[name] = form_field(name)
        # Searched in by static/js/choose.js; without JavaScript it is the list that it is.
        self.fields["shop"].widget.attrs["data-search"] = ""
        self.fields["part_number"].widget.attrs |= {
            "required": True,
            "hx-get": reverse("order-known"),
            "hx-trigger": "input changed delay:300ms",
            "hx-target": "#known",
            "hx-swap": "outerHTML",
            "hx-sync": "this:replace",
        }


class OrderForm(RefusableForm):
    """All editable fields of one order, with the version at which they were shown."""

    expected_version = VersionField()

    def __init__(self, order: RepairOrder, data: Any = None) -> None:
        super().__init__(data, initial=shown_values(order), auto_id="id_%s")
        for name in EDITABLE:
            self.fields[name] = form_field(name)
            self.fields[name].widget.attrs.setdefault("placeholder", "–")
        # An imported order may stand without one until somebody knows it; taking one away is refused by the verb.
        self.fields["shop"].required = False

    def groups(self) -> Iterator[tuple[str, list[BoundField]]]:
        for title, names in GROUPS:
            yield title, [self[name] for name in names]

    def changes(self, *, keep: Sequence[str] = ()) -> dict[str, Any]:
        """What the person changed, except in the fields of `keep`, where theirs stands."""
        return {
            name: self.cleaned_data[name]
            for name in self.changed_data
            if name in EDITABLE and name not in keep
        }


def shown_values(order: RepairOrder) -> dict[str, Any]:
    """The order's values as its form shows them."""
    values = {name: as_text(getattr(order, name)) for name in EDITABLE}
    return values | {"shop": order.shop_id, "expected_version": order.version}


class FieldForm(RefusableForm):
    """One field of an order, saved by itself, with the version at which it was shown."""

    field = forms.ChoiceField(
        choices=[(name, name) for name in EDITABLE],
        error_messages=dict.fromkeys(("required", "invalid_choice"), INCOMPLETE),
    )
    expected_version = VersionField()

    def __init__(self, data: Mapping[str, Any]) -> None:
        super().__init__(data)
        name = data.get("field")
        self.fields["value"] = form_field(name) if name in EDITABLE else TypedField()
        self.fields["value"].required = False

    def change(self) -> dict[str, Any]:
        return {self.cleaned_data["field"]: self.cleaned_data["value"]}

    def fault(self) -> str:
        """What is wrong, in one sentence."""
        return " ".join(dict.fromkeys(str(message) for told in self.errors.values() for message in told))


class Collision:
    """Two people edited one order: what changed meanwhile, and which of it this person had typed over.

    A field that only the other changed takes their value; a field that only this person changed keeps what was
    typed; `clashes` are the fields that both changed, differently.
    """

    def __init__(self, conflict: Conflict, form: OrderForm) -> None:
        self.conflict = conflict
        self.order = conflict.order
        self.typed = {name: self._text_of(form, name) for name in EDITABLE}
        before: dict[str, str] = {}
        for change in conflict.changes:
            before.setdefault(change.field, change.old)
        self.theirs = {name: as_text(getattr(self.order, name, "")) for name in before}
        touched = [n for n in before if n in self.typed and self.typed[n] != one_line_break(before[n])]
        self.clashes = [n for n in touched if self.typed[n] != one_line_break(self.theirs[n])]
        self._taken = [n for n in before if n in self.typed and n not in touched]

    @staticmethod
    def _text_of(form: OrderForm, name: str) -> str:
        value = form.cleaned_data.get(name, "")
        return as_text(value)

    def rows(self) -> list[dict[str, Any]]:
        """One row per field that changed meanwhile, with who and when; `yours` only where both changed it."""
        last = {change.field: change for change in self.conflict.changes}
        return [
            {
                "field": name,
                "change": change,
                "theirs": self.theirs[name],
                "yours": self.typed.get(name, "") if name in self.clashes else None,
            }
            for name, change in last.items()
        ]

    def merged_data(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """The form's data for another try, at the present version, with everything that this person typed."""
        shown = shown_values(self.order)
        merged = {name: data.get(name, "") for name in EDITABLE}
        return merged | {name: shown[name] for name in self._taken} | {"expected_version": self.order.version}


class StatusSelect(forms.Select):
    """The list of statuses; each option tells the style sheet whether the move is usual and what it asks."""

    usual: Sequence[str] = ()

    def create_option(self, name: str, value: Any, *args: Any, **given: Any) -> dict[str, Any]:
        option: dict[str, Any] = super().create_option(name, value, *args, **given)
        if value in STATUSES and STATUSES[value].asks_return:
            option["attrs"]["data-asks"] = ""
        if value and value not in self.usual:
            option["attrs"]["data-unusual"] = ""
        option["attrs"]["data-color"] = status_color(str(value))
        return option


class StatusForm(RefusableForm):
    """A change of status, with the version at which the present one was shown."""

    expected_version = VersionField()
    status = TypedField(label="New status", widget=StatusSelect)
    unit_returned = ReturnedField(label="Did the unit come back?", widget=forms.RadioSelect)
    next_update = TypedField(label="Next update", widget=forms.TextInput(attrs={"type": "date"}))

    def __init__(self, order: RepairOrder, data: Any = None) -> None:
        usual = usual_next(order.status)
        initial = {
            "expected_version": order.version,
            "status": (usual or (order.status,))[0],
            "unit_returned": "",
        }
        super().__init__(data, initial=initial, auto_id="status_%s")
        others = [name for name in STATUSES if name not in usual]
        widget: Any = self.fields["status"].widget
        widget.usual = usual
        widget.choices = [
            (title, [(name, status_word(name)) for name in names])
            for title, names in (("Usual next", usual), ("Other", others))
            if names
        ]


class NoteForm(RefusableForm):
    text = TypedField(label="Add a note", widget=forms.Textarea(attrs={"rows": 2}))


class LinkForm(RefusableForm):
    """Another order, by its number as people write it, and how it is linked."""

    number = TypedField(
        label="Link another order",
        widget=forms.TextInput(
            attrs={"placeholder": "Its RO number", "autocomplete": "off", "maxlength": 40}
        ),
    )
    kind = TypedField(label="It is", widget=forms.Select(choices=OrderLink.Kind.choices))

    def other(self) -> RepairOrder:
        """The order of that number. Raises Refusal when there is none."""
        number = read_number(self.cleaned_data["number"])
        found = RepairOrder.objects.filter(number=number).first() if number else None
        if found is None:
            told = f"There is no order G{number}." if number else "Please enter the number of an order."
            raise Refusal(told, fields={"number": told})
        return found


class SheetForm(RefusableForm):
    sheet = TypedField(label="Put on sheet", widget=forms.Select(choices=[(s.value, s.value) for s in Sheet]))
