"""What the program stands on: its settings, the database, Redis. Bad values of settings stop every command before."""

from collections.abc import Iterator
from typing import Any

import redis
from django.conf import settings
from django.core import checks
from django.db import Error as DatabaseError
from django.db import connection

from genthrust.doctor import Finding, mend, note, ok
from genthrust.env import LOOPBACK_HOSTS
from genthrust.health import database_trouble

SETTINGS = "settings"
DATABASE = "database"
REDIS = "Redis"
REDIS_SECONDS = 3
ONLY_HERE = {*LOOPBACK_HOSTS, "[::1]"}


def settings_() -> Iterator[Finding]:
    """What Django says of the settings, and what only a deployment must have."""
    found = [_of_django(told) for told in checks.run_checks(include_deployment_checks=not settings.EMBEDDED)]
    if not settings.EMBEDDED and set(settings.ALLOWED_HOSTS) <= ONLY_HERE:
        found.append(mend(SETTINGS, "ALLOWED_HOSTS names this machine only: nobody else can open the site."))
    if not settings.EMBEDDED and settings.GRAPH_EMULATED:
        found.append(_of_the_emulator())
    yield from found or [
        ok(SETTINGS, f"They fit together. The installation is called “{settings.ENVIRONMENT_NAME}”.")
    ]


def _of_the_emulator() -> Finding:
    """A tenant that was forgotten must not look like one that is there: mails would go nowhere, and look sent."""
    told = "An emulator stands in for Microsoft 365, because AZURE_TENANT_ID is not set."
    if settings.ENVIRONMENT_NAME.casefold() == "production":
        return mend(SETTINGS, f"{told} Please set it, or give ENVIRONMENT_NAME another name than Production.")
    return note(SETTINGS, told)


def _of_django(told: checks.CheckMessage) -> Finding:
    sentence = f"{' '.join(str(told.msg).split())} ({told.id})"
    return mend(SETTINGS, sentence) if told.is_serious() else note(SETTINGS, sentence)


def database() -> Iterator[Finding]:
    """There, strict, of one character set, migrated, and encrypted where that was asked for."""
    try:
        connection.ensure_connection()
    except DatabaseError as error:
        reason = str(error.args[-1] if error.args else error)
        yield mend(
            DATABASE, f"It can't be reached: {reason}. Please check DATABASE_URL, and that the server runs."
        )
        return
    if told := database_trouble():
        yield mend(DATABASE, told)
        return
    if connection.vendor != "mysql":
        yield ok(DATABASE, "SQLite, and every migration is applied.")
        return
    yield ok(DATABASE, f"{_asked('SELECT VERSION()')[0]}, strict, utf8mb4, and every migration is applied.")
    yield _encryption()
    yield _room()


def _encryption() -> Finding:
    cipher = _asked("SHOW SESSION STATUS LIKE 'Ssl_cipher'")[1]
    if cipher:
        return ok(DATABASE, f"The connection is encrypted ({cipher}).")
    host = connection.settings_dict["HOST"]
    if host in LOOPBACK_HOSTS:
        return ok(DATABASE, "The connection is not encrypted, and stays on this machine.")
    return note(
        DATABASE,
        f"The connection to {host} is not encrypted. Outside a network of its own, set DATABASE_CA_CERT.",
    )


def _room() -> Finding:
    most = int(_asked("SHOW VARIABLES LIKE 'max_connections'")[1])
    ours = settings.DATABASE_CONNECTIONS
    told = f"The server takes {most} connections, each of our processes opens at most {ours}."
    return (
        ok(DATABASE, told)
        if most >= 3 * ours
        else note(DATABASE, f"{told} That is less than three of them need.")
    )


def _asked(question: str) -> tuple[Any, ...]:
    with connection.cursor() as cursor:
        cursor.execute(question)
        return tuple(cursor.fetchone() or ("", ""))


def redis_() -> Iterator[Finding]:
    """There, and kept from throwing messages away."""
    if settings.EMBEDDED:
        yield ok(REDIS, "It is not used: everything is in one process.")
        return
    client = redis.Redis.from_url(
        settings.REDIS_URL, socket_connect_timeout=REDIS_SECONDS, socket_timeout=REDIS_SECONDS
    )
    try:
        with client:
            facts = dict(client.info())
    except redis.RedisError as error:
        yield mend(
            REDIS,
            f"It can't be used: {error}. Please check REDIS_URL. Saves succeed meanwhile; Excel and progress wait.",
        )
        return
    yield ok(REDIS, f"Redis {facts.get('redis_version', '')} answers.")
    if facts.get("maxmemory_policy", "noeviction") != "noeviction":
        yield note(
            REDIS, "It throws keys away when its memory is full; please set maxmemory-policy to noeviction."
        )
