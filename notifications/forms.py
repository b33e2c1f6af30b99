"""The forms of the queue. They carry what people typed; notifications.queue checks and refuses."""

from typing import Any

from django import forms

from notifications.models import Notification
from repairs.forms import RefusableForm, TypedField

ROW_FIELDS = ("part", "serial", "note")


class DraftForm(RefusableForm):
    """A draft's recipient, subject and text, with the version at which they were shown."""

    expected_version = forms.IntegerField(min_value=1, widget=forms.HiddenInput)
    to_address = TypedField(
        label="To", widget=forms.TextInput(attrs={"inputmode": "email", "autocomplete": "off"})
    )
    subject = TypedField(label="Subject", widget=forms.TextInput(attrs={"autocomplete": "off"}))
    body = TypedField(label="Text", widget=forms.Textarea(attrs={"rows": 12}))

    def __init__(self, draft: Notification, data: Any = None) -> None:
        shown = {name: getattr(draft, name) for name in ("to_address", "subject", "body")}
        super().__init__(data, initial=shown | {"expected_version": draft.version}, auto_id="draft_%s")
        self.rows = [dict(row) for row in draft.rows]
        for position, row in enumerate(self.rows):
            for name in ROW_FIELDS:
                label = f"{name.capitalize()} of RO {row['number']}"
                self.fields[f"row-{position}-{name}"] = TypedField(label=label)
                self.initial[f"row-{position}-{name}"] = row.get(name, "")

    def table(self) -> list[dict[str, Any]]:
        """The rows of the table with their fields, for the page."""
        return [
            {"number": row["number"], "fields": [self[f"row-{position}-{name}"] for name in ROW_FIELDS]}
            for position, row in enumerate(self.rows)
        ]

    def changes(self) -> dict[str, Any]:
        """What the person changed."""
        names = ("to_address", "subject", "body")
        changed: dict[str, Any] = {
            name: self.cleaned_data[name] for name in names if name in self.changed_data
        }
        if any(name.startswith("row-") for name in self.changed_data):
            changed["rows"] = [
                row | {name: self.cleaned_data[f"row-{position}-{name}"] for name in ROW_FIELDS}
                for position, row in enumerate(self.rows)
            ]
        return changed


class ReasonForm(RefusableForm):
    reason = TypedField(label="Why?", widget=forms.TextInput(attrs={"maxlength": 500}))


class RemindForm(RefusableForm):
    day = TypedField(label="On", widget=forms.TextInput(attrs={"type": "date"}))
    text = TypedField(label="Remind me of", widget=forms.Textarea(attrs={"rows": 2}))
