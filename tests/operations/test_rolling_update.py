"""The code of the first version works beside ours, on the database as ours has migrated it: half of an update."""

import io
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from sync.emulator.process import EmulatorProcess
from sync.models import Replica
from tests.delivery.desk import Desk
from tests.flush.workers import ROOT, environment
from tests.repository.test_migrations import FIRST_VERSION

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.chaos]
# What a page and a worker of the first version do: a save of each kind, and a flush.
PROGRAM = """
import sys
import django
django.setup()
from repairs import orders
from repairs.models import RepairOrder, Shop
from sync import foreground
made = int(sys.argv[1])
orders.edit(RepairOrder.objects.get(number=made), by=None, changes={"notes": "by old code"})
orders.change_status(RepairOrder.objects.get(number=38002), by=None, to="SCRAP")
orders.add_note(RepairOrder.objects.get(number=38003), by=None, text="a note of old code")
new = orders.create(by=None, shop=Shop.objects.get(name="Coral Bay Aero"), part_number="OLD-1")
foreground.drain(started_by="old code")
print(orders.__file__, new.number)
"""


def first_version(into: Path) -> Path:
    """The tree as it was before the first migration that the first version does not have."""
    newer = [
        str(path.relative_to(ROOT))
        for app, last in FIRST_VERSION.items()
        for path in (ROOT / app / "migrations").glob("0*.py")
        if int(path.name[:4]) > last
    ]
    added = git("log", "--format=%H", "--reverse", "--diff-filter=A", "--", *newer).decode().split()
    if not added or git("rev-parse", "--is-shallow-repository").strip() == b"true":
        pytest.fail(
            "The first version is not in this clone. Please fetch the whole history (git fetch --unshallow)."
        )
    with tarfile.open(fileobj=io.BytesIO(git("archive", f"{added[0]}~1"))) as packed:
        packed.extractall(into, filter="data")
    return into


def git(*words: str) -> bytes:
    return subprocess.run(["git", *words], cwd=ROOT, check=True, capture_output=True).stdout


def test_old_and_new_code_work_side_by_side(
    desk: Desk, emulator: EmulatorProcess, database_url: str, tmp_path: Path
) -> None:
    made = desk.create("NEW-1").number
    desk.edit(38004, notes="by new code, for a worker of the old")
    old = first_version(tmp_path)
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(made)],
        cwd=old,
        env={
            **environment(emulator, database_url),
            "DJANGO_SETTINGS_MODULE": "genthrust.settings",
            "PYTHONPATH": str(old),
            "DATA_DIR": str(tmp_path / "data"),
        },
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    file, number = done.stdout.split()
    assert Path(file).is_relative_to(old), "it was the old code that did it"
    by_old = int(number)
    assert not Replica.objects.filter(pending_since__isnull=False).exists(), "it flushed what both had saved"
    assert desk.cell(38004, "notes") == "by new code, for a worker of the old"
    assert desk.order(made).notes == "by old code"
    assert (desk.order(38002).status, desk.order(38002).sheet) == ("SCRAP", "Returns")
    desk.edit(by_old, notes="by new code, on an order of the old")
    assert desk.create("NEW-2").number not in (made, by_old)
    desk.drain()
    assert desk.cell(by_old, "notes") == "by new code, on an order of the old"
    desk.assert_agreement()
