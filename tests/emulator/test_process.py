"""Starting, finding and ending an emulator."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest
from openpyxl import load_workbook

from sync.emulator import embedded
from sync.emulator.process import EmulatorDidNotStart, start_emulator
from tests.emulator.client import Graph, make_workbook

_ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def workbook(tmp_path: Path) -> Path:
    path = tmp_path / "book.xlsx"
    make_workbook(path)
    return path


def test_stopping_saves(workbook: Path) -> None:
    with start_emulator(workbook, options={"save_debounce": 3600}) as emulator, Graph(emulator) as graph:
        assert graph.patch("D2", values=[["last words"]]).status_code == 200
    assert not emulator.is_running()
    assert emulator.process.returncode == 0
    assert load_workbook(workbook)["Active"]["D2"].value == "last words"


def test_the_address_file_is_there_while_it_listens(workbook: Path, tmp_path: Path) -> None:
    where = tmp_path / "address.json"
    with start_emulator(workbook, address_file=where, token="secret") as emulator:
        address = json.loads(where.read_text())
        assert address["base_url"] == emulator.base_url
        assert (address["token"], address["pid"]) == ("secret", emulator.process.pid)
        assert where.stat().st_mode & 0o077 == 0
    assert not where.exists()


def test_one_that_lives_elsewhere_is_told_with_the_way_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in a container beside the one whose worker runs it: the folder's lock is held, and no address answers."""
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    monkeypatch.setattr(embedded, "_WAIT_SECONDS", 0.3)
    with (tmp_path / "emulator.lock").open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(embedded.NoEmulator, match="docker compose exec worker python"):
            embedded.address()


def test_the_command_prints_where_it_is(workbook: Path) -> None:
    command = [sys.executable, "-m", "sync.emulator", "--workbook", str(workbook), "--token", "t"]
    with subprocess.Popen(command, cwd=_ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        base_url, *rest = process.stdout.readline().split()
        assert rest == ["drive=b!emulated-drive", "item=01EMULATEDWORKBOOK", "token=t"]
        item = f"{base_url}/drives/b!emulated-drive/items/01EMULATEDWORKBOOK"
        assert httpx.get(item, headers={"Authorization": "Bearer t"}).status_code == 200
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0


def test_the_management_command_serves_too(workbook: Path) -> None:
    command = [sys.executable, "manage.py", "graph_emulator", "--workbook", str(workbook), "--port", "0"]
    with subprocess.Popen(command, cwd=_ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        process.terminate()
        assert process.wait(20) == 0
    assert line.startswith("http://127.0.0.1:")


def test_it_ends_with_its_parent_and_saves(workbook: Path, tmp_path: Path) -> None:
    where = tmp_path / "address.json"
    script = (
        "import sys, time; from pathlib import Path; from sync.emulator.process import start_emulator\n"
        "start_emulator(sys.argv[1], address_file=Path(sys.argv[2]), token='t'); print('up', flush=True)\n"
        "time.sleep(60)"
    )
    command = [sys.executable, "-c", script, str(workbook), str(where)]
    with subprocess.Popen(command, cwd=_ROOT, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        parent.stdout.readline()
        address = json.loads(where.read_text())
        url = f"{address['base_url']}/drives/{address['drive_id']}/items/{address['item_id']}/workbook"
        answer = httpx.patch(
            f"{url}/worksheets/Active/range(address='D2')",
            json={"values": [["orphan"]]},
            headers={"Authorization": "Bearer t"},
        )
        assert answer.status_code == 200
        os.kill(parent.pid, signal.SIGKILL)
    _wait_until_gone(where)
    assert load_workbook(workbook)["Active"]["D2"].value == "orphan"


def _wait_until_gone(path: Path) -> None:
    give_up = time.monotonic() + 20
    while path.exists():
        assert time.monotonic() < give_up
        time.sleep(0.02)


def test_a_missing_file_is_told_in_a_sentence(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "sync.emulator", "--workbook", str(tmp_path / "none.xlsx")]
    ended = subprocess.run(command, cwd=_ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert ended.stderr.startswith("There is no workbook")


def test_a_file_that_is_no_workbook_does_not_start(tmp_path: Path) -> None:
    path = tmp_path / "broken.xlsx"
    path.write_bytes(b"not a workbook")
    with pytest.raises(EmulatorDidNotStart):
        start_emulator(path)


def test_a_port_that_is_taken(workbook: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(EmulatorDidNotStart):
        start_emulator(workbook, port=taken.getsockname()[1])
