"""A backup is restored as docs/operations.md says, hours later; then the workbook and the database agree again."""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import override_settings
from pytest_django import Settings

from notifications import queue
from notifications.models import Delivery, Notification
from repairs import documents
from repairs.models import Document, RepairOrder
from sync.models import Replica
from tests.delivery.desk import SHOP, Desk, carry
from tests.operations import composing
from tests.operations.dumps import dump
from tests.servers import Servers

pytestmark = pytest.mark.django_db(transaction=True)
CONTENT = b"%PDF-1.7 a quote"
EMPTY = "genthrust"  # as the docs call it; the tests' own database has another name


def backed_up(servers: Servers, folder: Path, data: Path) -> None:
    """Does what the docs say; afterwards the folder of the data is gone, as with its machine."""
    assert servers.mariadb
    dump(servers.mariadb, folder / "dumped.sql")
    making, _ = composing.blocks()
    composing.run(making, folder, DUMPED=str(folder / "dumped.sql"), DATA=str(data))
    (folder / "dumped.sql").unlink()
    shutil.rmtree(data)


def uploaded(desk: Desk) -> int:
    """A document of an order."""
    quote = SimpleUploadedFile("quote.pdf", CONTENT)
    return documents.add(desk.order(38001), by=None, upload=quote, kind="quote").pk


def content_of(pk: int) -> bytes:
    with Document.objects.get(pk=pk).file.open() as file:
        return bytes(file.read())


@contextmanager
def restored(servers: Servers, folder: Path) -> Iterator[None]:
    """Does what the docs say, in another installation, whose database the program's own is until the end."""
    assert servers.mariadb
    before, url = connection.settings_dict["NAME"], servers.mariadb.url(EMPTY)
    _, loading = composing.blocks()
    there = folder / "elsewhere"
    there.mkdir()
    try:
        port = str(servers.mariadb.port)
        composing.run(loading, folder, DATA=str(there), DATABASE_URL=url, DATABASE_PORT=port)
        connection.close()
        connection.settings_dict["NAME"] = EMPTY
        with override_settings(DOCUMENTS_DIR=there / "documents"):
            yield
    finally:
        connection.close()
        connection.settings_dict["NAME"] = before
        with connection.cursor() as cursor:
            cursor.execute(f"DROP DATABASE IF EXISTS {EMPTY}")


def told(capsys: pytest.CaptureFixture[str], command: str, **options: Any) -> dict[str, Any]:
    """The line of JSON of a command."""
    capsys.readouterr()
    call_command(command, json=True, **options)
    found: dict[str, Any] = json.loads(capsys.readouterr().out.splitlines()[-1])
    return found


def in_the_hours_after(desk: Desk, approved: Delivery, draft: Notification) -> int:
    """What the backup does not know: mails that left, changes that reached Excel, a new order, a person in Excel."""
    later = queue.approve(draft, by=desk.amy)
    for delivery in (approved, later):
        desk.carry_on(delivery)
        desk.assert_sent_once(delivery)
    desk.edit(38001, notes="after the backup")
    desk.status(38002, "SCRAP")
    new = desk.create("LATER-1").number
    desk.drain()
    desk.types(38003, tracking_number="1Z0000000000000003")
    return new


def assert_mails_are_known(desk: Desk, approved: Delivery, draft: Notification, told: str) -> None:
    """The mail that was approved before the backup does not leave again; the draft of the other one has a warning."""
    draft.refresh_from_db()
    assert draft.state == Notification.State.PENDING_APPROVAL
    assert f"“{draft.subject}” left to {SHOP}" in draft.warning
    assert f"{draft.subject}” left to {SHOP}" in told, "one that nobody knows is listed"
    assert "1 mail left that this database does not know" in told
    assert_waits(desk, approved)
    assert desk.carry_on(approved).state == Delivery.State.SENT
    desk.assert_sent_once(approved)


def assert_told_where_outlook_is_away(desk: Desk) -> None:
    """Nobody may take an unfinished comparison for one that found nothing."""
    with pytest.raises(CommandError, match="“yesterday” is no time such as"):
        call_command("after_restore", "--since", "yesterday")
    desk.fault("status", match={"method": "GET", "path_regex": "isDraft"}, times=1, status=503)
    with pytest.raises(CommandError, match="Please run this again when Outlook can be reached"):
        call_command("after_restore", "--since", "2025-11-24T03:00")


def assert_waits(desk: Desk, approved: Delivery) -> None:
    """Nothing is asked at once: a mail on its way may look like a draft."""
    carry()
    approved.refresh_from_db()
    assert approved.state == Delivery.State.NEW


def test_after_a_restore_the_workbook_agrees_again(
    desk: Desk, servers: Servers, tmp_path: Path, capsys: pytest.CaptureFixture[str], settings: Settings
) -> None:
    approved, draft = desk.approved(), desk.draft()
    desk.edit(38001, notes="before the backup")
    desk.drain()
    desk.edit(38009, notes="saved before the backup, not in Excel yet")
    settings.DOCUMENTS_DIR = tmp_path / "data" / "documents"
    document = uploaded(desk)
    backed_up(servers, tmp_path, tmp_path / "data")

    new = in_the_hours_after(desk, approved, draft)
    orders = RepairOrder.objects.count()

    with restored(servers, tmp_path):
        assert content_of(document) == CONTENT
        assert RepairOrder.objects.count() == orders - 1, "the backup is older than the new order"
        assert_told_where_outlook_is_away(desk)
        capsys.readouterr()
        call_command("after_restore")
        assert_mails_are_known(desk, approved, draft, capsys.readouterr().out)
        report = told(capsys, "check_workbook")
        found = {(d["order"], d.get("field")) for d in report["differences"]}
        assert found >= {(38001, "notes"), (38002, "status"), (38003, "tracking_number")}
        assert report["unknown_rows"] == 1

        call_command("import_workbook", from_graph=True, quiet=True)
        capsys.readouterr()
        assert desk.order(38001).notes == "after the backup", "what only Excel knew is taken over"
        assert desk.order(38003).tracking_number == "1Z0000000000000003"
        assert (desk.order(38002).status, desk.order(38002).sheet) == ("SCRAP", "Returns")
        assert desk.order(new).part_number == "LATER-1"
        assert desk.order(38009).notes == "saved before the backup, not in Excel yet"

        call_command("resync")
        capsys.readouterr()
        assert told(capsys, "sync_workbook")["pending"] == 0
        report = told(capsys, "check_workbook")
        assert (report["differences"], report["unknown_rows"], report["needs_attention"]) == ([], 0, [])
        assert report["agreeing"] == report["compared"] == orders
        assert not Replica.objects.filter(pending_since__isnull=False).exists()
        desk.assert_agreement()
        assert desk.cell(38009, "notes") == "saved before the backup, not in Excel yet"
        assert desk.create("AFTER-1").number not in (new, None), "no number is given out twice"
