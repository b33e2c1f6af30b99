"""Keeps a restored database from sending mails that have left already, and tells which it does not know of."""

from argparse import ArgumentParser, ArgumentTypeError
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.management import CommandError
from django.utils import timezone

from genthrust.commands import DatabaseCommand
from notifications import restored
from repairs.wording import counted
from sync.graph.errors import GraphError

AGAIN = "Please run this again when Outlook can be reached; until then nobody should approve a draft."


class Command(DatabaseCommand):
    help = "After a backup was restored, before the workers start: find mails that left since the backup."

    def add_arguments(self, parser: ArgumentParser) -> None:
        told = (
            "when the backup was made (2025-11-24T03:00+00:00), if not at the newest change in the database"
        )
        parser.add_argument("--since", type=_instant, help=told)

    def handle(self, *_: Any, since: datetime | None, **__: Any) -> None:
        count = restored.look_first()
        self.stdout.write(
            f"{counted(count, 'mail')} that may have left after the backup: "
            "each is looked for in Outlook before it is sent."
        )
        since = since or restored.newest()
        if since is None or not settings.MAIL_FROM:
            self.stdout.write("Nothing was ever sent from here, so there is nothing to compare.")
            return
        self._compare(since)

    def _compare(self, since: datetime) -> None:
        try:
            mails = restored.forgotten(since)
        except GraphError as error:
            raise CommandError(f"{error.sentence} {AGAIN}") from error
        warned = restored.warn(mails)
        about = f"{timezone.localtime(since):%b %d, %Y at %H:%M}"
        self.stdout.write(
            f"Since {about}, {counted(len(mails), 'mail')} left that this database does not know."
        )
        for mail in mails:
            self.stdout.write(f"  {restored.described(mail)}")
        if mails:
            self.stdout.write(
                f"{counted(warned, 'draft')} with such a subject got a warning. Please compare each draft about "
                "these orders with the list before you approve it, those too that are made later."
            )


def _instant(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise ArgumentTypeError(f"“{text}” is no time such as 2025-11-24T03:00+00:00.") from error
    return found if found.tzinfo else timezone.make_aware(found)
