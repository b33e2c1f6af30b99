"""How many connections a process has open, by the database's own account of it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import MySQLdb

from tests.bench.world import World

EVERY = 0.05  # seconds between two looks


def of_its_own_account(world: World, url: str, account: str) -> str:
    """The database's address for a process of this account, by which the server tells it from others."""
    with _direct(world) as database:
        database.query(f"CREATE OR REPLACE USER {account}@'%'")
        database.query(f"GRANT ALL ON *.* TO {account}@'%'")
    return url.replace("root@", f"{account}@", 1)


def count(world: World, account: str, seen: list[int], ended: threading.Event) -> None:
    """Notes how many there are, again and again until the end."""
    with _direct(world) as database, database.cursor() as cursor:
        while not ended.wait(EVERY):
            cursor.execute("SELECT COUNT(*) FROM information_schema.processlist WHERE user = %s", (account,))
            seen.append(int(cursor.fetchone()[0]))


@contextmanager
def _direct(world: World) -> Iterator[MySQLdb.Connection]:
    assert world.servers.mariadb is not None
    with MySQLdb.connect(host="127.0.0.1", port=world.servers.mariadb.port, user="root") as database:
        yield database
