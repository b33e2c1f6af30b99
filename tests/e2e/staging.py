"""What a page needs to have something to show: a workbook in which people worked, a table or a role that is away."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import httpx
import openpyxl
from playwright.sync_api import Page, expect

from tests.e2e.serving import Serving

DIFFERENCES = "/admin/sync/replica/differences/"
COLUMNS = 21


def people_work_in_excel(page: Page, serving: Serving) -> None:
    """A cell of each kind is changed, a row moved to another sheet, one deleted; three rows are no order's.

    Then the workbook is compared, and the page of differences shows all of it.
    """
    rows = _rows_of(serving, "Active")
    (typed, _), (moved, values), (gone, _), (_, twin) = rows[0], rows[1], rows[2], rows[3]
    below = rows[-1][0] + 1
    _edit(serving, "Paid", [{"insert_row": {"at": 2, "values": values}}])
    edited = {"C": "Another Shop", "J": 1234.5, "M": "1/5/2027", "N": "RECEIVED", "S": "Called, no answer"}
    odd: tuple[dict[str, Any], ...] = (
        {"A": 990_001, "C": "Shop", "D": "PART"},
        {"C": "Shop", "D": "NO NUMBER"},
        {"A": twin[0], "D": "TWICE"},
    )
    cells = {f"{column}{typed}": value for column, value in edited.items()}
    cells |= {f"{column}{below + n}": value for n, row in enumerate(odd) for column, value in row.items()}
    _edit(
        serving,
        "Active",
        [{"set": cells}, *({"delete_row": row} for row in sorted((moved, gone), reverse=True))],
    )
    page.goto(f"{serving.url}{DIFFERENCES}")
    with page.expect_navigation():
        page.get_by_role("button", name="Compare now").click()
    for told in ("Called, no answer", "Write it again", "NO NUMBER", "TWICE", "990001"):
        expect_in_time(page, f"{serving.url}{DIFFERENCES}", told)


def expect_in_time(page: Page, address: str, told: str) -> None:
    """Loads a page until it says something."""
    for _ in range(60):
        page.goto(address)
        if page.get_by_text(told).count():
            return
        page.wait_for_timeout(500)
    expect(page.locator("body")).to_contain_text(told)


def _rows_of(serving: Serving, sheet: str) -> list[tuple[int, list[Any]]]:
    """The rows with a number below the header, with their places."""
    path = serving.data / "workbook" / "repair_orders.xlsx"
    with closing(openpyxl.load_workbook(path, read_only=True, data_only=True)) as book:
        rows = enumerate(book[sheet].iter_rows(max_col=COLUMNS, values_only=True), start=1)
        found = [(place, list(values)) for place, values in rows if place > 1 and values[0]]
    return [(place, [_typed(value) for value in values]) for place, values in found]


def _typed(value: Any) -> Any:
    """As somebody would type it."""
    return f"{value.month}/{value.day}/{value.year}" if hasattr(value, "month") else value


def _edit(serving: Serving, sheet: str, ops: list[dict[str, Any]]) -> None:
    edit = {"sheet": sheet, "ops": ops}
    httpx.post(f"{serving.emulator_address()}/_emulator/edit", json=edit, trust_env=False).raise_for_status()


@contextmanager
def without_a_table(serving: Serving, table: str) -> Iterator[None]:
    """The database lacks a table meanwhile, so that a page that asks for it fails."""
    _rename(serving, table, "away")
    try:
        yield
    finally:
        _rename(serving, "away", table)


@contextmanager
def with_a_long_writer(serving: Serving) -> Iterator[None]:
    """Somebody else writes into the database meanwhile, and does not end."""
    with closing(sqlite3.connect(serving.data / "genthrust.sqlite3", timeout=30)) as database:
        database.execute("BEGIN IMMEDIATE")
        yield
        database.rollback()


@contextmanager
def without_a_role(serving: Serving, name: str) -> Iterator[None]:
    """An account has no role meanwhile, as one that is new."""
    held = "FROM auth_user_groups WHERE user_id = (SELECT id FROM auth_user WHERE username = ?)"
    with closing(sqlite3.connect(serving.data / "genthrust.sqlite3", timeout=30)) as database:
        rows = database.execute(f"SELECT user_id, group_id {held}", [name]).fetchall()
        database.execute(f"DELETE {held}", [name])
        database.commit()
        try:
            yield
        finally:
            database.executemany("INSERT INTO auth_user_groups (user_id, group_id) VALUES (?, ?)", rows)
            database.commit()


def _rename(serving: Serving, old: str, new: str) -> None:
    with closing(sqlite3.connect(serving.data / "genthrust.sqlite3", timeout=30)) as database:
        database.execute(f"ALTER TABLE {old} RENAME TO {new}")
        database.commit()
