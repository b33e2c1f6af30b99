"""Lists of the back office as files: what was ticked or what the filters leave, and nothing that runs."""

import re

import pytest
from django.contrib import admin as registered
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

import genthrust.urls  # noqa: F401  (it takes out of the admin what nobody needs there)
from repairs import exporting, orders, shops
from repairs.models import InventoryItem, RepairOrder
from tests.pages.conftest import MakeOrder
from tests.pages.test_export import csv_rows, sheet_of

EVIL = '=HYPERLINK("http://evil.example","x")'
ORDERS = "/admin/repairs/repairorder/"
# What an export would show of these is not the office's, or not worth a file.
NOT_EXPORTED = {
    "account.EmailAddress",
    "auth.Group",
    "notifications.Conversation",
    "socialaccount.SocialAccount",
    "sync.Workbook",
}


@pytest.fixture
def admin(client: Client, office: User) -> Client:
    client.force_login(office)
    return client


def test_a_filtered_list_is_exported_as_it_is_shown(admin: Client, make_order: MakeOrder) -> None:
    for part in ("A-1", "B-2", "A-3"):
        orders.change_status(make_order(part_number=part), by=None, to="BER" if part == "A-3" else "IN WORK")
    page = admin.get(f"{ORDERS}?q=A&status__exact=IN+WORK&o=-3").content.decode()
    (link,) = re.findall(r'href="([^"]+)">Export as CSV', page)
    rows = csv_rows(admin.get(link.replace("&amp;", "&")))
    assert [row["Part number"] for row in rows] == ["B-2", "A-1"]  # the shop has an A as well
    sheet = sheet_of(admin.get(f"{ORDERS}export.xlsx?o=3"))
    assert [row[4].value for row in sheet.iter_rows(min_row=2)] == ["A-1", "A-3", "B-2"]


def test_the_ticked_rows_are_exported_alone(admin: Client, make_order: MakeOrder) -> None:
    made = [make_order() for _ in range(3)]
    ticked = {"_selected_action": [made[0].pk, made[2].pk]}
    rows = csv_rows(admin.post(ORDERS, ticked | {"action": "export_csv"}))
    assert [row["RO"] for row in rows] == [made[2].label, made[0].label]
    sheet = sheet_of(admin.post(ORDERS, ticked | {"action": "export_xlsx"}))
    assert sheet.max_row == 3


def test_no_text_of_any_list_becomes_a_formula(admin: Client, make_order: MakeOrder, office: User) -> None:
    order = make_order(notes=EVIL)
    orders.add_note(order, by=office, text=EVIL)
    shops.create(by=office, name=EVIL)
    InventoryItem.objects.create(key="k", part_number=EVIL, part_key="X", search="X", condition_text=EVIL)
    for model in ("repairs/shop", "repairs/inventoryitem", "repairs/activity", "repairs/ordernote"):
        answers = {form: admin.get(f"/admin/{model}/export.{form}") for form in ("csv", "xlsx")}
        told = [value for row in csv_rows(answers["csv"]) for value in row.values()]
        assert any(EVIL in value for value in told), model
        assert [value for value in told if value.startswith(exporting.STARTERS)] == [], model
        cells = [cell for row in sheet_of(answers["xlsx"]) for cell in row if isinstance(cell.value, str)]
        assert {cell.data_type for cell in cells} == {"s"}, model


def test_the_record_is_exported_with_every_change(admin: Client, order: RepairOrder, office: User) -> None:
    orders.edit(order, by=office, changes={"terms": "NET 30"})
    newest = csv_rows(admin.get("/admin/repairs/activity/export.csv"))[0]
    assert (newest["By name"], newest["Verb"], newest["Changes"]) == ("olga", "Edited", "Terms:  → NET 30")
    assert len(newest["At"]) == len("2026-11-24 08:00:00")


def test_every_list_is_exported_or_named_here(admin: Client, order: RepairOrder) -> None:
    left_out = set()
    for model, its_admin in registered.site._registry.items():
        if not getattr(its_admin, "exported", ()):
            left_out.add(model._meta.label)
            continue
        address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_export", args=["csv"])
        answer = admin.get(address)
        assert answer.headers["Content-Type"].startswith("text/csv"), model
        csv_rows(answer)
    assert left_out == NOT_EXPORTED


def test_what_is_not_understood_makes_no_file(
    admin: Client, order: RepairOrder, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert admin.get(f"{ORDERS}export.pdf").status_code == 404
    odd = admin.get(f"{ORDERS}export.csv?shop__id__exact=x&nothing=1", follow=True)
    assert "nothing was exported" in odd.content.decode()
    monkeypatch.setattr(exporting, "MOST_IN_EXCEL", 0)
    many = admin.get(f"{ORDERS}export.xlsx", follow=True)
    assert "holds up to 0 rows here, and these are 1" in many.content.decode()
    assert csv_rows(admin.get(f"{ORDERS}export.csv"))


def test_only_who_may_see_a_list_exports_it(client: Client, clerk: User, technician: User) -> None:
    client.force_login(clerk)
    assert client.get("/admin/auth/user/export.csv").status_code == 404
    assert client.get("/admin/ai/use/export.csv").status_code == 404
    client.force_login(technician)
    assert client.get(f"{ORDERS}export.csv", follow=True).status_code == 404
