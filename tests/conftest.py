"""Fixtures for every test: where the databases are, and servers of a test's own that it may break."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from django.core.management.commands import flush
from django.db import connection
from django.test import override_settings
from pytest_django import DjangoDbBlocker

from tests.servers import SERVERS, Servers
from tests.support.migrated import Migrated
from tests.support.server_processes import MariaDB, Redis


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Migrated]:
    """A test with real transactions ends with a flush, which leaves in the database what migrations wrote."""
    with django_db_blocker.unblock():
        migrated = Migrated.read()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(flush, "emit_post_migrate_signal", lambda *_: migrated.put_back())
        yield migrated


@pytest.fixture(scope="session", autouse=True)
def quick_passwords() -> Iterator[None]:
    """Hashing a password is slow on purpose, and nearly every test makes a person."""
    with override_settings(PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"]):
        yield


@pytest.fixture(scope="session")
def servers(request: pytest.FixtureRequest) -> Servers:
    return request.config.stash[SERVERS]


@pytest.fixture(scope="session")
def database_url(servers: Servers, django_db_setup: Migrated) -> str:
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
