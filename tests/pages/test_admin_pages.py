"""Every page of the back office opens for the office and for nobody else, in as many statements for many rows."""

from pathlib import Path
from typing import Any

import pytest
from django.contrib import admin as registered
from django.contrib.auth.models import Group, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.db.models import Model
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pytest_django import Settings

import genthrust.urls  # noqa: F401  (it takes out of the admin what nobody needs there)
from notifications import queue
from notifications.models import Notification
from repairs import documents, inventory_list, links, orders, shops
from repairs.models import RepairOrder, Shop
from sync import imports, runs
from sync.marks import the_workbook
from sync.models import OddRow
from tests.pages.conftest import MakeOrder

MODELS = sorted(registered.site._registry, key=lambda model: model._meta.label)
# Of these a day of work leaves a row behind; of others only with Outlook, or with a model that answers.
WITH_A_ROW = ("repairs.", "sync.", "auth.")


def address(model: type[Model], page: str, *given: Any) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=given)


@pytest.fixture
def admin(client: Client, office: User) -> Client:
    client.force_login(office)
    return client


@pytest.fixture
def a_day(make_order: MakeOrder, shop: Shop, office: User, tmp_path: Path, settings: Settings) -> None:
    """What a day of work leaves behind."""
    settings.DOCUMENTS_DIR = tmp_path / "documents"
    order = make_order()
    links.link(order, by=office, other=make_order(), kind="related")
    orders.change_status(order, by=office, to="WAITING QUOTE")
    orders.add_note(order, by=office, text="a note")
    paper = SimpleUploadedFile("quote.pdf", b"%PDF-1.7 x")
    documents.add(order, by=office, upload=paper, kind="quote")
    shops.merge(shops.create(by=office, name="Nimbus Oxygen"), into=shop, by=office)
    stock = tmp_path / "stock.csv"
    stock.write_text("PartNumber,Qty\n066-50013,2\n")
    inventory_list.import_inventory(inventory_list.read_list(stock))
    queue.draft_for(order, cause=Notification.Cause.OVERDUE)
    runs.start_check(by=office)
    OddRow.objects.create(
        workbook=the_workbook(), sheet="Active", row=7, why="no number", cells={"shop": "x"}
    )
    imports.upload(kind="inventory", name="stock.csv", content=stock.read_bytes(), by=office)
    Group.objects.create(name="Hangar")


def test_every_list_and_every_form_open(admin: Client, a_day: None) -> None:
    for model in MODELS:
        row = model._default_manager.first()
        assert row or not model._meta.label.startswith(WITH_A_ROW), model
        pages = [address(model, "changelist"), address(model, "changelist") + "?q=38573"]
        pages += [address(model, page, row.pk) for page in ("change", "history")] if row else []
        assert [admin.get(page).status_code for page in pages] == [200] * len(pages), model
        assert admin.get(address(model, "add")).status_code in (200, 403), model


def test_nobody_else_gets_in(client: Client, technician: User, a_day: None) -> None:
    rows = [(model, model._default_manager.first()) for model in MODELS]
    pages = [address(model, page) for model in MODELS for page in ("changelist", "add")]
    pages += [address(model, "change", row.pk) for model, row in rows if row]
    for page in pages:
        assert client.get(page).headers["Location"].startswith("/accounts/login/"), page
    client.force_login(technician)
    for page in pages:
        assert client.get(page, follow=True).status_code == 404, page
        assert client.post(page, {"action": "x"}, follow=True).status_code == 404, page


def test_the_first_page_opens_for_the_office_only(client: Client, office: User, technician: User) -> None:
    client.force_login(technician)
    assert client.get("/admin/", follow=True).status_code == 404
    client.force_login(office)
    assert client.get("/admin/").status_code == 200


@pytest.mark.parametrize("name", ["repairorder", "activity", "shop", "statuschange"])
def test_a_list_takes_as_many_statements_for_many_rows(
    admin: Client, make_order: MakeOrder, office: User, name: str
) -> None:
    def statements() -> int:
        with CaptureQueriesContext(
            connection,
        ) as done:
            assert admin.get(f"/admin/repairs/{name}/").status_code == 200
        return len(done)

    def another(number: int) -> None:
        new = shops.create(by=office, name=f"Shop {number}")
        orders.edit(make_order(shop=new), by=office, changes={"notes": "seen", "terms": "COD"})

    another(1)
    statements()
    few = statements()
    for number in range(2, 12):
        another(number)
    assert statements() == few
    assert few <= 12


@pytest.mark.parametrize(
    "typed",
    [
        "set=nothing",
        "set=overdue",
        "sheet__exact=Nowhere",
        "status__exact=x",
        "shop__id__exact=x",
        "next_update_from=tomorrow",
        "next_update_from=2026-01-01&next_update_to=1",
        "estimated_cost_from=much",
        "q=%00",
        "o=99.-3",
        "p=999",
    ],
)
def test_an_odd_filter_breaks_nothing(admin: Client, order: RepairOrder, typed: str) -> None:
    assert admin.get(f"/admin/repairs/repairorder/?{typed}", follow=True).status_code == 200


@pytest.mark.parametrize("named", ["active", "overdue", "waiting-quote", "high-value", "due-this-week"])
def test_a_set_is_what_the_dashboard_counts(admin: Client, make_order: MakeOrder, named: str) -> None:
    make_order(next_update="2020-01-01", final_cost=20_000)
    late = make_order(next_update="2020-01-01")
    orders.change_status(late, by=None, to="WAITING QUOTE", next_update=None)
    make_order(estimated_cost=10_000)
    here = admin.get(f"/admin/repairs/repairorder/?set={named}").context["cl"].result_count
    there = admin.get(f"/?show={named}").context["page"].paginator.count
    assert here == there > 0


def test_the_search_is_the_dashboards(admin: Client, order: RepairOrder, make_order: MakeOrder) -> None:
    make_order(part_number="other")
    for typed in ("066500130101", "066-50013", order.label, "palmetto transponder"):
        found = admin.get("/admin/repairs/repairorder/", {"q": typed}).context["cl"].result_list
        assert order in found, typed


def test_only_the_back_office_may_make_functions_and_set_styles(admin: Client) -> None:
    here, there = (admin.get(page).headers["Content-Security-Policy"] for page in ("/admin/", "/"))
    assert "'unsafe-eval'" in here
    assert "script-src 'self' 'unsafe-eval'" in here.replace(";", "")
    assert "unsafe" not in there


@pytest.mark.parametrize(
    ("chosen", "told"), [("dark", 'class="dark"'), ("light", 'class="light"'), ("system", "theme()")]
)
def test_it_looks_as_the_person_chose_in_the_tracker(admin: Client, chosen: str, told: str) -> None:
    admin.cookies["theme"] = chosen
    assert told in admin.get("/admin/").content.decode()
