"""What several stories need: the order as the database has it, and people who act at the same moment."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any, TypeVar

from django.db import connection
from django.forms.models import model_to_dict

from repairs.models import Activity, RepairOrder

T = TypeVar("T")


def kept(order: RepairOrder) -> dict[str, Any]:
    """Every column of the order as the database has it."""
    present = RepairOrder.objects.get(pk=order.pk)
    return model_to_dict(present) | {"created_at": present.created_at, "updated_at": present.updated_at}


def acts(order: RepairOrder) -> list[Activity]:
    """What was done to the order, oldest first."""
    return list(Activity.objects.filter(order=order).order_by("id"))


def told(act: Activity) -> dict[str, tuple[str, str]]:
    """Field by field, from what to what."""
    return {change.field: (change.old, change.new) for change in act.changes.all()}


def at_once(people: Sequence[Callable[[], T]]) -> list[T | Exception]:
    """What each of the acts gave or raised; all start at the same moment, each on a connection of its own."""
    start = Barrier(len(people))

    def act(person: Callable[[], T]) -> T | Exception:
        start.wait()
        try:
            return person()
        except Exception as error:  # noqa: BLE001 (the story looks at it)
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(people)) as threads:
        return list(threads.map(act, people))
