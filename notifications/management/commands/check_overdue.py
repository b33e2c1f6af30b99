"""Does the daily check now and says what it made."""

from typing import Any

from django.core.management.base import BaseCommand

from notifications import daily


class Command(BaseCommand):
    help = "Draft for overdue orders for which nothing waits, and bring old drafts to the top."

    def handle(self, *_: Any, **__: Any) -> None:
        made = daily.check()
        self.stdout.write(
            f"{made['drafts']} drafts and {made['reminders']} reminders made; "
            f"{made['raised']} drafts that waited for more than a day brought to the top."
        )
