"""Imports in the back office: a file is tried, its report is read, and then it is imported."""

from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from repairs.models import InventoryItem, RepairOrder, Shop
from sync import imports, runs
from sync.models import Replica, Run, Upload

NEW = "/admin/sync/upload/new/"
DEMO = Path(__file__).parents[2] / "repairs" / "demo"


@pytest.fixture
def admin(client: Client, clerk: User) -> Client:
    client.force_login(clerk)
    return client


def send(admin: Client, kind: str, name: str, content: bytes) -> Any:
    return admin.post(NEW, {"kind": kind, "file": SimpleUploadedFile(name, content)})


def at_work() -> None:
    """A worker's round."""
    runs.sweep()


def tried(admin: Client, kind: str, name: str, content: bytes) -> str:
    page: str = send(admin, kind, name, content).headers["Location"]
    assert "nothing is written" in admin.get(page).content.decode()
    at_work()
    return page


def test_a_list_of_parts_is_tried_then_imported(admin: Client, clerk: User) -> None:
    page = tried(admin, "inventory", "hangar.csv", b"PartNumber,Qty\n066-1,2\n066-2,some\n,3\n")
    shown = admin.get(page).content.decode()
    assert "would make 2 new" in shown
    assert "Not imported: 1" in shown
    assert "This is not a quantity." in shown
    assert 'data-label="What stands there"' in shown, "on a phone no heading stands over it"
    assert not InventoryItem.objects.exists()
    admin.post(page)
    at_work()
    assert "2 new" in admin.get(page).content.decode()
    assert {(i.part_number, i.source) for i in InventoryItem.objects.all()} == {
        ("066-1", "hangar"),
        ("066-2", "hangar"),
    }
    made = Upload.objects.get()
    assert (made.by, bytes(made.content)) == (clerk, b"")
    assert {run.by for run in Run.objects.filter(kind="import")} == {clerk}


def test_a_list_of_shops(admin: Client, shop: Shop) -> None:
    content = b"Business Name,Email\nNimbus Oxygen,quotes@nimbus.example\npalmetto landing GEAR,x@y.example\n"
    page = tried(admin, "shops", "shops.csv", content)
    assert Shop.objects.count() == 1
    admin.post(page)
    at_work()
    assert Shop.objects.get(name="Nimbus Oxygen").email == "quotes@nimbus.example"


def test_a_workbook_leaves_nothing_pending(admin: Client, db: None) -> None:
    page = tried(admin, "orders", "orders.xlsx", (DEMO / "repair_orders.xlsx").read_bytes())
    assert not RepairOrder.objects.exists()
    admin.post(page)
    at_work()
    assert RepairOrder.objects.count() > 100
    assert not Replica.objects.filter(pending_since__isnull=False).exists()
    assert "Imported" in admin.get(page).content.decode()


@pytest.mark.parametrize(
    ("kind", "name", "content", "told"),
    [
        ("orders", "x.xlsx", b"no workbook", "x.xlsx"),
        ("shops", "x.csv", b"Name\nA\n", "no header “Business Name”"),
        ("inventory", "../../etc/x.csv", b"a,b\n1,2\n", "x.csv is not a list of parts in stock"),
    ],
)
def test_what_can_not_be_read_says_why_and_can_not_be_imported(
    admin: Client, kind: str, name: str, content: bytes, told: str
) -> None:
    page = tried(admin, kind, name, content)
    shown = admin.get(page).content.decode()
    assert told in shown
    assert "/tmp" not in shown  # noqa: S108  (where the file lay is nobody's business)
    assert "Import it" not in shown
    assert "tried with success" in admin.post(page, follow=True).content.decode()


@pytest.mark.parametrize(("kind", "content"), [("orders", b""), ("else", b"x"), ("shops", None)])
def test_what_is_no_file_is_asked_for_again(admin: Client, kind: str, content: bytes | None) -> None:
    given = {} if content is None else {"file": SimpleUploadedFile("x.csv", content)}
    answer = admin.post(NEW, {"kind": kind, **given})
    assert answer.status_code == 200
    assert answer.context["form"].errors
    assert not Upload.objects.exists()


def test_a_file_that_is_too_large_is_refused(admin: Client) -> None:
    answer = send(admin, "shops", "x.csv", b"x" * (imports.LARGEST + 1))
    assert "larger than 10 MB" in answer.content.decode()
    assert not Upload.objects.exists()


def test_a_file_is_imported_once(admin: Client) -> None:
    page = tried(admin, "inventory", "a.csv", b"PartNumber\n066-1\n")
    for _ in range(2):
        admin.post(page)
    at_work()
    assert "imported already" in admin.post(page, follow=True).content.decode()
    assert Run.objects.filter(kind="import").count() == 2


def test_it_is_the_offices(client: Client, technician: User) -> None:
    client.force_login(technician)
    assert client.get(NEW).status_code == 404
    client.post(NEW, {"kind": "shops", "file": SimpleUploadedFile("x.csv", b"Business Name\nA\n")})
    assert not Upload.objects.exists()
