"""The buttons under a draft: what each does besides saving what was typed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.urls import reverse

from notifications import combine, queue
from notifications.forms import DraftForm
from notifications.models import Notification
from repairs.errors import Refusal
from repairs.models import RepairOrder
from repairs.reading import read_number

if TYPE_CHECKING:
    from django.contrib.auth.models import User

APPROVED = "Approved; it is being sent."
Act = Callable[[Notification, int], object]


@dataclass(frozen=True)
class Button:
    """What one button does to a draft at a version, what is said then, and the orders that it needs."""

    said: str
    act: Act | None = None
    also: list[RepairOrder] = field(default_factory=list)
    leaves: bool = False  # the draft is not there any more


def press(draft: Notification, form: DraftForm, pressed: Mapping[str, str], *, by: "User") -> tuple[str, str]:
    """Saves what was typed and does what was pressed: what is said of it, and the address to go on at.

    Raises Refusal, and saves nothing, when either is not possible.
    """
    button = _button(pressed, form.cleaned_data.get("add_number", ""), by)
    queue.revise(
        draft,
        by=by,
        changes=form.changes(),
        expected_version=form.cleaned_data["expected_version"],
        then=button.act,
        also=button.also,
    )
    return button.said, reverse("queue") if button.leaves else draft.get_absolute_url()


def approve(draft: Notification, version: int, *, by: "User") -> None:
    """Approves a draft as it was seen. One that failed was approved before: it is tried again."""
    if draft.state == Notification.State.FAILED:
        queue.retry(draft, by=by, expected_version=version)
    else:
        queue.approve(draft, by=by, expected_version=version)


def _button(pressed: Mapping[str, str], number: str, by: "User") -> Button:
    others = {"approve", "take_out", "split"} & set(pressed)
    if number and others:
        told = "Please press Add to take this order into the email, or empty the field."
        raise Refusal(told, fields={"add_number": told})
    if number or "add" in pressed:
        return _add(number, by)
    if "take_out" in pressed:
        return _take_out(pressed["take_out"], by)
    if "split" in pressed:
        return Button(
            "Every order has its own draft again.",
            lambda draft, version: combine.split(draft, by=by, expected_version=version),
            leaves=True,
        )
    if "approve" in pressed:
        return Button(APPROVED, lambda draft, version: approve(draft, version, by=by))
    return Button("Saved")


def _add(typed: str, by: "User") -> Button:
    order = RepairOrder.objects.filter(number=read_number(typed) or 0).first()
    if order is None:
        told = "There is no order with that number."
        raise Refusal(told, fields={"add_number": told})
    return Button(
        f"Added {order.label}",
        lambda draft, version: combine.add_row(draft, order, by=by, expected_version=version),
        also=[order],
    )


def _take_out(typed: str, by: "User") -> Button:
    number = read_number(typed) or 0
    return Button(
        f"Took G{number} out",
        lambda draft, version: combine.remove_row(draft, number=number, by=by, expected_version=version),
    )
