"""`manage.py doctor`: well where all is well, and a sentence for each thing that isn't; it leaves no trace.

These are deployments, on MariaDB and Redis, but for the one that is an embedded program.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import override_settings
from pytest_django import Settings

from notifications.doctor import OWN, PART
from notifications.models import OutlookBox
from repairs import clock
from sync import beats, lease, marks
from sync.emulator.process import EmulatorProcess
from sync.management import timer
from sync.models import Beat, Workbook
from sync.tasks import sweep
from tests.assistant.standin import KEY, StandIn
from tests.delivery.desk import DRAFT, OFFICE, Desk
from tests.flush.ledger import NUMBERS
from tests.flush.workers import ROOT, environment
from tests.support.server_processes import free_port

pytestmark = pytest.mark.django_db(transaction=True)
AMY = "amy@genthrust.example"
DEPLOYED = {"ALLOWED_HOSTS": ["tracker.example.com"], "SECRET_KEY": "k-" * 40, "DEBUG": False}


@pytest.fixture
def alive(desk: Desk, running_standin: StandIn, settings: Settings, tmp_path: Path) -> Iterator[Desk]:
    """All parts are well, and a scheduler and workers were heard of."""
    running_standin.begin()
    User.objects.filter(pk=desk.amy.pk).update(email=AMY)
    settings.ANTHROPIC_API_KEY, settings.ANTHROPIC_BASE_URL = KEY, running_standin.url
    settings.DOCUMENTS_DIR = tmp_path / "documents"
    for name, value in DEPLOYED.items():
        setattr(settings, name, value)
    for name in (beats.SCHEDULER, beats.WORKER, "assistant"):
        Beat.objects.update_or_create(name=name, defaults={"at": clock.now()})
    yield desk
    desk.all_well()
    desk.options(retypes_text_cells=False)


def examined(capsys: pytest.CaptureFixture[str]) -> tuple[list[dict[str, str]], int]:
    """What the doctor found, and the exit code."""
    capsys.readouterr()
    code = 0
    try:
        call_command("doctor", json=True)
    except SystemExit as end:
        code = int(end.code or 0)
    (line,) = capsys.readouterr().out.splitlines()
    report: dict[str, Any] = json.loads(line)
    assert report["well"] == (code == 0)
    return report["findings"], code


def to_mend(capsys: pytest.CaptureFixture[str]) -> dict[str, str]:
    """The parts that must be mended, with the sentences about them."""
    found, code = examined(capsys)
    bad = {finding["part"]: finding["told"] for finding in found if finding["verdict"] == "mend"}
    assert code == (1 if bad else 0)
    return bad


def test_where_all_is_well_it_says_so_and_leaves_no_trace(
    alive: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    before = {sheet: alive.rows(sheet) for sheet in NUMBERS}
    found, code = examined(capsys)
    assert code == 0, [finding for finding in found if finding["verdict"] == "mend"]
    told = {finding["part"]: finding["told"] for finding in found if finding["verdict"] == "ok"}
    assert told.keys() == {
        *("database", "Redis", "Microsoft 365", "workbook", "clock", "mailbox", "model", "documents"),
        *("SharePoint", "calendar and To Do", "processes", "work"),
    }
    text = " ".join(finding["told"] for finding in found)
    assert "Recognised as ledgers: Active, Net, Paid, Returns, with 24 rows." in text
    assert "came back as text" in text
    assert {sheet: alive.rows(sheet) for sheet in NUMBERS} == before
    assert alive.control("GET", f"mailbox?address={OFFICE}")["messages"] == []
    assert f"Those of {AMY} can be read." in told["calendar and To Do"]
    asked = [entry for entry in alive.log() if AMY in entry["path"]]
    assert {entry["method"] for entry in asked} == {"GET"}
    assert len(asked) == 2
    assert alive.stats()["open_sessions"] == 0
    assert [entry["method"] for entry in alive.log() if "/upload/" in entry["path"]] == ["DELETE"]
    assert marks.the_workbook().lease_holder == ""
    call_command("doctor")
    assert capsys.readouterr().out.endswith("All is well.\n")


@pytest.mark.both_databases
def test_one_embedded_process_needs_neither_redis_nor_others(
    alive: Desk, capsys: pytest.CaptureFixture[str], settings: Settings
) -> None:
    settings.EMBEDDED, settings.REDIS_URL, settings.ALLOWED_HOSTS = True, "", ["localhost"]
    Beat.objects.all().delete()
    found, code = examined(capsys)
    assert (code, {finding["part"] for finding in found if finding["verdict"] == "note"} & {"settings"}) == (
        0,
        set(),
    )
    told = {finding["part"]: finding["told"] for finding in found}
    assert "runs everything in one process" in told["processes"]
    assert "workbook" in told


def test_each_fault_of_microsoft_365_is_told(alive: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    denied = {"status": 403, "code": "ErrorAccessDenied"}
    faults: list[tuple[dict[str, Any], dict[str, Any], str, str]] = [
        ({"path_regex": r"/items/[^/]+\?"}, {"status": 401}, "workbook", "did not accept our sign-in"),
        ({"path_regex": r"/items/[^/]+\?"}, {"status": 404, "code": "itemNotFound"}, "workbook", "not found"),
        (
            {"path_regex": "createSession"},
            {"status": 403, "code": "AccessDenied"},
            "workbook",
            "may not do this",
        ),
        ({"method": "PATCH"}, {"status": 423}, "workbook", "locked"),
        (
            {"path_regex": "createUploadSession"},
            {"status": 403},
            "SharePoint",
            "may not write to the document",
        ),
        (DRAFT, denied, "mailbox", "Mail.ReadWrite"),
        ({"path_regex": "/events"}, denied, OWN, f"{AMY}: Our account may not do this in that mailbox."),
        ({"path_regex": "/todo/lists"}, denied, OWN, "Tasks.ReadWrite.All"),
    ]
    for match, action, part, words in faults:
        alive.fault("status", match=match, **action)
        bad = to_mend(capsys)
        assert bad.keys() == {part}, (match, bad)
        assert words in bad[part]
        alive.all_well()
    alive.options(retypes_text_cells=True)
    assert "00123 as 123, 3-4 as " in to_mend(capsys)["workbook"]
    alive.options(retypes_text_cells=False)
    alive.person("Net", {"set": {f"{letter}1": "theirs" for letter in "ABCDEFGHIJ"}})
    assert "“Net” can't be used" in to_mend(capsys)["workbook"]


def test_it_waits_for_others_and_keeps_quiet_when_it_is_asked_to(
    alive: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    held = lease.acquire(marks.the_workbook())
    assert held
    found, code = examined(capsys)
    assert code == 0
    assert "A worker writes to it now" in " ".join(finding["told"] for finding in found)
    held.release()
    for part, address, match in ((OWN, AMY, {"path_regex": "/events"}), (PART, OFFICE, DRAFT)):
        OutlookBox.objects.all().delete()
        alive.fault("delay", seconds=0)  # also ends a Retry-After
        alive.all_well()
        fault = alive.fault("status", match=match, status=429, retry_after=30)
        for _ in range(2):
            alive.forget()
            found, code = examined(capsys)
            assert (code, [one["verdict"] for one in found if one["part"] == part]) == (0, ["note"])
            assert alive.stats()["retry_after_violations"] == 0
        assert alive.fired(fault)
        assert OutlookBox.objects.get().address == address
        assert [entry for entry in alive.log() if "/users/" in entry["path"]] == [], "not again before that"
    alive.fault("status", match={"path_regex": "createSession"}, status=429, retry_after=30)
    assert to_mend(capsys) == {}
    assert marks.the_workbook().not_before is not None, "nobody else sends anything, either"
    alive.forget()
    assert to_mend(capsys) == {}
    assert [entry for entry in alive.log() if "/drives/" in entry["path"]] == []


def test_each_trouble_at_home_is_told(
    alive: Desk, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "a file").write_text("in the way")
    troubles: list[tuple[dict[str, Any], str, str]] = [
        ({"REDIS_URL": f"redis://:hidden-word@127.0.0.1:{free_port()}/0"}, "Redis", "Please check REDIS_URL"),
        ({"DOCUMENTS_DIR": tmp_path / "a file" / "x"}, "documents", "Not a directory"),
        ({"DOCUMENT_MAX_MB": 10**9}, "documents", "make room"),
        ({"ANTHROPIC_API_KEY": "another-key"}, "model", "key is not accepted"),
        ({"AI_MODEL": "no-such-model"}, "model", "please check AI_MODEL"),
        ({"ALLOWED_HOSTS": ["localhost"]}, "settings", "ALLOWED_HOSTS"),
        (
            {"GRAPH_EMULATED": True, "ENVIRONMENT_NAME": "Production"},
            "settings",
            "AZURE_TENANT_ID is not set",
        ),
        ({"EXCEL_WORKBOOK_ID": ""}, "workbook", "EXCEL_WORKBOOK_ID is not set"),
        ({"MAIL_FROM": "nobody@elsewhere.example"}, "mailbox", "no mailbox under that address"),
    ]
    for changed, part, words in troubles:
        with override_settings(**changed):
            bad = to_mend(capsys)
        assert bad.keys() == {part}, (changed, bad)
        assert words in bad[part]
        assert "hidden-word" not in bad[part]
    with time_machine.travel(clock.now() + timedelta(minutes=6)):
        bad = to_mend(capsys)
        assert bad.keys() == {"clock", "processes"}
        assert "ahead of Microsoft's" in bad["clock"]
        assert "Please start `manage.py worker`" in bad["processes"]
        beats._Last.at.clear()
        timer.tick()
        sweep()
        Beat.objects.filter(name="assistant").update(at=clock.now())
        assert to_mend(capsys).keys() == {"clock"}, "the timer and the sweep give signs of life"
    Workbook.objects.update(trouble="The workbook was not found.")
    assert to_mend(capsys) == {"work": "Nothing is written to Excel now: The workbook was not found."}


def test_without_a_database_it_still_tells_the_rest(emulator: EmulatorProcess) -> None:
    away = f"mysql://root@127.0.0.1:{free_port()}/genthrust"
    done = subprocess.run(
        [sys.executable, "manage.py", "doctor"],
        cwd=ROOT,
        env=environment(emulator, away),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    assert "MEND  database:       It can't be reached" in done.stdout
    assert "note  Microsoft 365:  This can be looked at only when the database is there." in done.stdout
    assert "ok    documents:" in done.stdout
    assert done.stdout.endswith("things must be mended.\n") or "One thing must be mended." in done.stdout
