"""Starts the follow-ups of orders that were imported: an import itself starts none."""

from argparse import ArgumentParser
from typing import Any

from genthrust.commands import DatabaseCommand
from notifications import followups, timers
from repairs import clock
from repairs.models import RepairOrder, StatusRule
from repairs.wording import counted


class Command(DatabaseCommand):
    help = "Start follow-ups for imported orders on Active. Without --apply it only shows which."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--apply", action="store_true", help="start them")

    def handle(self, *args: Any, apply: bool, **options: Any) -> None:
        count = due = 0
        for order in _candidates():
            if not (followups.start_missing(order) if apply else followups.is_missing(order)):
                continue
            overdue = order.next_update is not None and timers.due_at(order.next_update) <= clock.now()
            count, due = count + 1, due + overdue
            told = "due at once" if overdue else f"due {order.next_update}"
            self.stdout.write(f"{order.label} {order.status}: {told}")
        self.stdout.write(f"{'Started' if apply else 'It would start'} {counted(count, 'follow-up')}.")
        if due:
            self.stdout.write(
                f"{due} of them {'are' if apply else 'would be'} due at once: "
                f"their drafts come to the queue {followups.PORTION} at a time. None is sent without approval."
            )
        if count and not apply:
            self.stdout.write("Nothing was written. With --apply they are started.")


def _candidates() -> list[RepairOrder]:
    """Orders on Active at a status with days to the next follow-up."""
    with_days = StatusRule.objects.filter(days_to_follow_up__isnull=False).values("status")
    return list(RepairOrder.objects.active().filter(status__in=with_days).order_by("number"))
