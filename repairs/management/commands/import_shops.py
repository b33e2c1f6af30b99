"""`manage.py import_shops FILE`: the list of shops into the database."""

from pathlib import Path

from repairs.csv_lists import Progress
from repairs.management.list_command import ListCommand
from repairs.shop_list import Report, import_shops, read_list
from repairs.wording import counted


class Command(ListCommand):
    help = "Imports the list of shops from a CSV file."
    unit = "shops"
    file_help = "a CSV file with the header “Business Name”"

    def import_file(self, path: Path, *, dry_run: bool, progress: Progress) -> Report:
        return import_shops(read_list(path), dry_run=dry_run, progress=progress)

    def summary(self, report: Report) -> str:
        return (
            f"{counted(report.imported, 'shop')} imported, {report.updated} updated, {report.unchanged} unchanged, "
            f"{counted(len(report.rejected), 'line')} refused, {counted(len(report.issues), 'cell')} to look at, "
            f"{counted(len(report.differences), 'difference')}."
        )
