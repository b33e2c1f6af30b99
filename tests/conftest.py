"""Fixtures for every test: where the databases are, and servers of a test's own that it may break."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from django.db import connection
from django.test import override_settings

from repairs.models import StatusRule
from tests.servers import SERVERS, Servers
from tests.support.migrated import write_what_migrations_wrote
from tests.support.server_processes import MariaDB, Redis


@pytest.fixture(autouse=True)
def written_by_migrations(request: pytest.FixtureRequest) -> None:
    """What migrations wrote, and a test with real transactions has swept away with its own rows."""
    if not (request.node.get_closest_marker("django_db") or "db" in request.fixturenames):
        return
    request.getfixturevalue("db")
    if not StatusRule.objects.exists():
        write_what_migrations_wrote()


@pytest.fixture(scope="session", autouse=True)
def quick_passwords() -> Iterator[None]:
    """Hashing a password is slow on purpose, and nearly every test makes a person."""
    with override_settings(PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"]):
        yield


@pytest.fixture(scope="session")
def servers(request: pytest.FixtureRequest) -> Servers:
    return request.config.stash[SERVERS]


@pytest.fixture(scope="session")
def database_url(servers: Servers, django_db_setup: None) -> str:
    """The URL of the database that Django's test connection uses, for child processes."""
    name = str(connection.settings_dict["NAME"])
    return servers.mariadb.url(name) if servers.mariadb else f"sqlite:///{name}"


@pytest.fixture
def redis_url(servers: Servers) -> str:
    """The run's Redis, emptied."""
    with redis.Redis(port=servers.redis.port) as client:
        client.flushall()
    return servers.redis.url


@pytest.fixture
def child_environment(database_url: str) -> dict[str, str]:
    """The environment for a `manage.py` of ours that shall see what the test sees."""
    return {**os.environ, "DATABASE_URL": database_url}


@pytest.fixture
def own_redis(tmp_path: Path) -> Iterator[Redis]:
    """A running Redis of this test alone, to be stopped, killed, frozen or emptied."""
    server = Redis(tmp_path / "redis")
    server.start()
    yield server
    server.kill()


@pytest.fixture
def own_mariadb(tmp_path: Path) -> Iterator[MariaDB]:
    """A running MariaDB of this test alone, to be stopped, killed or frozen."""
    server = MariaDB(tmp_path / "mariadb")
    server.start()
    yield server
    server.kill()
