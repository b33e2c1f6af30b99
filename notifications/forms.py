"""The forms of the queue. They carry what people typed; notifications.queue checks and refuses."""

from typing import Any

from django import forms
from django.http import QueryDict

from notifications.models import Notification
from repairs.errors import Refusal
from repairs.forms import RefusableForm, TypedField, VersionField
from repairs.keys import read_key

ROW_FIELDS = ("part", "serial", "note")


class DraftForm(RefusableForm):
    """A draft's recipient, subject and text, with the version at which they were shown."""

    expected_version = VersionField()
    to_address = TypedField(
        label="To", widget=forms.TextInput(attrs={"inputmode": "email", "autocomplete": "off"})
    )
    subject = TypedField(label="Subject", widget=forms.TextInput(attrs={"autocomplete": "off"}))
    body = TypedField(label="Text", widget=forms.Textarea(attrs={"rows": 12}))

    def __init__(self, draft: Notification, data: Any = None) -> None:
        shown = {name: getattr(draft, name) for name in ("to_address", "subject", "body")}
        super().__init__(data, initial=shown | {"expected_version": draft.version}, auto_id="draft_%s")
        self.rows = [dict(row) for row in draft.rows]
        for row in self.rows:
            for name in ROW_FIELDS:
                label = f"{name.capitalize()} of RO {row['number']}"
                self.fields[_cell(row, name)] = TypedField(label=label)
                self.initial[_cell(row, name)] = row.get(name, "")
        if self.rows:
            attrs = {"inputmode": "numeric", "size": 10, "autocomplete": "off", "class": "box"}
            self.fields["add_number"] = TypedField(
                label="Add another order of this shop", widget=forms.TextInput(attrs=attrs)
            )

    def table(self) -> list[dict[str, Any]]:
        """The rows of the table with their fields, for the page."""
        return [
            {"number": row["number"], "fields": [self[_cell(row, name)] for name in ROW_FIELDS]}
            for row in self.rows
        ]

    def changes(self) -> dict[str, Any]:
        """What the person changed."""
        names = ("to_address", "subject", "body")
        changed: dict[str, Any] = {
            name: self.cleaned_data[name] for name in names if name in self.changed_data
        }
        if any(name.startswith("row-") for name in self.changed_data):
            changed["rows"] = [
                row | {name: self.cleaned_data[_cell(row, name)] for name in ROW_FIELDS} for row in self.rows
            ]
        return changed

    def sentences(self) -> list[str]:
        """Why it was refused."""
        return [str(sentence) for told in self.errors.values() for sentence in told]

    def typed(self) -> list[tuple[str, str]]:
        """The label and the text of every field that the person changed."""
        names = [name for name in self.changed_data if name != "expected_version"]
        return [(str(self[name].label), str(self[name].value())) for name in names]

    def show_at(self, version: int) -> None:
        """The version at which it can be saved next: the person has been told what was changed meanwhile."""
        self.data = {name: self.data.get(name) for name in self.data} | {"expected_version": version}


def _cell(row: dict[str, Any], name: str) -> str:
    """By the order's number, so that what was typed stays with it when others take rows out."""
    return f"row-{row['number']}-{name}"


class RemindForm(RefusableForm):
    day = TypedField(label="On", widget=forms.TextInput(attrs={"type": "date"}))
    text = TypedField(label="Remind me of", widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, data: Any = None) -> None:
        """Ids of its own: the note's field stands on the same page, and a label names the first of an id."""
        super().__init__(data, auto_id="remind_%s")


def seen_in(post: QueryDict) -> dict[int, int]:
    """The versions of the drafts that a page showed, by their keys. Raises Refusal when it named none."""
    pairs = [pair.partition(":") for pair in post.getlist("seen")]
    seen = {read_key(key): read_key(version) for key, _, version in pairs}
    read = {key: version for key, version in seen.items() if key is not None and version is not None}
    if not read or read != seen:
        raise Refusal("Please look at the drafts first. Nothing was changed.")
    return read
