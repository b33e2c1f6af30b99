"""What the tests of the emulator say to it, in their words."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import httpx
from openpyxl import Workbook
from openpyxl.styles import Font, PatternFill

from sync.emulator.process import EmulatorProcess
from tests.support.emulated import PLAIN_HTTP


class Graph:
    """A client that says what a test wants to say, with and without a session."""

    def __init__(self, emulator: EmulatorProcess) -> None:
        self.emulator = emulator
        self.http = httpx.Client(
            headers={"Authorization": f"Bearer {emulator.token}"},
            timeout=30,
            trust_env=False,
            verify=PLAIN_HTTP,
        )
        self.book = f"{emulator.item_url}/workbook"
        self.book_path = self.book.removeprefix(emulator.base_url)

    def __enter__(self) -> Graph:
        return self

    def __exit__(self, *_error: object) -> None:
        self.http.close()

    def session(self, *, persist: bool = True) -> str:
        answer = self.http.post(f"{self.book}/createSession", json={"persistChanges": persist})
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    def close(self, session: str) -> httpx.Response:
        return self.http.post(f"{self.book}/closeSession", headers=_in(session))

    def range_url(self, address: str, sheet: str = "Active") -> str:
        return f"{self.book}/worksheets/{sheet}/range(address='{address}')"

    def get(self, address: str, *, sheet: str = "Active", session: str | None = None) -> Any:
        answer = self.http.get(self.range_url(address, sheet), headers=_in(session))
        assert answer.status_code == 200, answer.text
        return answer.json()

    def values(self, address: str, *, sheet: str = "Active", session: str | None = None) -> Any:
        return self.get(address, sheet=sheet, session=session)["values"]

    def patch(
        self, address: str, *, sheet: str = "Active", session: str | None = None, **body: Any
    ) -> httpx.Response:
        return self.http.patch(self.range_url(address, sheet), json=body, headers=_in(session))

    def post(
        self, address: str, verb: str, *, sheet: str = "Active", session: str | None = None, **body: Any
    ) -> httpx.Response:
        return self.http.post(f"{self.range_url(address, sheet)}/{verb}", json=body, headers=_in(session))

    def step(
        self, number: int | str, address: str, value: Any, *, session: str | None = None, after: Any = None
    ) -> dict[str, Any]:
        """A writing item of a batch."""
        item: dict[str, Any] = {
            "id": str(number),
            "method": "PATCH",
            "url": f"{self.book_path}/worksheets/Active/range(address='{address}')",
            "headers": {"Content-Type": "application/json", **_in(session)},
            "body": {"values": [[value]]},
        }
        if after is not None:
            item["dependsOn"] = [str(after)]
        return item

    def batch(self, items: list[dict[str, Any]], **headers: str) -> httpx.Response:
        url = f"{self.emulator.base_url}/$batch"
        return self.http.post(url, json={"requests": items}, headers=headers)

    def control(self, method: str, name: str, **body: Any) -> Any:
        answer = self.http.request(method, f"{self.emulator.control_url}/{name}", json=body or None)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def fault(self, kind: str, *, match: dict[str, Any] | None = None, times: Any = 1, **action: Any) -> Any:
        return self.control("POST", "faults", match=match or {}, times=times, action={"kind": kind, **action})

    def options(self, **values: Any) -> None:
        self.control("POST", "options", **values)


def _in(session: str | None) -> dict[str, str]:
    return {"workbook-session-id": session} if session else {}


def inner_code(answer: httpx.Response) -> str:
    """The second-level code of an error."""
    return str(answer.json()["error"]["innerError"]["code"])


def make_workbook(path: Path) -> None:
    """Two sheets: orders with formats, a column right of U and a formula; and one that is nobody's business."""
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = "Active"
    sheet.append(["RO", "DATE MADE", "SHOP NAME", "NOTES"])
    for number in range(1, 6):
        sheet.append([38000 + number, date(2026, 11, number), f"Shop {number}", f"note {number}"])
        sheet.cell(number + 1, 22, f"mine {number}")
        sheet.cell(number + 1, 2).number_format = "m/d/yyyy"
    sheet["A1"].font = Font(bold=True)
    sheet["C4"].fill = PatternFill("solid", fgColor="FFFF00")
    sheet.row_dimensions[4].height = 33
    sheet["X1"] = "=A4"
    other = book.create_sheet("O'Brien")
    other["A1"] = "left alone"
    book.save(path)
