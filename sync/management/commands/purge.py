"""Forgets what is kept for a time only. The history of orders is never touched."""

from argparse import ArgumentParser
from typing import Any

from genthrust import retention
from genthrust.commands import DatabaseCommand


class Command(DatabaseCommand):
    help = "Forget ended runs, removed documents, old records of sign-ins and the like, as the settings say."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="count what would go, and keep it")

    def handle(self, *_: Any, **options: Any) -> None:
        dry_run: bool = options["dry_run"]
        for label, count in retention.purge(dry_run=dry_run):
            self.stdout.write(f"{count:>7,} {label}{' would go' if dry_run else ''}")
