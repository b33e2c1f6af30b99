"""What a verb refuses, as sentences for people. A refusal has changed nothing."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from repairs.models import FieldChange, RepairOrder


class Refusal(Exception):
    """The act is not possible. `fields` tells which field and why, where one is to blame."""

    def __init__(self, sentence: str, *, fields: Mapping[str, str] | None = None) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.fields = dict(fields or {})


class NotAllowed(Refusal):
    """The person's role is not enough for it."""


class AlreadyMade(Refusal):
    """A form that is sent again has made this order before."""

    def __init__(self, order: "RepairOrder") -> None:
        super().__init__(f"This form has made {order.label} already. No second order was made.")
        self.order = order


class Conflict(Refusal):
    """Somebody else changed the order meanwhile: the order as it is now, and what changed since."""

    def __init__(self, order: "RepairOrder", changes: Sequence["FieldChange"]) -> None:
        names = ", ".join(dict.fromkeys(change.field.replace("_", " ") for change in changes)) or "the order"
        super().__init__(
            f"{order.label} was changed by somebody else meanwhile ({names}). Nothing was saved."
        )
        self.order = order
        self.changes = list(changes)
