"""Forms that carry every value as it was shown, so that only what the person changed is written (repairs.overtaken)."""

from typing import TYPE_CHECKING, Any, cast

from django import forms

from repairs.errors import Refusal
from repairs.overtaken import Overtaken

if TYPE_CHECKING:
    Base = forms.BaseForm
else:
    Base = object


class AsShown(Base):
    """Made part of a form whose `initial` is a row as it is now.

    Where the verb said that somebody else was quicker (`overtaken`), what this person did not touch follows the row,
    and what they typed stays and is saved over it the next time.
    """

    incomplete = False

    def carry_shown(self, refusal: Refusal | None) -> None:
        """Call it when the form has its fields."""
        for field in self.fields.values():
            field.show_hidden_initial = True
        if self.is_bound:
            names = [name for name in self.fields if self.add_initial_prefix(name) not in self.data]
            self.incomplete = bool(names)
            self._follow(names if not isinstance(refusal, Overtaken) else list(self.fields))

    def _follow(self, names: list[str]) -> None:
        """Takes the row as it is now for what was shown of these fields."""
        data = cast("Any", self.data).copy()
        touched = self.changed_data
        for name in names:
            now = forms.HiddenInput().format_value(self[name].initial) or ""
            if name not in touched:
                data[self.add_prefix(name)] = now
            data[self.add_initial_prefix(name)] = now
        self.data = data
        self.__dict__.pop("changed_data")

    def shown(self) -> dict[str, Any]:
        """What the person saw in each field that they changed."""
        return {name: self._shown(name) for name in self.changed_data}

    def _shown(self, name: str) -> Any:
        try:
            return self.fields[name].to_python(self.data.get(self.add_initial_prefix(name)))
        except forms.ValidationError:  # no page of ours showed that
            return None

    def clean(self) -> dict[str, Any]:
        """A form without the values that it showed was made by no page of ours, or before the program was replaced."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if self.incomplete:
            self.add_error(None, "The form was incomplete. Please look at it and save again.")
        return data
