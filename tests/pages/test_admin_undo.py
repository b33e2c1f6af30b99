"""The page of what a run wrote, and its undo, in the back office."""

import re

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from repairs import orders
from repairs.models import RepairOrder
from sync.marks import the_workbook
from sync.models import Run, RunWriting


@pytest.fixture
def admin(client: Client, office: User) -> Client:
    client.force_login(office)
    return client


@pytest.fixture
def run(order: RepairOrder) -> Run:
    """A flush that wrote a note over another, terms over nothing, and a day over something that is none."""
    orders.edit(order, by=None, changes={"notes": "ours", "terms": "COD", "date_dropped_off": "2026-01-05"})
    made = Run.objects.create(
        kind="flush", workbook=the_workbook(), state="succeeded", due_at=timezone.now(), started_by="a change"
    )
    RunWriting.objects.create(
        run=made,
        cells=[
            [order.pk, "notes", "theirs", "ours"],
            [order.pk, "terms", "", "COD"],
            [order.pk, "date_dropped_off", "2-3 WEEKS", "2026-01-05"],
            [order.pk, "shop_status", "=A1", ""],
            [0, "notes", "of an order that is gone", "x"],
        ],
    )
    return made


def page(run: Run) -> str:
    return f"/admin/sync/run/{run.pk}/undo/"


def test_it_shows_before_beside_written_and_why_something_stays(admin: Client, run: Run) -> None:
    assert page(run) in admin.get(f"/admin/sync/run/{run.pk}/change/").content.decode()
    cells = {cell.field: cell for cell in admin.get(page(run)).context["cells"]}
    long = "A text of many words. " * 30
    orders.edit(cells["notes"].order, by=None, changes={"notes": long})
    shown = admin.get(page(run)).content.decode()
    assert re.search(r"<details[^>]*><summary><bdi>A text of many [^<]{1,120}…</bdi></summary>A text", shown)
    assert (cells["notes"].before, cells["notes"].written, cells["notes"].reason) == ("theirs", "ours", "")
    assert "2-3 WEEKS" in cells["date_dropped_off"].reason
    assert "a formula" in cells["shop_status"].reason
    text = admin.get(page(run)).content.decode()
    for label in ("Before", "Written", "Now", "Undo"):
        assert text.count(f'data-label="{label}"') == 4, "on a phone no heading stands over them"
    assert text.count(">Jan 5, 2026</time>") == 2, "what was written and what stands there now"
    changed = admin.get("/admin/repairs/activity/").content.decode()
    assert re.search(r"Date dropped off: \(empty\) → <time[^>]+>Jan 5, 2026</time>", changed)
    assert re.search(r"\w{3} \d+, \d{4}, \d+:\d\d [AP]M", changed), "a moment, in a column of Django's own"


def test_the_chosen_come_back(admin: Client, run: Run, order: RepairOrder, office: User) -> None:
    answer = admin.post(page(run), {"cell": [f"{order.pk}.notes"]}, follow=True)
    assert "1 value put back; Excel follows." in answer.content.decode()
    order.refresh_from_db()
    assert (order.notes, order.terms) == ("theirs", "COD")
    assert {entry.by for entry in order.activity.all()[:2]} == {office}


@pytest.mark.parametrize("chosen", [[], ["x"], ["1.date_dropped_off"], ["9.notes"]])
def test_nothing_that_can_be_undone_is_told(admin: Client, run: Run, chosen: list[str]) -> None:
    answer = admin.post(page(run), {"cell": chosen}, follow=True)
    assert "can be undone any more" in answer.content.decode()


def test_it_is_the_offices(client: Client, run: Run, technician: User, order: RepairOrder) -> None:
    client.force_login(technician)
    assert client.get(page(run), follow=True).status_code == 404
    client.post(page(run), {"cell": [f"{order.pk}.notes"]})
    order.refresh_from_db()
    assert order.notes == "ours"


def test_a_run_that_is_not_there(admin: Client, db: None) -> None:
    for name in ("99999", "x", "1" * 30):
        assert admin.get(f"/admin/sync/run/{name}/undo/").status_code == 404
