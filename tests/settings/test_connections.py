"""One process never has more connections to MariaDB than it may, whatever the load."""

import json
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import MySQLdb
import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.core.management import get_commands
from django.test import Client

from genthrust.mysql import slots
from tests.bench.processes import web
from tests.servers import Servers

ROOT = Path(__file__).resolve().parents[2]
PEOPLE, PAGES = 64, 4
ESTABLISHED = "01"  # as /proc/net/tcp writes it
# Threads, some of which close their connection and some of which just end, and one that watches.
CROWD = """
import json, threading
import django
django.setup()
from django.db import connection
from genthrust.mysql import slots

slots.of_this_process()._patience = 120  # what is counted is how many they are, however busy the machine is

def act(number):
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT SLEEP(0.02)")
        if number % 2:
            connection.close()
    except Exception as error:
        told.append(repr(error))

told, threads = [], [threading.Thread(target=act, args=(n,)) for n in range(40)]
for thread in threads: thread.start()
for thread in threads: thread.join()
print(json.dumps(told))
"""


@pytest.fixture
def own_user(servers: Servers, database_url: str) -> Iterator[str]:
    """The database's URL for a user of this test alone, whose connections can be told from all others."""
    assert servers.mariadb
    with MySQLdb.connect(host="127.0.0.1", port=servers.mariadb.port, user="root") as direct:
        direct.query("CREATE OR REPLACE USER crowd@'%'")
        direct.query("GRANT ALL ON *.* TO crowd@'%'")
        yield database_url.replace("root@", "crowd@")
        direct.query("DROP USER crowd@'%'")


class Watch:
    """Counts the connections of the user `crowd` again and again."""

    def __init__(self, servers: Servers) -> None:
        assert servers.mariadb
        self._direct = MySQLdb.connect(host="127.0.0.1", port=servers.mariadb.port, user="root")
        self.most = 0

    def until(self, ended: Future[Any]) -> int:
        while not wait([ended], timeout=0.01).done:
            with self._direct.cursor() as cursor:
                cursor.execute("SELECT COUNT(*) FROM information_schema.processlist WHERE user = 'crowd'")
                self.most = max(self.most, cursor.fetchone()[0])
        self._direct.close()
        return self.most


@pytest.mark.django_db(transaction=True)
def test_forty_threads_share_six_connections(
    servers: Servers, own_user: str, child_environment: dict[str, str]
) -> None:
    environment = {
        **child_environment,
        "DATABASE_URL": own_user,
        "DATABASE_CONNECTIONS": "6",
        "DJANGO_SETTINGS_MODULE": "genthrust.settings",
    }
    assert servers.mariadb
    crowd = subprocess.Popen([sys.executable, "-c", CROWD], cwd=ROOT, env=environment, stdout=subprocess.PIPE)
    most = 0
    while crowd.poll() is None:
        most = max(most, open_connections(crowd.pid, servers.mariadb.port))
    assert json.loads(crowd.communicate()[0]) == []
    assert most == 6


def test_a_command_that_ends_by_itself_opens_few(child_environment: dict[str, str]) -> None:
    """It may run in the container of a process that opens as many as a container may."""
    ask = "from genthrust.mysql import slots; print(slots.of_this_process().count)"
    shell = [sys.executable, "manage.py", "shell", "--verbosity", "0", "--command", ask]
    done = subprocess.run(shell, cwd=ROOT, env=child_environment, capture_output=True, text=True, check=True)
    assert done.stdout == "2\n"
    assert {slots.bound(["manage.py", name]) for name in ("web", "worker", "scheduler")} == {
        settings.DATABASE_CONNECTIONS
    }
    assert get_commands().keys() >= slots.LASTING


def open_connections(pid: int, port: int) -> int:
    """Those of a process to a port, as the kernel knows them: the server notices late that one was closed."""
    with suppress(OSError):  # it has just ended
        held = {str(handle.readlink()) for handle in Path(f"/proc/{pid}/fd").iterdir()}
        rows = [line.split() for line in Path(f"/proc/{pid}/net/tcp").read_text().splitlines()[1:]]
        return sum(
            row[2].endswith(f":{port:04X}") and row[3] == ESTABLISHED and f"socket:[{row[9]}]" in held
            for row in rows
        )
    return 0


@pytest.mark.chaos
@pytest.mark.django_db(transaction=True)
def test_sixty_four_people_share_the_connections_of_a_web_process(
    servers: Servers, own_user: str, redis_url: str, child_environment: dict[str, str], tmp_path: Path
) -> None:
    session = Client()
    session.force_login(User.objects.create_superuser("olga"))
    name = settings.SESSION_COOKIE_NAME
    cookies = {name: session.cookies[name].value}
    environment = {**child_environment, "DATABASE_URL": own_user, "DATABASE_CONNECTIONS": "10"}

    def read(address: str) -> list[int]:
        with httpx.Client(base_url=address, cookies=cookies, trust_env=False, timeout=60) as browser:
            return [browser.get("/").status_code for _ in range(PAGES)]

    with web(environment, tmp_path) as address, ThreadPoolExecutor(PEOPLE + 1) as people:
        reading = [people.submit(read, address) for _ in range(PEOPLE)]
        most = Watch(servers).until(people.submit(wait, reading))
        assert [code for one in reading for code in one.result()] == [200] * PEOPLE * PAGES
    assert 5 <= most <= 10
