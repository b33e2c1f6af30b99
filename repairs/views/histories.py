"""The history of an order or of a shop on its page: so many acts at a time, newest first."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest

from repairs.keys import read_key
from repairs.models import Activity, FieldChange

SHOWN = 100
OLDER = "older"
"""The parameter of an address that names the act before which the history begins."""


@dataclass(frozen=True)
class Acts:
    """A stretch of a history; `next` is the act before which the older ones begin, None at the end of it."""

    shown: Sequence[Activity]
    next: int | None
    is_newest: bool

    def __bool__(self) -> bool:
        return bool(self.shown)


def asked_for(request: HttpRequest) -> int | None:
    """The act before which the history is wanted; None, for the newest, also where the address names none."""
    return read_key(request.GET.get(OLDER, ""))


def acts(activity: QuerySet[Activity], before: int | None = None) -> Acts:
    """The acts with the fields that each changed; the newest ones also where none is older than the named one."""
    found = activity if before is None else activity.filter(pk__lt=before)
    changes = Prefetch("changes", FieldChange.objects.order_by("id"))
    shown = list(found.order_by("-pk").prefetch_related(changes)[: SHOWN + 1])
    if not shown and before is not None:
        return acts(activity)
    has_more = len(shown) > SHOWN
    return Acts(shown[:SHOWN], shown[SHOWN - 1].pk if has_more else None, before is None)
