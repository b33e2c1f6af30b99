"""The office's rules per status, and the verb that changes one."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, cast

from django.core.exceptions import ValidationError
from django.db import transaction

from repairs import activity
from repairs.errors import Refusal
from repairs.models import StatusRule
from repairs.overtaken import refuse_overtaken
from repairs.reading import LAST_DAY

if TYPE_CHECKING:
    from django.contrib.auth.models import User


def set_days(
    rule: StatusRule, *, by: "User | None", days: int | None, shown: Mapping[str, Any] | None = None
) -> StatusRule:
    """How many days after its status the next update is due; None for never. Orders keep the days they have.

    The trail tells who changed it, from what to what. Raises Refusal for a number that can't be; `shown` is that of
    repairs.overtaken.
    """
    name = "days_to_follow_up"
    try:
        value = cast("Any", StatusRule._meta.get_field(name)).clean(days, None)
    except ValidationError as error:
        told = " ".join(error.messages)
        raise Refusal(told, fields={name: told}) from error
    with transaction.atomic():
        locked = StatusRule.objects.select_for_update().get(pk=rule.pk)
        about = f"Rule for “{locked}”"
        refuse_overtaken(locked, {name: value}, shown, trail=activity.of_rule(about))
        old = locked.days_to_follow_up
        if old != value:
            locked.days_to_follow_up = value
            locked.save(update_fields=[name])
            activity.record_rule(about, by=by, changes={name: (old, value)})
    return locked


def next_update_after(status: str, start: date) -> date | None:
    """The day on which an order that got `status` on `start` should be looked at again; None for never.

    It is never after the last day that a date can have here.
    """
    days = StatusRule.objects.filter(status=status).values_list("days_to_follow_up", flat=True).first()
    return None if days is None else min(start + timedelta(days=days), LAST_DAY)
