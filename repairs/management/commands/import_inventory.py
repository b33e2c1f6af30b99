"""`manage.py import_inventory FILE`: a list of the parts in stock into the database."""

from pathlib import Path

from repairs.csv_lists import Progress
from repairs.inventory_list import Report, import_inventory, read_list
from repairs.management.list_command import ListCommand
from repairs.wording import counted


class Command(ListCommand):
    help = "Imports a list of the parts in stock from a CSV file."
    unit = "lines"
    file_help = "a CSV file with the header “PartNumber”"

    def import_file(self, path: Path, *, dry_run: bool, progress: Progress) -> Report:
        return import_inventory(read_list(path), dry_run=dry_run, progress=progress)

    def summary(self, report: Report) -> str:
        return (
            f"{counted(report.imported, 'part')} imported, {report.updated} updated, {report.unchanged} unchanged, "
            f"{report.older} left alone because a newer list is known, "
            f"{counted(len(report.rejected), 'line')} refused, {counted(len(report.issues), 'cell')} to look at."
        )
