"""Does the daily check now and says what it made."""

from typing import Any

from django.core.management import CommandError

from genthrust.commands import DatabaseCommand
from notifications import daily
from repairs.wording import counted


class Command(DatabaseCommand):
    help = "Draft for overdue orders for which nothing waits, and bring old drafts to the top."

    def handle(self, *_: Any, **__: Any) -> None:
        made = daily.check(miss=self.stderr.write)
        self.stdout.write(
            f"{counted(made['drafts'], 'draft')} and {counted(made['reminders'], 'reminder')} made; "
            f"{counted(made['raised'], 'draft')} that waited for more than a day brought to the top."
        )
        if made["failed"]:
            raise CommandError(f"Nothing could be made for {counted(made['failed'], 'overdue order')}.")
