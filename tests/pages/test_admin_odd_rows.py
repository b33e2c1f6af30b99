"""Rows without an order in the back office: side by side with what can be done, one or many, for the office alone."""

import pytest
from django.contrib.auth.models import User
from django.test import Client

from repairs.models import RepairOrder
from sync.marks import the_workbook
from sync.models import OddRow

PAGE = "/admin/sync/replica/differences/"
DECIDE = "/admin/sync/oddrow/decide/"


@pytest.fixture
def admin(client: Client, clerk: User) -> Client:
    client.force_login(clerk)
    return client


@pytest.fixture
def rows(db: None) -> list[OddRow]:
    """One with an unknown number, one without, one surplus."""
    given = [("unknown", 39001, "P-1"), ("no number", None, "=evil"), ("surplus", 39001, "P-3")]
    return [
        OddRow.objects.create(
            workbook=the_workbook(), sheet="Active", row=row, why=why, number=number, text=part,
            cells={"number": number or "", "part_number": part, "date_made": 46000}, fingerprint=str(row),
        )
        for row, (why, number, part) in enumerate(given, start=20)
    ]  # fmt: skip


def decide(admin: Client, act: str, *rows: OddRow) -> str:
    return admin.post(DECIDE, {"act": act, "row": [r.pk for r in rows]}, follow=True).content.decode()


def test_they_are_shown_with_their_choices(admin: Client, rows: list[OddRow]) -> None:
    page = admin.get(PAGE).content.decode()
    shown = [f'value="{act}:{row.pk}"' in page for row in rows for act in ("take", "number", "ignore")]
    assert shown == [True, False, True, True, True, True, False, False, True]
    assert ">Dec 9, 2025</time>" in page
    for told in ("/admin/", "/runs/"):
        assert "3 rows of the workbook without an order" in admin.get(told).content.decode()
    OddRow.objects.exclude(pk=rows[0].pk).update(decision="ignored")
    assert "1 row of the workbook without an order; it is left alone" in admin.get("/runs/").content.decode()


def test_one_is_made_an_order_by_its_button(admin: Client, rows: list[OddRow], clerk: User) -> None:
    assert "G39001 was made of it." in decide(admin, f"take:{rows[0].pk}", rows[1])
    order = RepairOrder.objects.get()
    assert order.activity.filter(by=clerk, verb="Excel").exists()
    rows[0].refresh_from_db()
    assert (rows[0].decision, rows[0].order, rows[0].by_name) == ("ordered", order, "tom")
    assert "decided about meanwhile" in decide(admin, f"take:{rows[0].pk}")


def test_many_are_decided_about_and_each_is_told(admin: Client, rows: list[OddRow]) -> None:
    said = decide(admin, "take", *rows)
    assert "delete this one in Excel" in said
    assert RepairOrder.objects.count() == 2
    chosen = {"action": "ignore", "_selected_action": [row.pk for row in rows]}
    said = admin.post("/admin/sync/oddrow/", chosen, follow=True).content.decode()
    assert said.count("decided about meanwhile") == 2
    assert OddRow.objects.get(why="surplus").decision == "ignored"
    back = {"action": "look_again", "_selected_action": [rows[2].pk]}
    admin.post("/admin/sync/oddrow/", back)
    assert OddRow.objects.get(why="surplus").decision == ""


def test_a_number_is_given_to_be_typed(admin: Client, rows: list[OddRow]) -> None:
    said = decide(admin, f"number:{rows[1].pk}")
    rows[1].refresh_from_db()
    assert f"please type {rows[1].given_number} into its RO cell" in said
    assert f"waits for {rows[1].given_number} in its RO cell" in said
    assert [f'value="{act}:{rows[1].pk}"' in said for act in ("look_again", "number", "take")] == [
        True, False, False,
    ]  # fmt: skip
    assert not RepairOrder.objects.exists()


@pytest.mark.parametrize("act", ["", "erase", "take:x", "take:999999", "take:" + "9" * 30])
def test_an_odd_choice_breaks_nothing(admin: Client, rows: list[OddRow], act: str) -> None:
    said = decide(admin, act)
    assert "choose at least one row" in said or "decided about meanwhile" in said
    assert not RepairOrder.objects.exists()


def test_it_is_the_offices(client: Client, rows: list[OddRow], technician: User) -> None:
    client.force_login(technician)
    client.post(DECIDE, {"act": f"take:{rows[0].pk}"})
    assert not RepairOrder.objects.exists()
    assert client.get(DECIDE).status_code in (302, 404, 405)
