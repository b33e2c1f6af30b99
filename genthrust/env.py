"""Typed readers of environment variables. A bad value stops the program with a sentence."""

import base64
import binascii
import os
import re
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.core.validators import validate_email

LOOPBACK_HOSTS = ("127.0.0.1", "localhost", "::1")
TRUE_WORDS = ("1", "true", "yes", "on")
# Said in the URLs that managed MySQL services give out.
ENCRYPTED = ("REQUIRED", "VERIFY_CA", "VERIFY_IDENTITY")
FALSE_WORDS = ("0", "false", "no", "off")


class Environment:
    """Reads settings from a mapping of names to texts; blank counts as absent.

    Every reader raises ImproperlyConfigured with a sentence that names the variable.
    """

    def __init__(self, values: Mapping[str, str] | None = None) -> None:
        self._values = os.environ if values is None else values

    def text(self, name: str, default: str = "") -> str:
        return self._values.get(name, "").strip() or default

    def header_token(self, name: str) -> str:
        """A token that is sent in an HTTP header. It is a secret, so it is not repeated in the error."""
        token = self.text(name)
        if not re.fullmatch(r"[!-~]*", token):
            raise ImproperlyConfigured(
                f"{name} may hold only plain letters, digits and signs, without spaces."
            )
        return token

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
        if not re.fullmatch(r"[0-9]{1,9}", word) or not least <= int(word) <= most:
            raise ImproperlyConfigured(f"{name} must be a whole number from {least} to {most}, not “{word}”.")
        return int(word)

    def amount(self, name: str, default: str) -> Decimal:
        """An amount of money in US dollars, from 0 to 999,999."""
        word = self.text(name, default)
        if not re.fullmatch(r"[0-9]{1,6}(\.[0-9]{1,4})?", word):
            raise ImproperlyConfigured(f"{name} must be an amount such as 3.00, not “{word}”.")
        return Decimal(word)

    def choice(self, name: str, default: str, choices: Collection[str]) -> str:
        """One of `choices`, which are in upper case; read in any case, told in lower case as in the docs."""
        word = self.text(name, default)
        if word.upper() not in choices:
            known = ", ".join(choices).lower()
            raise ImproperlyConfigured(f"{name} must be one of {known}, not “{word}”.")
        return word.upper()

    def some_of(self, name: str, all_of_them: tuple[str, ...]) -> list[str]:
        """Some of the words that there are, comma-separated, in any case; all of them when nothing is set."""
        chosen = [word.lower().lstrip(".") for word in self.words(name, all_of_them)]
        if unknown := [word for word in chosen if word not in all_of_them]:
            raise ImproperlyConfigured(
                f"{name} may hold {', '.join(all_of_them)}; “{unknown[0]}” is none of them."
            )
        return chosen

    def words(self, name: str, default: tuple[str, ...] = ()) -> list[str]:
        """A comma-separated list."""
        return [word.strip() for word in self.text(name).split(",") if word.strip()] or list(default)

    def address(self, name: str, default: str = "") -> str:
        """One email address, or ""."""
        found = self.addresses(name) or ([default] if default else [])
        if len(found) > 1:
            raise ImproperlyConfigured(f"{name} must be one email address, not {len(found)}.")
        return found[0] if found else ""

    def addresses(self, name: str) -> list[str]:
        """A comma-separated list of email addresses."""
        found = self.words(name)
        for word in found:
            try:
                validate_email(word)
            except ValidationError as error:
                raise ImproperlyConfigured(f"{name} holds “{word}”, which is no email address.") from error
        return found

    def time_zone(self, name: str, default: str) -> str:
        zone = self.text(name, default)
        try:
            ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:  # OSError: "America" alone is a folder
            raise ImproperlyConfigured(
                f"{name} must be a time zone such as America/New_York, not “{zone}”."
            ) from error
        return zone

    def http_url(self, name: str) -> str:
        url = self.text(name).rstrip("/")
        if url:
            parts = _parts(name, url)
            if parts.scheme not in ("http", "https") or not parts.hostname:
                raise ImproperlyConfigured(f"{name} must be an http or https address, not “{url}”.")
        return url

    def redis_url(self, name: str) -> str:
        """An address of Redis. What was given is not repeated in the error: it may hold a password."""
        url = self.text(name)
        if url and _parts(name, url).scheme not in ("redis", "rediss", "unix"):
            raise ImproperlyConfigured(f"{name} must begin with redis://, rediss:// or unix://.")
        return url

    def fernet_keys(self, name: str) -> list[str]:
        """A comma-separated list of Fernet keys. What was given is not repeated in the error."""
        keys = self.words(name)
        for key in keys:
            try:
                Fernet(key)
            except ValueError as error:
                raise ImproperlyConfigured(
                    f"{name} must hold keys that are 32 bytes in URL-safe Base64, comma-separated; one is not."
                ) from error
        return keys

    def certificate(self, text_name: str, base64_name: str) -> str:
        """A PEM text, given as it is, as the path of a file, or in Base64; "" when neither is set."""
        given, encoded = self.text(text_name), self.text(base64_name)
        if given:
            name, pem = text_name, given if "-----BEGIN" in given else _file_text(text_name, given)
        elif encoded:
            name, pem = base64_name, _decoded(base64_name, encoded)
        else:
            return ""
        if "-----BEGIN CERTIFICATE-----" not in pem:
            raise ImproperlyConfigured(f"{name} holds no certificate.")
        return pem


def _file_text(name: str, path: str) -> str:
    try:
        return Path(path).read_text()
    except (OSError, ValueError) as error:
        raise ImproperlyConfigured(f"{name} is neither a PEM certificate nor a file of one.") from error


def _decoded(name: str, encoded: str) -> str:
    """Line breaks, which the base64 command makes, are no fault."""
    try:
        return base64.b64decode("".join(encoded.split()), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError) as error:
        raise ImproperlyConfigured(f"{name} is not Base64 of a PEM certificate.") from error


def _parts(name: str, url: str) -> SplitResult:
    """The parts of a URL, the port checked. The cause is not shown: it may repeat a part of a password."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ImproperlyConfigured(
            f"{name} is not a URL that can be read. Write special characters in a password as %23, %2F and so on."
        ) from None
    if port == 0:
        raise ImproperlyConfigured(f"{name} has port 0.")
    return parts


def is_loopback(url: str) -> bool:
    return urlsplit(url).hostname in LOOPBACK_HOSTS


SQLITE_MAGIC = b"SQLite format 3\0"
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
    parts = _parts("DATABASE_URL", url)
    if parts.scheme == "sqlite":
        return _sqlite(Path(unquote(parts.path[1:])))
    if parts.scheme == "mysql":
        return _mysql(parts, ca_file)
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


def _mysql(parts: SplitResult, ca_file: Path | None) -> dict[str, Any]:
    if not parts.hostname or not parts.path.strip("/"):
        raise ImproperlyConfigured("DATABASE_URL must name a host and a database: mysql://user@host/name.")
    _refuse_parameters(parts, ca_file)
    options: dict[str, Any] = {
        "charset": "utf8mb4",
        "isolation_level": "read committed",
        # Nobody waits longer for another's lock than a person waits for a page.
        "init_command": "SET sql_mode='STRICT_TRANS_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION', "
        "innodb_lock_wait_timeout=20",
        "connect_timeout": 5,
        "read_timeout": 60,
        "write_timeout": 60,
    }
    if ca_file:
        options |= {"ssl": {"ca": str(ca_file)}, "ssl_mode": "VERIFY_IDENTITY"}
    return {
        "ENGINE": "genthrust.mysql",
        "NAME": unquote(parts.path.strip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname,
        "PORT": parts.port or 3306,
        "OPTIONS": options,
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "TEST": {"CHARSET": "utf8mb4", "COLLATION": "utf8mb4_unicode_ci"},
    }


def check_database(found: Mapping[str, Any]) -> None:
    """Holds that the database of these settings can be opened, as far as that shows without opening it.

    Makes the file of an SQLite database that is not there yet, readable by its owner only.
    """
    if found["ENGINE"].endswith("sqlite3"):
        _check_sqlite(found["NAME"])
    elif find_spec("MySQLdb") is None:
        raise ImproperlyConfigured(
            "DATABASE_URL names a MySQL server, but mysqlclient is not installed. It comes with requirements.txt."
        )


def _check_sqlite(path: Path) -> None:
    try:
        with os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "rb") as file:
            begins = file.read(len(SQLITE_MAGIC))
    except OSError as error:
        raise ImproperlyConfigured(f"The database {path} can't be used ({error.strerror}).") from error
    if begins not in (b"", SQLITE_MAGIC):
        raise ImproperlyConfigured(f"{path} is no SQLite database.")


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Around what is made in the data folder."""
    try:
        yield
    except OSError as error:
        raise ImproperlyConfigured(f"DATA_DIR {folder} can't be used ({error.strerror}).") from error


def _refuse_parameters(parts: SplitResult, ca_file: Path | None) -> None:
    """Nothing that a URL asks for is ignored, least of all encryption: with the CA it is there and verified."""
    for name, value in parse_qsl(parts.query, keep_blank_values=True):
        encrypted = name.lower() in ("ssl-mode", "ssl_mode") and value.upper() in ENCRYPTED
        if encrypted and not ca_file:
            raise ImproperlyConfigured(
                "DATABASE_URL asks for encryption; please give the CA certificate of the server in DATABASE_CA_CERT."
            )
        if not encrypted:
            raise ImproperlyConfigured(f"DATABASE_URL can't take “{name}”.")
