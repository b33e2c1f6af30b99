"""Typed readers of environment variables. A bad value stops the program with a sentence."""

import base64
import binascii
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.core.exceptions import ImproperlyConfigured

LOOPBACK_HOSTS = ("127.0.0.1", "localhost", "::1")
TRUE_WORDS = ("1", "true", "yes", "on")
FALSE_WORDS = ("0", "false", "no", "off")


class Environment:
    """Reads settings from a mapping of names to texts; blank counts as absent.

    Every reader raises ImproperlyConfigured with a sentence that names the variable.
    """

    def __init__(self, values: Mapping[str, str] | None = None) -> None:
        self._values = os.environ if values is None else values

    def text(self, name: str, default: str = "") -> str:
        return self._values.get(name, "").strip() or default

    def flag(self, name: str, default: bool) -> bool:
        word = self.text(name).lower()
        if not word:
            return default
        if word in TRUE_WORDS + FALSE_WORDS:
            return word in TRUE_WORDS
        raise ImproperlyConfigured(f"{name} must be true or false, not “{word}”.")

    def integer(self, name: str, default: int, *, least: int, most: int) -> int:
        word = self.text(name)
        if not word:
            return default
        if not word.isascii() or not word.isdigit() or not least <= int(word) <= most:
            raise ImproperlyConfigured(f"{name} must be a whole number from {least} to {most}, not “{word}”.")
        return int(word)

    def words(self, name: str, default: tuple[str, ...] = ()) -> list[str]:
        """A comma-separated list."""
        return [word.strip() for word in self.text(name).split(",") if word.strip()] or list(default)

    def time_zone(self, name: str, default: str) -> str:
        zone = self.text(name, default)
        try:
            ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ImproperlyConfigured(
                f"{name} must be a time zone such as America/New_York, not “{zone}”."
            ) from error
        return zone

    def http_url(self, name: str) -> str:
        url = self.text(name).rstrip("/")
        if url and (urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).hostname):
            raise ImproperlyConfigured(f"{name} must be an http or https address, not “{url}”.")
        return url

    def redis_url(self, name: str) -> str:
        url = self.text(name)
        if url and urlsplit(url).scheme not in ("redis", "rediss", "unix"):
            raise ImproperlyConfigured(f"{name} must begin with redis:// or rediss://, not “{url}”.")
        return url

    def certificate(self, text_name: str, base64_name: str) -> str:
        """A PEM text, given as it is, as the path of a file, or in Base64; "" when neither is set."""
        given = self.text(text_name)
        if given and "-----BEGIN" not in given:
            path = Path(given)
            if not path.is_file():
                raise ImproperlyConfigured(f"{text_name} is neither a PEM certificate nor a file.")
            given = path.read_text()
        if not given and (encoded := self.text(base64_name)):
            try:
                given = base64.b64decode(encoded, validate=True).decode()
            except (binascii.Error, UnicodeDecodeError) as error:
                raise ImproperlyConfigured(f"{base64_name} is not Base64 of a PEM certificate.") from error
        if given and "-----BEGIN CERTIFICATE-----" not in given:
            raise ImproperlyConfigured(f"{text_name} holds no certificate.")
        return given


def is_loopback(url: str) -> bool:
    return urlsplit(url).hostname in LOOPBACK_HOSTS


SQLITE_OPTIONS: dict[str, Any] = {
    "timeout": 20,
    # Taking the write lock at BEGIN is what keeps 50 saves at once from failing with "database is locked".
    "transaction_mode": "IMMEDIATE",
    "init_command": "PRAGMA journal_mode=WAL;PRAGMA synchronous=NORMAL;PRAGMA temp_store=MEMORY;",
}


def database(url: str, *, default_sqlite: Path, ca_file: Path | None) -> dict[str, Any]:
    """Django's settings of one database from a URL: sqlite:///path or mysql://user:password@host:port/name.

    Without a URL, SQLite at `default_sqlite`. With `ca_file`, the connection is encrypted and the server's
    certificate and name are verified.
    """
    if not url:
        return _sqlite(default_sqlite)
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        return _sqlite(Path(unquote(parts.path[1:])))
    if parts.scheme == "mysql":
        return _mysql(url, ca_file)
    raise ImproperlyConfigured("DATABASE_URL must begin with mysql:// or sqlite:///.")


def _sqlite(path: Path) -> dict[str, Any]:
    if not path.name:
        raise ImproperlyConfigured("DATABASE_URL names no file after sqlite:///.")
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": path,
        "OPTIONS": dict(SQLITE_OPTIONS),
        "CONN_MAX_AGE": 60,
        "TEST": {"NAME": path.with_name(f"test_{path.name}")},
    }


def _mysql(url: str, ca_file: Path | None) -> dict[str, Any]:
    parts = urlsplit(url)
    try:
        port = parts.port or 3306
    except ValueError as error:
        raise ImproperlyConfigured("DATABASE_URL has a port that is not a number.") from error
    if not parts.hostname or not parts.path.strip("/"):
        raise ImproperlyConfigured("DATABASE_URL must name a host and a database: mysql://user@host/name.")
    options: dict[str, Any] = {
        "charset": "utf8mb4",
        "isolation_level": "read committed",
        "init_command": "SET sql_mode='STRICT_TRANS_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION'",
        "connect_timeout": 5,
        "read_timeout": 60,
        "write_timeout": 60,
    }
    if ca_file:
        options |= {"ssl": {"ca": str(ca_file)}, "ssl_mode": "VERIFY_IDENTITY"}
    return {
        "ENGINE": "django.db.backends.mysql",
        "NAME": unquote(parts.path.strip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname,
        "PORT": port,
        "OPTIONS": options,
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "TEST": {"CHARSET": "utf8mb4", "COLLATION": "utf8mb4_unicode_ci"},
    }
