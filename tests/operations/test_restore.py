"""A backup is restored as docs/operations.md says, hours later; then the workbook and the database agree again."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import MySQLdb
import pytest
from django.core.management import call_command
from django.db import connection

from repairs.models import RepairOrder
from sync.models import Replica
from tests.delivery.desk import Desk
from tests.operations.dumps import dump, load
from tests.servers import Servers

pytestmark = pytest.mark.django_db(transaction=True)
EMPTY = "restored_genthrust"


@contextmanager
def restored(servers: Servers, path: Path) -> Iterator[None]:
    """Loads a dump into an empty database, which is the program's own until the end of the context."""
    assert servers.mariadb
    port = servers.mariadb.port
    with MySQLdb.connect(host="127.0.0.1", port=port, user="root") as direct, direct.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {EMPTY} CHARACTER SET utf8mb4")
        before = connection.settings_dict["NAME"]
        try:
            load(servers.mariadb, path, EMPTY)
            connection.close()
            connection.settings_dict["NAME"] = EMPTY
            yield
        finally:
            connection.close()
            connection.settings_dict["NAME"] = before
            cursor.execute(f"DROP DATABASE {EMPTY}")


def told(capsys: pytest.CaptureFixture[str], command: str, **options: Any) -> dict[str, Any]:
    """The line of JSON of a command."""
    capsys.readouterr()
    call_command(command, json=True, **options)
    found: dict[str, Any] = json.loads(capsys.readouterr().out.splitlines()[-1])
    return found


def test_after_a_restore_the_workbook_agrees_again(
    desk: Desk, servers: Servers, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    desk.edit(38001, notes="before the backup")
    desk.drain()
    desk.edit(38009, notes="saved before the backup, not in Excel yet")
    assert servers.mariadb
    dump(servers.mariadb, tmp_path / "genthrust.sql")

    # The hours that the backup does not know: changes that reached Excel, a new order, a person in Excel.
    desk.edit(38001, notes="after the backup")
    desk.status(38002, "SCRAP")
    new = desk.create("LATER-1").number
    desk.drain()
    desk.types(38003, tracking_number="1Z0000000000000003")
    orders = RepairOrder.objects.count()

    with restored(servers, tmp_path / "genthrust.sql"):
        assert RepairOrder.objects.count() == orders - 1, "the backup is older than the new order"
        call_command("migrate", verbosity=0)
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
