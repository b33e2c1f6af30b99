"""New RO numbers: above every number ever seen, and no number twice."""

from django.db import transaction
from django.db.models import F

from repairs.models import NumberSequence, StatusRule
from repairs.statuses import TO_SEND

THE_ROW = 1


def take_next() -> int:
    """The next free RO number. Call it inside the transaction that creates the order.

    The row stays locked until that transaction ends, so that two orders created at once get two numbers.
    """
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("An RO number is taken inside the transaction that uses it.")
    _make_row()
    NumberSequence.objects.filter(pk=THE_ROW).update(last=F("last") + 1)
    return NumberSequence.objects.get(pk=THE_ROW).last


def raise_above(number: int) -> None:
    """Makes sure that no number up to and including `number` is handed out from now on.

    Call it inside a transaction.
    """
    _make_row()
    NumberSequence.objects.filter(pk=THE_ROW, last__lt=number).update(last=number)


def _make_row() -> None:
    """Makes the row of the sequence if this is the first number of all.

    Two transactions that insert it at once would each hold a shared lock on it and deadlock on MariaDB, so they
    queue up before, on a row that is always there.
    """
    if not NumberSequence.objects.filter(pk=THE_ROW).exists():
        list(StatusRule.objects.select_for_update().filter(status=TO_SEND))
        NumberSequence.objects.get_or_create(pk=THE_ROW)
