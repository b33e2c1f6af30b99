"""The verb of the office's words: who changed a template, from what to what, is in the trail."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.db import transaction

from notifications import texts
from notifications.models import MailTemplate
from repairs import activity
from repairs.errors import Refusal
from repairs.overtaken import refuse_overtaken

if TYPE_CHECKING:
    from django.contrib.auth.models import User

EDITABLE = ("enabled", "subject", "body")


def edit(
    template: MailTemplate,
    *,
    by: "User | None",
    changes: Mapping[str, Any],
    shown: Mapping[str, Any] | None = None,
) -> MailTemplate:
    """Changes a template (EDITABLE); what is the same is not written. Raises Refusal for words that are not possible.

    A template that was saved past the check can still be switched off. `shown` is that of repairs.overtaken.
    """
    if surplus := set(changes) - set(EDITABLE):
        raise Refusal(f"“{min(surplus)}” of a template can't be edited.")
    with transaction.atomic():
        locked = MailTemplate.objects.select_for_update().get(pk=template.pk)
        about = f"Words for “{locked}”"
        refuse_overtaken(locked, changes, shown, trail=activity.of_rule(about))
        differing = {n: (getattr(locked, n), v) for n, v in changes.items() if getattr(locked, n) != v}
        for name, (_, value) in differing.items():
            setattr(locked, name, value)
        if {"subject", "body"} & differing.keys():
            texts.check(locked.subject, locked.body, key=locked.key)
        if differing:
            locked.save(update_fields=[*differing, "updated_at"])
            told = {n: (_told(old), _told(new)) for n, (old, new) in differing.items()}
            activity.record_rule(about, by=by, changes=told)
    return locked


def _told(value: Any) -> str:
    return ("on" if value else "off") if isinstance(value, bool) else str(value)
