"""Keeps a restored database from sending mails that have left already, and tells which it does not know of.

It also ends all sessions, since some may be of people who were shut out after the backup, and tells which files of
documents it does not know of, before a purge takes them for what an upload left behind.
"""

from argparse import ArgumentParser, ArgumentTypeError
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.core.management import CommandError
from django.utils import timezone

from genthrust.commands import DatabaseCommand
from notifications import restored
from notifications.restored import Left
from people import leaving
from repairs import clock, retention
from repairs.wording import counted
from sync.graph.errors import GraphError

NO_MAILBOX = (
    "MS_GRAPH_SHARED_MAILBOX is not set, so no mailbox can be searched for mails that left since the backup. Please "
    "set it and run this again; until then nobody should approve a draft. Where mail never left from here, go on."
)

ACCESS = (
    "Accounts, roles and invitations are as they were at the backup. Please switch off again who has left since, and "
    "take back what was taken back (Admin, People)."
)


class Command(DatabaseCommand):
    help = (
        "After a backup was restored, before anything else starts: sign everybody out, and find mails and documents "
        "from after the backup."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        told = (
            "when the backup was made (2025-11-24T03:00+00:00), if not at the newest change in the database"
        )
        parser.add_argument("--since", type=_instant, help=told)

    def handle(self, *_: Any, since: datetime | None, **__: Any) -> None:
        self._end_sessions()
        self._tell_files()
        since = since or restored.newest()
        count = restored.look_first()
        self.stdout.write(
            f"{counted(count, 'mail')} that may have left after the backup: "
            "each is looked for in Outlook before it is sent."
        )
        if not settings.MAIL_FROM:
            raise CommandError(NO_MAILBOX)
        if since is None:
            self.stdout.write("This database knows of no change, so there is nothing to compare.")
            return
        self._compare(since)

    def _end_sessions(self) -> None:
        """Of people who were switched off or signed out since, too."""
        ended = leaving.end_all_sessions()
        self.stdout.write(f"Signed out everywhere: {counted(ended, 'session')} of the backup. {ACCESS}")

    def _tell_files(self) -> None:
        """Files that were uploaded after the backup still lie there where the restore is on the same machine."""
        files = retention.unknown_files()
        if not files:
            return
        self.stdout.write(
            f"{counted(len(files), 'file')} in {settings.DOCUMENTS_DIR} of which this database knows no document, by "
            "the number of the order:"
        )
        for path in files:
            found = path.stat()
            at = clock.written_at(datetime.fromtimestamp(found.st_mtime, UTC))
            self.stdout.write(f"  {path.relative_to(settings.DOCUMENTS_DIR)}, {found.st_size:,} bytes, {at}")
        self.stdout.write(
            "Those that are older than a day are deleted by the next purge. Please copy them elsewhere before the "
            "workers start, and upload again what is missing on its order."
        )

    def _compare(self, since: datetime) -> None:
        """What was found is told, and drafts are warned, even where a mailbox could not be searched."""
        mails: dict[str, Left] = {}
        searched, troubles = [], []
        for mailbox in restored.mailboxes():
            try:
                mails = restored.forgotten(mailbox, since) | mails
                searched.append(mailbox)
            except GraphError as error:
                troubles.append(f"{mailbox} could not be searched: {error.sentence}")
        if searched:
            self._tell(list(mails.values()), searched, since)
        if troubles:
            raise CommandError(" ".join((*troubles, _again(since))))

    def _tell(self, mails: list[Left], searched: list[str], since: datetime) -> None:
        warned = restored.warn(mails)
        self.stdout.write(
            f"Since {clock.written_at(since)}, {counted(len(mails), 'mail')} that this database does not know left "
            f"from {', '.join(searched)}."
        )
        for left in mails:
            self.stdout.write(f"  {restored.described(left)}")
        if mails:
            self.stdout.write(
                f"{counted(warned, 'draft')} about these orders or to these addresses got a warning. Please compare "
                "each draft with the list before you approve it, those too that are made later."
            )


def _again(since: datetime) -> str:
    """With the same instant: by then the newest change may be one that was made after the restore."""
    instant = since.astimezone(UTC).isoformat(timespec="seconds")
    return (
        f"Please run this again, with --since {instant}, when Outlook can be reached; until then nobody should "
        "approve a draft."
    )


def _instant(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise ArgumentTypeError(f"“{text}” is no time such as 2025-11-24T03:00+00:00.") from error
    return found if found.tzinfo else timezone.make_aware(found)
