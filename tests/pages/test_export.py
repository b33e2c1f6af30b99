"""Lists and selections as files: the right rows, and nothing in them that a spreadsheet would run."""

import csv
import io
from datetime import date
from decimal import Decimal
from typing import Any

import openpyxl
import pytest
from django.test import Client

from people.roles import Role
from repairs import exporting, orders
from repairs.models import RepairOrder
from tests.pages.conftest import MakeOrder, person
from tests.pages.ledger import listed, random_orders

pytestmark = pytest.mark.both_databases
DANGEROUS = (
    '=HYPERLINK("http://evil.example","x")',
    "+1+1",
    "-2+3",
    "@SUM(A1)",
    "=cmd|' /C calc'!A0",
    "＝1+1",
)


def body(answer: Any) -> bytes:
    return b"".join(answer.streaming_content)


def csv_rows(answer: Any) -> list[dict[str, str]]:
    text = body(answer).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def sheet_of(answer: Any) -> Any:
    return openpyxl.load_workbook(io.BytesIO(body(answer))).active


def test_a_file_has_the_rows_of_its_list_in_order(site: Client) -> None:
    random_orders(3, 120)
    for address in (
        "?sheet=All&sort=-cost",
        "?show=overdue",
        "?q=pump&status=BER&status=none",
        "?sheet=Paid",
    ):
        numbers = [f"G{number}" for number in listed(site, f"/{address}")]
        assert [row["RO"] for row in csv_rows(site.get(f"/orders/export.csv{address}"))] == numbers
        whole = {"whole": "1", "list": address.removeprefix("?"), "order": "1000-1"}
        assert [row["RO"] for row in csv_rows(site.post("/orders/export.csv", whole))] == numbers
        sheet = sheet_of(site.get(f"/orders/export.xlsx{address}"))
        assert [row[0].value for row in sheet.iter_rows(min_row=2)] == numbers


def test_all_columns_are_there_as_people_know_them(site: Client, make_order: MakeOrder) -> None:
    order = make_order(
        serial_number="00123", estimated_cost="1500.5", date_made=date(2025, 11, 24), notes="a\nb"
    )
    RepairOrder.objects.filter(pk=order.pk).update(status="", status_text="AT THE MOON")
    (row,) = csv_rows(site.get("/orders/export.csv"))
    assert len(row) == 22
    assert (row["RO"], row["Sheet"], row["Shop"]) == (order.label, "Active", "Palmetto Landing Gear")
    assert (row["Serial number"], row["Estimated cost"], row["Date made"]) == (
        "00123",
        "1500.50",
        "2025-11-24",
    )
    assert (row["Status"], row["Notes"]) == ("AT THE MOON", "a\nb")
    sheet = sheet_of(site.get("/orders/export.xlsx"))
    cells = dict(zip((cell.value for cell in sheet[1]), sheet[2], strict=True))
    assert (cells["Serial number"].value, cells["Serial number"].number_format) == ("00123", "@")
    assert Decimal(str(cells["Estimated cost"].value)) == Decimal("1500.50")
    assert cells["Date made"].value.date() == date(2025, 11, 24)


@pytest.mark.parametrize("text", DANGEROUS)
def test_no_text_becomes_a_formula(site: Client, make_order: MakeOrder, text: str) -> None:
    make_order(part_number=text, serial_number=text, description=text, notes=f"{text}\nand more", terms=text)
    (row,) = csv_rows(site.get("/orders/export.csv"))
    assert [value for value in row.values() if value.startswith(exporting.STARTERS)] == []
    assert (row["Part number"], row["Notes"]) == (f"'{text}", f"'{text}\nand more")
    cells = list(sheet_of(site.get("/orders/export.xlsx"))[2])
    assert {cell.data_type for cell in cells if isinstance(cell.value, str)} == {"s"}
    typed = [cell for cell in cells if cell.value == text]
    assert len(typed) == 4
    assert all(cell.quotePrefix for cell in typed)


@pytest.mark.parametrize("hidden", [" =1", "\t=1", "\r=1", "\n=1", "\xa0=1", "\ufeff=1", "\0=1"])
def test_what_hides_a_formula_does_not_help(hidden: str) -> None:
    assert exporting.harmless(hidden) == f"'{hidden}"


@pytest.mark.parametrize("text", ["", "066-50013", "WILL CALL", "a=b", "5-1", "00123"])
def test_ordinary_text_stays_as_it_is(text: str) -> None:
    assert exporting.harmless(text) == text


def test_what_excel_can_not_hold_is_left_out(site: Client, make_order: MakeOrder) -> None:
    RepairOrder.objects.filter(pk=make_order().pk).update(description="be\x07ll")
    cells = list(sheet_of(site.get("/orders/export.xlsx"))[2])
    assert "bell" in [cell.value for cell in cells]


def test_a_selection_is_exported_alone(site: Client, make_order: MakeOrder) -> None:
    made = [make_order() for _ in range(3)]
    chosen = {"order": [f"{order.number}-1" for order in made[:2]], "act": ""}
    expected = [made[1].label, made[0].label]
    assert [row["RO"] for row in csv_rows(site.post("/orders/export.csv", chosen))] == expected
    sheet = sheet_of(site.post("/orders/export.xlsx", chosen))
    assert [row[0].value for row in sheet.iter_rows(min_row=2)] == expected


def test_who_may_only_see_exports_what_is_selected(client: Client, order: RepairOrder) -> None:
    client.force_login(person("vera", Role.VIEWER))
    bar = client.get("/").content.decode().partition('id="selection"')[2]
    assert ("Change status" in bar, "Add note" in bar, "Excel" in bar) == (False, False, True)
    assert (
        csv_rows(client.post("/orders/export.csv", {"order": [f"{order.number}-1"]}))[0]["RO"] == order.label
    )
    answer = client.post("/orders/bulk/", {"order": [f"{order.number}-1"], "act": "note", "text": "n"})
    assert answer.status_code == 403


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_what_is_not_understood_makes_no_file(site: Client, order: RepairOrder, form: str) -> None:
    for answer in (
        site.get(f"/orders/export.{form}?made_from=soon"),
        site.get(f"/orders/export.{form}?status=GONE"),
        site.post(f"/orders/export.{form}", {"order": ["x"]}),
    ):
        assert answer.status_code == 422
        assert "Not exported" in answer.content.decode()


def test_a_file_takes_few_queries(site: Client, django_assert_max_num_queries: Any) -> None:
    random_orders(5, 150)
    with django_assert_max_num_queries(5):
        assert len(csv_rows(site.get("/orders/export.csv?sheet=All"))) == 150


def test_the_name_says_what_and_when(site: Client, order: RepairOrder) -> None:
    orders.add_note(order, by=None, text="n")
    answer = site.get("/orders/export.csv")
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="orders-20')
    assert answer.headers["Cache-Control"] == "no-store"
    body(answer)
