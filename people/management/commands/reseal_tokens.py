"""`manage.py reseal_tokens`: after a new key was put first in TOKEN_KEYS, before the old one is taken out."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from genthrust.commands import DatabaseCommand
from people import microsoft


class Command(DatabaseCommand):
    help = "Seals the tokens of all sign-ins with Microsoft anew, under the first key of TOKEN_KEYS."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--drop-unreadable",
            action="store_true",
            help="the old key is lost for good: what no key opens is dropped, and its people have to sign in again",
        )

    def handle(self, *, drop_unreadable: bool, **_: Any) -> None:
        found = microsoft.reseal_all(drop=drop_unreadable)
        self.stdout.write(f"Sealed anew: {found.done}.")
        if found.dropped:
            self.stdout.write(
                f"Dropped, because no key opens them: {found.shut}. Their people have to reconnect."
            )
        elif found.shut:
            raise CommandError(
                f"No key in TOKEN_KEYS opens {found.shut} more; they stay as they are. Please put the old key back "
                "behind the new one, and run this again before taking it out. If it is lost for good: "
                "--drop-unreadable."
            )
