"""Marks orders so that the next flush compares their rows and writes what is missing."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from genthrust.commands import DatabaseCommand
from repairs.models import RepairOrder
from repairs.reading import read_number
from repairs.statuses import Sheet
from repairs.wording import counted
from sync import marks


class Command(DatabaseCommand):
    help = "Mark all orders, those of one sheet, or one order for the next flush."

    def add_arguments(self, parser: ArgumentParser) -> None:
        which = parser.add_mutually_exclusive_group()
        which.add_argument("--sheet", choices=[sheet.value for sheet in Sheet])
        which.add_argument("--order", help="an RO number such as G38573")

    def handle(self, *args: Any, **options: Any) -> None:
        orders = RepairOrder.objects.all()
        if options["sheet"]:
            orders = orders.filter(sheet=options["sheet"])
        if options["order"]:
            orders = orders.filter(number=read_number(options["order"]) or 0)
            if not orders.exists():
                raise CommandError(f"There is no order {options['order']}.")
        count = marks.mark_all(orders)
        self.stdout.write(
            f"Marked {counted(count, 'order')}; the next flush compares and writes what differs."
        )
