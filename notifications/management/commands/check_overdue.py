"""Does the daily check now and says what it made."""

from typing import Any

from genthrust.commands import DatabaseCommand
from notifications import daily
from repairs.wording import counted


class Command(DatabaseCommand):
    help = "Draft for overdue orders for which nothing waits, and bring old drafts to the top."

    def handle(self, *_: Any, **__: Any) -> None:
        made = daily.check()
        self.stdout.write(
            f"{counted(made['drafts'], 'draft')} and {counted(made['reminders'], 'reminder')} made; "
            f"{counted(made['raised'], 'draft')} that waited for more than a day brought to the top."
        )
