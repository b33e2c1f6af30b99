"""What two people typed into one form: nothing is written over what the second of them never saw.

A form carries its values as they were shown (repairs.shown), a verb compares them with the locked row.
"""

from collections.abc import Mapping
from typing import Any

from django.db.models import Model, QuerySet

from repairs.activity import SYSTEM, as_text
from repairs.errors import Refusal
from repairs.models import Activity, FieldChange


class Overtaken(Refusal):
    """Somebody else gave the same fields of a row another value since it was shown."""

    def __init__(self, row: Model, fields: Mapping[str, str]) -> None:
        names = ", ".join(str(row._meta.get_field(name).verbose_name) for name in fields)  # type: ignore[union-attr]  # own columns
        super().__init__(f"{row} was changed meanwhile ({names}). Nothing was saved.", fields=fields)
        self.row = row


def refuse_overtaken(
    row: Model, wanted: Mapping[str, Any], shown: Mapping[str, Any] | None, *, trail: QuerySet[Activity]
) -> None:
    """Raises Overtaken for what is to be written and is neither as it was shown nor as wanted; `row` is locked.

    `shown` holds the values as the person saw them; None from a caller that saw none. `trail` tells who it was.
    """
    late = {
        name: _told(name, row, trail)
        for name in wanted
        if shown is not None and _plain(getattr(row, name)) not in (_plain(shown[name]), _plain(wanted[name]))
    }
    if late:
        raise Overtaken(row, late)


def _plain(value: Any) -> str:
    """A form trims text and sends other line breaks; neither is a change."""
    return "\n".join(as_text(value).splitlines()).strip()


def _told(name: str, row: Model, trail: QuerySet[Activity]) -> str:
    last = FieldChange.objects.filter(field=name, activity__in=trail).select_related("activity").last()
    who = last.activity.by_name if last and last.activity.by_name != SYSTEM else "Somebody else"
    now = getattr(row, name)
    made = f"made it “{_word(now)}”" if as_text(now) else "emptied it"
    return f"{who} {made} meanwhile. Yours stays here until you save again."


def _word(value: Any) -> str:
    return ("on" if value else "off") if isinstance(value, bool) else as_text(value)
