"""What the management commands have in common."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from genthrust.health import database_trouble


class DatabaseCommand(BaseCommand):
    """A command that needs the database whole; ends with a sentence when it isn't."""

    def execute(self, *args: Any, **options: Any) -> str | None:
        if told := database_trouble():
            raise CommandError(told)
        return super().execute(*args, **options)
