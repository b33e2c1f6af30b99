"""The servers of a run: real ones, on ports of their own, gone when the run is gone."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from itertools import permutations
from pathlib import Path

import psutil
import pytest
import redis
from django.conf import settings
from django.db import connection

from tests.servers import PARTS, Servers, closing_line
from tests.support.run_folder import PREFIX, RunFolder, remove_abandoned
from tests.support.server_processes import MariaDB, MissingProgram, Redis, program

ROOT = Path(__file__).resolve().parents[2]
START_AND_WAIT = """
import sys, time
from pathlib import Path
from tests.support.server_processes import Redis
server = Redis(Path(sys.argv[1]))
server.start()
print(server._process.pid, flush=True)
time.sleep(60)
"""


def eventually(condition: Callable[[], bool], seconds: float = 10) -> bool:
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.02)
    return condition()


@pytest.mark.both_databases
@pytest.mark.django_db
def test_the_run_is_on_the_database_that_was_asked_for(servers: Servers, database_url: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    assert connection.vendor == ("mysql" if servers.mariadb else "sqlite")
    assert database_url.startswith(("mysql://root@127.0.0.1:", f"sqlite:///{servers.folder}"))


def test_no_server_is_on_a_standard_port(servers: Servers, redis_url: str) -> None:
    assert servers.redis.port != 6379
    assert servers.mariadb is None or servers.mariadb.port != 3306
    assert redis_url == f"redis://127.0.0.1:{servers.redis.port}/0"


def test_the_settings_point_at_them(servers: Servers) -> None:
    assert bool(settings.REDIS_URL) == bool(servers.mariadb)
    assert Path(settings.DATA_DIR).is_relative_to(servers.folder)


def test_redis_keeps_what_it_was_told_over_a_power_cut(own_redis: Redis) -> None:
    with redis.Redis(port=own_redis.port) as client:
        client.set("kept", "yes")
        client.config_set("appendfsync", "always")
        client.set("kept too", "yes")
    own_redis.kill()
    own_redis.start()
    with redis.Redis(port=own_redis.port) as client:
        assert client.get("kept too") == b"yes"


def test_mariadb_comes_back_on_its_port(own_mariadb: MariaDB) -> None:
    port = own_mariadb.port
    own_mariadb.stop()
    own_mariadb.start()
    assert own_mariadb.port == port


def test_a_server_dies_with_the_run_that_started_it(tmp_path: Path) -> None:
    run = subprocess.Popen(
        [sys.executable, "-c", START_AND_WAIT, str(tmp_path / "redis")],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert run.stdout is not None
    with run.stdout:
        server = psutil.Process(int(run.stdout.readline()))
        assert server.name().startswith("redis")
        os.kill(run.pid, signal.SIGKILL)
        run.wait()
    assert eventually(lambda: not server.is_running() or server.status() == psutil.STATUS_ZOMBIE)


def test_a_missing_server_is_named_with_its_package() -> None:
    with pytest.raises(MissingProgram, match=r"no-such-server is missing.*Debian package some-package"):
        program("no-such-server", "some-package")


def test_the_folder_of_a_run_goes_with_it(tmp_path: Path) -> None:
    with RunFolder(tmp_path) as folder:
        (folder.path / "big").write_bytes(b"x")
        remove_abandoned(tmp_path)
        assert (folder.path / "big").exists(), "a running one is left alone"
    assert not folder.path.exists()


def test_the_folder_of_a_killed_run_goes_with_the_next(tmp_path: Path) -> None:
    left = tmp_path / f"{PREFIX}left"
    left.mkdir()
    (left / "lock").touch()
    remove_abandoned(tmp_path)
    assert not left.exists()


@pytest.mark.parametrize("order", list(permutations(PARTS)), ids=" ".join)
def test_ci_finds_the_closing_line_in_whichever_order_the_parts_were_used(order: tuple[str, ...]) -> None:
    looked_for = re.search(r"grep -Eq '(.+)'", (ROOT / ".ci/run").read_text())
    assert looked_for
    assert re.search(looked_for[1], closing_line(dict.fromkeys(order, "1.2.3")))
    assert not re.search(looked_for[1], closing_line(dict.fromkeys(order[1:], "1.2.3")))
