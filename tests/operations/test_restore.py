"""A backup is restored as docs/operations.md says, hours later; then the workbook and the database agree again."""

import gzip
import io
import json
import re
import shutil
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client, override_settings
from pytest_django import Settings

from notifications import combine, queue
from notifications.models import Delivery, Notification
from repairs import documents, shops
from repairs.models import Activity, Document, RepairOrder
from sync.models import Replica
from tests.delivery.desk import BOSS, OFFICE, SHOP, Desk, carry
from tests.operations import composing
from tests.operations.dumps import dump
from tests.servers import Servers

pytestmark = pytest.mark.django_db(transaction=True)
CONTENT, LATER = b"%PDF-1.7 a quote", b"%PDF-1.7 another quote"
EMPTY = "genthrust"  # as the docs call it; the tests' own database has another name


def backed_up(servers: Servers, folder: Path, data: Path) -> None:
    """Does what the docs say; afterwards the documents are gone, as with a disk."""
    assert servers.mariadb
    dump(servers.mariadb, folder / "dumped.sql")
    making, _ = composing.blocks()
    composing.run_well("docker compose up --detach --wait db redis", folder)
    composing.run_well(making, folder, DUMPED=str(folder / "dumped.sql"), DATA=str(data))
    (folder / "dumped.sql").unlink()
    shutil.rmtree(data)


def uploaded(desk: Desk, content: bytes = CONTENT) -> Document:
    """A document of an order."""
    quote = SimpleUploadedFile("quote.pdf", content)
    return documents.add(desk.order(38001), by=None, upload=quote, kind="quote")


def content_of(pk: int) -> bytes:
    with Document.objects.get(pk=pk).file.open() as file:
        return bytes(file.read())


@contextmanager
def restored(servers: Servers, folder: Path) -> Iterator[None]:
    """Does what the docs say where newer documents lie; its database is the program's until the end."""
    assert servers.mariadb
    before, url = connection.settings_dict["NAME"], servers.mariadb.url(EMPTY)
    _, loading = composing.blocks()
    there = (folder / "data").rename(folder / "elsewhere")
    dump(servers.mariadb, folder / "dumped.sql")
    own = {"DUMPED": str(folder / "dumped.sql"), "DATA": str(there), "DATABASE_URL": url}
    try:
        port = str(servers.mariadb.port)
        (folder / "bin" / "db-runs").unlink()  # as on another machine
        composing.run_well(loading, folder, **own, DATABASE_PORT=port)
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


@dataclass
class Drafts:
    """What waits for approval when the backup is made, each for a shop of its own, but for the answer's two."""

    single: Notification
    first: Notification  # these two will leave in one mail, to another address
    second: Notification
    answer: Notification  # it will leave under the subject of its conversation, and name no order
    same_shop: Notification
    elsewhere: Notification  # neither its order nor its address is in any mail


def drafts(desk: Desk) -> Drafts:
    boreal, cirrus, delta = (
        shops.create(by=desk.amy, name=name, email=f"quotes@{name.lower()}.example")
        for name in ("Boreal", "Cirrus", "Delta")
    )
    asked = [desk.draft(desk.order_at(cirrus)) for _ in range(2)]
    desk.assert_sent_once(desk.carry_on(queue.approve(combine.combine(asked, by=desk.amy), by=desk.amy)))
    about = asked[0].order
    assert about is not None
    return Drafts(
        single=desk.draft(),
        first=desk.draft(desk.order_at(boreal)),
        second=desk.draft(desk.order_at(boreal)),
        answer=desk.draft(about),
        same_shop=desk.draft(desk.order_at(cirrus)),
        elsewhere=desk.draft(desk.order_at(delta)),
    )


def approved_later(desk: Desk, drafts: Drafts) -> list[Delivery]:
    """In the hours after the backup: one by one, two in one mail to another address, one as an answer."""
    together = combine.combine([drafts.first, drafts.second], by=desk.amy)
    queue.edit(together, by=desk.amy, changes={"to_address": "new@boreal.example"})
    queue.edit(drafts.answer, by=desk.amy, changes={"body": "Any news?"})
    return [queue.approve(draft, by=desk.amy) for draft in (drafts.single, together, drafts.answer)]


def in_the_hours_after(desk: Desk, approved: Delivery, drafts: Drafts) -> int:
    """What the backup does not know: mails that left, changes that reached Excel, a new order, a person in Excel."""
    for delivery in (approved, *approved_later(desk, drafts)):
        desk.carry_on(delivery)
        desk.assert_sent_once(delivery)
    desk.edit(38001, notes="after the backup")
    desk.status(38002, "SCRAP")
    new = desk.create("LATER-1").number
    desk.drain()
    desk.types(38003, tracking_number="1Z0000000000000003")
    return new


def assert_mails_are_known(desk: Desk, approved: Delivery, drafts: Drafts, told: str) -> None:
    """The mail that was approved before the backup does not leave again; whatever may have left has a warning."""
    assert f"3 mails that this database does not know left from {BOSS}, {OFFICE}." in told
    assert_warned(drafts, told)
    assert_waits(desk, approved)
    assert desk.carry_on(approved).state == Delivery.State.SENT
    desk.assert_sent_once(approved)


def number_of(draft: Notification) -> int:
    return RepairOrder.objects.get(notifications=draft).number


def assert_warned(drafts: Drafts, told: str) -> None:
    """By the order or by the address, whatever the subject; each warning stands in the list too."""
    first, second = (number_of(draft) for draft in (drafts.first, drafts.second))
    expected = {
        "single": (drafts.single.subject, SHOP),
        "first": (f"#{first}, #{second}", "new@boreal.example"),
        "second": (f"#{first}, #{second}", "new@boreal.example"),
        "answer": ("RE: ", "quotes@cirrus.example"),
        "same_shop": ("RE: ", "quotes@cirrus.example"),
    }
    for name, (subject, address) in expected.items():
        draft = getattr(drafts, name)
        draft.refresh_from_db()
        assert draft.state == Notification.State.PENDING_APPROVAL
        (line,) = draft.warning.splitlines()
        found = re.fullmatch(
            r"This may have been sent already: (“.*” left to .*) Please compare before you approve\.", line
        )
        assert found, line
        assert subject in line
        assert re.search(
            rf"left to {address}, .* on [A-Z][a-z]+ \d+, \d{{4}}, \d+:\d\d [AP]M, after the backup", line
        )
        assert found[1] in told, "it is listed"
    assert f"and names G{first}, G{second}." in drafts.first.warning
    drafts.elsewhere.refresh_from_db()
    assert drafts.elsewhere.warning == ""
    assert "5 drafts about these orders or to these addresses got a warning" in told


def told_where_outlook_is_away(desk: Desk) -> str:
    """Nobody may take an unfinished comparison for one that found nothing: the instant to run it again with."""
    with pytest.raises(CommandError, match="“yesterday” is no time such as"):
        call_command("after_restore", "--since", "yesterday")
    with (
        override_settings(MAIL_FROM=""),
        pytest.raises(CommandError, match="MS_GRAPH_SHARED_MAILBOX is not set"),
    ):
        call_command("after_restore")
    newest = Activity.objects.latest("at").at
    desk.fault("status", match={"method": "GET", "path_regex": "isDraft"}, times=1, status=503)
    with pytest.raises(CommandError, match=f"{OFFICE} could not be searched: Outlook is busy") as away:
        call_command("after_restore")
    found = re.search(
        r"Please run this again, with --since (\S+), when Outlook can be reached", str(away.value)
    )
    assert found
    assert datetime.fromisoformat(found[1]) == newest.replace(microsecond=0)
    return found[1]


def looked_for(desk: Desk, since: str, capsys: pytest.CaptureFixture[str]) -> str:
    """What the command tells where the office sends from another address by now, and that can't be read at first."""
    capsys.readouterr()
    with override_settings(MAIL_FROM=BOSS):
        desk.fault("status", match={"method": "GET", "path_regex": f"{BOSS}.*isDraft"}, times=1, status=503)
        with pytest.raises(CommandError, match=f"^{BOSS} could not be searched"):
            call_command("after_restore", "--since", since)
        assert f"left from {OFFICE}.\n" in capsys.readouterr().out, "what could be searched is told"
        call_command("after_restore", "--since", since)
    return capsys.readouterr().out


def assert_is_told(folder: Path, later: str, told: str) -> None:
    """The document that was uploaded after the backup: before a purge takes its file, which was put aside as well."""
    (line,) = re.findall(r"^1 file in .* knows no document.*\n  (.*)\nThose", told, re.MULTILINE)
    assert line.startswith(f"{later}, {len(LATER)} bytes, ")
    assert later.startswith("38001/")
    (folder / "elsewhere" / "documents" / later).unlink()
    (aside,) = folder.glob("before-*")
    assert b"LATER-1" in gzip.decompress((aside / "genthrust.sql.gz").read_bytes())
    with tarfile.open(aside / "data.tar") as archive:
        kept = archive.extractfile(f"./documents/{later}")
        assert kept
        assert kept.read() == LATER


def archive_of(*names: str) -> bytes:
    """A tar of files without content: 512 bytes for each, then the end's own."""
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as archive:
        for name in names:
            archive.addfile(tarfile.TarInfo(name))
    return made.getvalue()


CUT = archive_of("./one.pdf", "./two.pdf")[:512]  # just between them: `tar -tf` lists it and ends with 0


@pytest.mark.parametrize("broken", ["dump", "folder", "connection"])
def test_a_backup_that_fails_leaves_the_one_before(broken: str, tmp_path: Path) -> None:
    making, _ = composing.blocks()
    kept = {tmp_path / name: b"of yesterday" for name in ("genthrust.sql.gz", "data.tar")}
    for file, content in kept.items():
        file.write_bytes(content)
    composing.run_well("docker compose up --detach --wait db redis", tmp_path)
    (tmp_path / "dump").write_text("-- all of it")
    (tmp_path / "folder").mkdir()
    (tmp_path / "connection").write_bytes(CUT)
    archiving = "docker compose run --rm --no-deps -T worker tar -C /data -cf - ."
    assert archiving in making
    # In both, docker itself ends with the number that tar has for a file which was written meanwhile.
    if broken == "folder":
        making = making.replace(archiving, "false")
    elif broken == "connection":
        making = making.replace(archiving, "{ cat elsewhere; false; }")
    (tmp_path / broken).rename(tmp_path / "elsewhere")
    done = composing.run(making, tmp_path, DUMPED=str(tmp_path / "dump"), DATA=str(tmp_path / "folder"))
    assert done.returncode != 0
    assert {file: file.read_bytes() for file in kept} == kept


WHOLE = b"-- Dump completed on 2026-09-01 12:00:00\n"


@pytest.mark.parametrize(
    ("dump", "archive", "named"),
    [
        (b"", CUT, "dump"),
        (b"CREATE TABLE half (", CUT, "dump"),
        (WHOLE, b"half a", "archive of /data"),
        (WHOLE, b"", "archive of /data"),
        (WHOLE, CUT, "archive of /data"),
    ],
)
def test_a_backup_that_is_not_whole_is_not_loaded(
    dump: bytes, archive: bytes, named: str, tmp_path: Path
) -> None:
    _, loading = composing.blocks()
    (tmp_path / "genthrust.sql.gz").write_bytes(gzip.compress(dump))
    (tmp_path / "data.tar").write_bytes(archive)
    done = composing.run(loading, tmp_path)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == f"The {named} is not whole. Nothing was changed."
    assert not (tmp_path / "bin" / "db-runs").exists(), (
        "it stopped before the database was asked for anything"
    )


def test_a_restore_that_is_run_again_keeps_what_the_first_run_put_aside(
    servers: Servers, tmp_path: Path
) -> None:
    """The first fails after unpacking, so that the second finds the folder mixed with the backup's."""
    assert servers.mariadb
    _, loading = composing.blocks()
    migrating = "docker compose run --rm migrate"
    assert migrating in loading
    (tmp_path / "genthrust.sql.gz").write_bytes(gzip.compress(WHOLE))
    (tmp_path / "data.tar").write_bytes(archive_of("./backup.pdf"))
    (tmp_path / "now.sql").write_text("-- as it is now\n")
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "newer.pdf").touch()
    own = {"DUMPED": str(tmp_path / "now.sql"), "DATA": str(tmp_path / "data")}
    try:
        for hour in (10, 11):
            lines = loading.replace("$(date ", f"$(echo {hour} ").replace(migrating, "false")
            done = composing.run(lines, tmp_path, **own, DATABASE_PORT=str(servers.mariadb.port))
            assert done.returncode == 1, done.stderr
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"DROP DATABASE IF EXISTS {EMPTY}")
    first, second = sorted(tmp_path.glob("before-*"))
    assert names_in(first) == [".", "./newer.pdf"], "as it was"
    assert names_in(second) == [".", "./backup.pdf", "./newer.pdf"]
    assert gzip.decompress((first / "genthrust.sql.gz").read_bytes()) == b"-- as it is now\n" + WHOLE


def names_in(aside: Path) -> list[str]:
    with tarfile.open(aside / "data.tar") as archive:
        return sorted(archive.getnames())


def assert_waits(desk: Desk, approved: Delivery) -> None:
    """Nothing is asked at once: a mail on its way may look like a draft."""
    carry()
    approved.refresh_from_db()
    assert approved.state == Delivery.State.NEW


@pytest.mark.chaos
def test_after_a_restore_the_workbook_agrees_again(
    desk: Desk, servers: Servers, tmp_path: Path, capsys: pytest.CaptureFixture[str], settings: Settings
) -> None:
    waiting, approved = drafts(desk), desk.approved()
    desk.edit(38001, notes="before the backup")
    desk.drain()
    desk.edit(38009, notes="saved before the backup, not in Excel yet")
    settings.DOCUMENTS_DIR = tmp_path / "data" / "documents"
    Client().force_login(desk.amy)
    document = uploaded(desk).pk
    backed_up(servers, tmp_path, tmp_path / "data")
    later = str(uploaded(desk, LATER).file.name)

    new = in_the_hours_after(desk, approved, waiting)
    orders = RepairOrder.objects.count()

    with restored(servers, tmp_path):
        assert content_of(document) == CONTENT
        assert Session.objects.exists()
        assert RepairOrder.objects.count() == orders - 1, "the backup is older than the new order"
        told_then = looked_for(desk, told_where_outlook_is_away(desk), capsys)
        assert not Session.objects.exists(), "who was switched off since may not be signed in again"
        assert_is_told(tmp_path, later, told_then)
        assert_mails_are_known(desk, approved, waiting, told_then)
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
