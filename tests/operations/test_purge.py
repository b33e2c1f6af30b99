"""`manage.py purge` and the daily run: what is too old goes, what is young stays, and so does the history of orders."""

import os
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db.models import Model
from pytest_django import Settings

from people.models import AccountEvent
from repairs import clock, documents, orders, shops
from repairs.models import Activity, BulkAct, Document, OrderWriting, RepairOrder
from sync import purging, runs
from sync.models import DocumentCopy, Run, RunStep, Upload
from sync.runs import Claim

pytestmark = pytest.mark.django_db
PDF = b"%PDF-1.7 a quote"


@pytest.fixture
def order(settings: Settings, tmp_path: Path) -> RepairOrder:
    settings.DOCUMENTS_DIR = tmp_path
    settings.RUN_KEEP_DAYS, settings.DOCUMENT_KEEP_DAYS, settings.TRAIL_KEEP_DAYS = 31, 30, 90
    shop = shops.create(by=None, name="Aero Avionics")
    return orders.create(by=None, shop=shop, part_number="3605812-17")


def aged(row: Model, days: float, *names: str) -> None:
    moment = clock.now() - timedelta(days=days)
    type(row)._default_manager.filter(pk=row.pk).update(**dict.fromkeys(names, moment))


def removed(order: RepairOrder, name: str, *, days: float, item_id: str = "") -> Document:
    """A document that was removed so long ago; `item_id` is what SharePoint still has of it."""
    made = documents.add(order, by=None, upload=SimpleUploadedFile(name, PDF), kind="quote")
    documents.remove(made, by=None)
    aged(made, days, "removed_at")
    DocumentCopy.objects.filter(document=made).update(item_id=item_id, due_at=None)
    return made


def ended(days: float, kind: str = "check") -> Run:
    run = runs.start(kind=kind, about=None, started_by="a test")
    RunStep.objects.create(run=run, attempt=1, text="done")
    Run.objects.filter(pk=run.pk).update(state=Run.State.SUCCEEDED, open_key=None)
    aged(run, days, "finished_at", "created_at")
    return run


def purged(capsys: pytest.CaptureFixture[str], **options: Any) -> dict[str, int]:
    """How many of each the command took or would take."""
    capsys.readouterr()
    call_command("purge", **options)
    lines = capsys.readouterr().out.replace(" would go", "").splitlines()
    return {label: int(count) for count, label in (line.strip().split(" ", 1) for line in lines)}


def test_what_is_too_old_goes_and_nothing_else(
    order: RepairOrder,
    capsys: pytest.CaptureFixture[str],
    settings: Settings,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    old, young = ended(32), ended(30)
    open_one = runs.start(kind="check", started_by="a test")
    gone, kept = removed(order, "old.pdf", days=31), removed(order, "young.pdf", days=29)
    still_there = removed(order, "there.pdf", days=31, item_id="in-sharepoint")
    here = documents.add(order, by=None, upload=SimpleUploadedFile("here.pdf", PDF), kind="quote")
    for days in (91, 89):
        aged(AccountEvent.objects.create(kind="signed in", name=f"{days} days"), days, "at")
        Session.objects.create(session_key=f"k{days}", expire_date=clock.now() + timedelta(days=90 - days))
    imported = Upload.objects.create(
        kind="shops", name="s.csv", content=b"", by_name="tom", imported_at=clock.now()
    )
    tried = Upload.objects.create(kind="shops", name="t.csv", content=b"x", by_name="tom")
    for upload in (imported, tried):
        aged(upload, 32, "at")
    stray, fresh = Path(here.file.path).with_name("stray.pdf"), Path(here.file.path).with_name("fresh.pdf")
    on_its_way = tmp_path_factory.mktemp("incoming") / "killed.upload"
    settings.FILE_UPLOAD_TEMP_DIR = on_its_way.parent
    for path in (stray, fresh, on_its_way):
        path.write_bytes(PDF)
    yesterday = time.time() - 25 * 3600
    for path in (stray, on_its_way, Path(here.file.path)):
        os.utime(path, (yesterday, yesterday))
    orders.edit(order, by=None, changes={"terms": "COD"})
    owner = User.objects.create_user("amy")
    for days in (15, 13):
        begun = clock.now() - timedelta(days=days)
        BulkAct.objects.create(token=f"t{days}", owner=owner, seen=[], done="", back="/", begun_at=begun)
    OrderWriting.objects.update(at=clock.now() - timedelta(days=2))
    assert OrderWriting.objects.count() == 2
    history = Activity.objects.filter(order=order).count()

    expected = {
        "ended runs": 1,
        "removed documents": 1,
        "old records of sign-ins and accounts": 1,
        "sessions that have run out": 1,
        "uploads that were not imported": 1,
        "files without a document": 2,
        "marks of orders written": 1,
        "what became of acts on many orders": 1,
        "requests to the model": 0,
        "wishes for other words": 0,
    }
    assert purged(capsys, dry_run=True) == expected
    assert stray.exists()
    assert Run.objects.filter(pk=old.pk).exists()
    assert purged(capsys) == expected
    assert purged(capsys) == dict.fromkeys(expected, 0)
    assert set(Run.objects.values_list("pk", flat=True)) == {young.pk, open_one.pk}
    assert set(Document.objects.values_list("pk", flat=True)) == {kept.pk, still_there.pk, here.pk}
    assert (Path(gone.file.path).exists(), on_its_way.exists()) == (False, False)
    assert (stray.exists(), fresh.exists(), Path(here.file.path).exists()) == (False, True, True)
    assert [event.name for event in AccountEvent.objects.filter(kind="signed in")] == ["89 days"]
    assert [session.session_key for session in Session.objects.all()] == ["k89"]
    assert [act.token for act in BulkAct.objects.all()] == ["t13"]
    assert list(Upload.objects.all()) == [imported]
    assert OrderWriting.state() is not None, "the last one names the state that the orders are in"
    assert Activity.objects.filter(order=order).count() == history, "the history of orders is never forgotten"


def test_once_a_day_a_run_does_it_and_says_what_it_took(order: RepairOrder) -> None:
    young = ended(0.9)
    purging.keep_time()
    assert Run.objects.get() == young, "in a new installation nothing is old"
    ended(40)
    purging.keep_time()
    purging.keep_time()
    run = Run.objects.get(kind="purge")
    claimed = runs.claim(run)
    assert isinstance(claimed, Claim)
    runs.perform(claimed, purging.work)
    run.refresh_from_db()
    assert (run.state, run.result) == ("succeeded", {"ended runs": 1})
    purging.keep_time()
    assert Run.objects.filter(kind="purge").count() == 1
    aged(run, 1.01, "created_at")
    purging.keep_time()
    assert Run.objects.filter(kind="purge").count() == 2
