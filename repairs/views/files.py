"""A table as a file that the browser saves."""

import tempfile
from typing import IO, cast

from django.http import FileResponse, HttpResponseBase, StreamingHttpResponse

from repairs import clock, exporting
from repairs.errors import Refusal
from repairs.exporting import Table

CSV = "text/csv; charset=utf-8"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
FORMS = ("csv", "xlsx")


def file_of(table: Table, form: str, *, count: int) -> HttpResponseBase:
    """The table as a CSV or an Excel file; `count` is how many rows it has. Raises Refusal for too many."""
    name = f"{table.name}-{clock.today().isoformat()}.{form}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    if form == "csv":
        lines = (line.encode() for line in exporting.csv_lines(table))
        return StreamingHttpResponse(lines, content_type=CSV, headers=headers)
    if count > exporting.MOST_IN_EXCEL:
        raise Refusal(
            f"An Excel file holds up to {exporting.MOST_IN_EXCEL:,} rows here, and these are {count:,}. "
            "Please filter the list, or take CSV, which Excel opens as well."
        )
    file = cast(IO[bytes], tempfile.TemporaryFile())  # noqa: SIM115 (the answer closes it)
    exporting.write_xlsx(table, file)
    file.seek(0)
    return FileResponse(file, content_type=XLSX, headers=headers)
