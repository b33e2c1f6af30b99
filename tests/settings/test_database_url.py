"""DATABASE_URL: SQLite in a file, or MySQL and MariaDB with or without a certificate to hold them to."""

from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from genthrust.env import database

USUAL = Path("data/genthrust.sqlite3")


def read(url: str, ca_file: Path | None = None) -> dict[str, Any]:
    return database(url, default_sqlite=USUAL, ca_file=ca_file)


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("", USUAL),
        ("sqlite:////var/lib/genthrust/db.sqlite3", Path("/var/lib/genthrust/db.sqlite3")),
        ("sqlite:///db.sqlite3", Path("db.sqlite3")),
        ("sqlite:////srv/with%20space.sqlite3", Path("/srv/with space.sqlite3")),
    ],
)
def test_sqlite(url: str, name: Path) -> None:
    found = read(url)
    assert (found["ENGINE"], found["NAME"]) == ("django.db.backends.sqlite3", name)
    assert found["OPTIONS"]["transaction_mode"] == "IMMEDIATE"
    assert "journal_mode=WAL" in found["OPTIONS"]["init_command"]


def test_mysql_in_full() -> None:
    found = read("mysql://ro%40office:p%2Fss%23w%3Ard@db.example:25060/gen%2Dthrust")
    assert found["ENGINE"] == "genthrust.mysql"
    named = {name: found[name] for name in ("USER", "PASSWORD", "HOST", "PORT", "NAME")}
    assert named == {
        "USER": "ro@office",
        "PASSWORD": "p/ss#w:rd",
        "HOST": "db.example",
        "PORT": 25060,
        "NAME": "gen-thrust",
    }
    assert "ssl" not in found["OPTIONS"]


def test_mysql_in_short() -> None:
    found = read("mysql://root@127.0.0.1/genthrust")
    assert (found["PORT"], found["PASSWORD"], found["NAME"]) == (3306, "", "genthrust")


def test_with_a_certificate_the_server_is_held_to_it() -> None:
    options = read("mysql://root@db.example/genthrust", Path("ca.pem"))["OPTIONS"]
    assert (options["ssl"], options["ssl_mode"]) == ({"ca": "ca.pem"}, "VERIFY_IDENTITY")


def test_encryption_that_the_url_asks_for_comes_with_the_certificate() -> None:
    found = read("mysql://root@db.example/genthrust?ssl-mode=REQUIRED", Path("ca.pem"))
    assert (found["NAME"], found["OPTIONS"]["ssl_mode"]) == ("genthrust", "VERIFY_IDENTITY")


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("postgres://db.example/genthrust", "DATABASE_URL must begin with mysql:// or sqlite:///."),
        ("genthrust.sqlite3", "DATABASE_URL must begin with mysql:// or sqlite:///."),
        ("sqlite://", "DATABASE_URL names no file after sqlite:///."),
        ("sqlite:///", "DATABASE_URL names no file after sqlite:///."),
        ("mysql://db.example", "DATABASE_URL must name a host and a database"),
        ("mysql:///genthrust", "DATABASE_URL must name a host and a database"),
        ("mysql://root@db.example:x/genthrust", "DATABASE_URL is not a URL that can be read."),
        ("mysql://root:s3cr#t@db.example/genthrust", "DATABASE_URL is not a URL that can be read."),
        ("mysql://root:[s3cr@db.example/genthrust", "DATABASE_URL is not a URL that can be read."),
        ("mysql://root@db.example/genthrust?ssl-mode=DISABLED", "DATABASE_URL can't take “ssl-mode”."),
        (
            "mysql://root@db.example/genthrust?ssl-mode=REQUIRED",
            "DATABASE_URL asks for encryption; please give",
        ),
        ("mysql://root@db.example/genthrust?charset=latin1", "DATABASE_URL can't take “charset”."),
    ],
)
def test_a_bad_one_stops_with_a_sentence(url: str, sentence: str) -> None:
    with pytest.raises(ImproperlyConfigured) as error:
        read(url)
    assert str(error.value).startswith(sentence)
    assert "s3cr" not in str(error.value)
