"""Serve a workbook as Microsoft Graph would, on 127.0.0.1."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from sync.emulator.cli import add_arguments, settings_from
from sync.emulator.server import Address, CannotStart, run


class Command(BaseCommand):
    """`manage.py graph_emulator --workbook FILE --port N`."""

    help = "Serve a workbook as Microsoft Graph would, on 127.0.0.1, until interrupted."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        add_arguments(parser)

    def handle(self, *_args: Any, **options: Any) -> None:
        try:
            run(settings_from(options), announce=self._announce)
        except (CannotStart, ValueError) as error:
            raise CommandError(str(error)) from error

    def _announce(self, address: Address) -> None:
        self.stdout.write(
            f"{address.base_url} drive={address.drive_id} item={address.item_id} token={address.token}"
        )
        self.stdout.flush()
