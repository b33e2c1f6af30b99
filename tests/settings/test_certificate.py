"""The database's CA certificate: as a text, as a file or in Base64, and a server is really held to it."""

import base64
from collections.abc import Callable, Iterator
from pathlib import Path

import MySQLdb
import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db.utils import ConnectionHandler, OperationalError

from genthrust.env import Environment, database
from tests.settings.certificates import Authority, Signed
from tests.support.server_processes import MariaDB

OURS, ANOTHERS = Authority("Ours"), Authority("Another's")


class EncryptedMariaDB(MariaDB):
    """A MariaDB with a certificate of its own."""

    def __init__(self, folder: Path, signed: Signed) -> None:
        super().__init__(folder)
        self._certificate, self._key = signed.written(folder, "server")

    def command(self) -> list[str]:
        return [*super().command(), f"--ssl-cert={self._certificate}", f"--ssl-key={self._key}"]


def given(**values: str) -> str:
    return Environment(values).certificate("CA", "CA_BASE64")


def in_base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    "name_and_form",
    [
        ("CA", lambda _: OURS.pem),
        ("CA", lambda folder: str(written(folder, OURS.pem))),
        ("CA_BASE64", lambda _: in_base64(OURS.pem)),
        ("CA_BASE64", lambda _: base64.encodebytes(OURS.pem.encode()).decode()),
    ],
    ids=["text", "file", "Base64", "Base64 in lines"],
)
def test_it_is_read(tmp_path: Path, name_and_form: tuple[str, Callable[[Path], str]]) -> None:
    name, form = name_and_form
    assert given(**{name: form(tmp_path)}).strip() == OURS.pem.strip()


def written(folder: Path, text: str) -> Path:
    file = folder / "ca.pem"
    file.write_text(text)
    return file


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"CA": "ca.pem"}, "CA is neither a PEM certificate nor a file of one."),
        ({"CA": in_base64(OURS.pem)}, "CA is neither a PEM certificate nor a file of one."),
        ({"CA": "/"}, "CA is neither a PEM certificate nor a file of one."),
        ({"CA": OURS.signs(address="127.0.0.1").key}, "CA holds no certificate."),
        ({"CA_BASE64": "not Base64!"}, "CA_BASE64 is not Base64 of a PEM certificate."),
        ({"CA_BASE64": OURS.pem}, "CA_BASE64 is not Base64 of a PEM certificate."),
        ({"CA_BASE64": base64.b64encode(b"\xff\xfe").decode()}, "CA_BASE64 is not Base64 of a PEM certificate."),
        ({"CA_BASE64": in_base64("hello")}, "CA_BASE64 holds no certificate."),
    ],
)  # fmt: skip
def test_what_is_none_stops_with_a_sentence(values: dict[str, str], sentence: str) -> None:
    with pytest.raises(ImproperlyConfigured) as error:
        given(**values)
    assert str(error.value) == sentence


def cipher(server: MariaDB, ca: str, folder: Path) -> str:
    """How the connection of our settings is encrypted."""
    settings = database(server.url("mysql"), default_sqlite=folder, ca_file=written(folder, ca))
    connection = ConnectionHandler({"default": settings})["default"]
    try:
        with connection.cursor() as cursor:
            cursor.execute("SHOW SESSION STATUS LIKE 'Ssl_cipher'")
            return str(cursor.fetchone()[1])
    finally:
        connection.close()


@pytest.fixture
def started(tmp_path: Path) -> Iterator[Callable[[str], MariaDB]]:
    """Starts a MariaDB whose certificate, signed by our authority, is for this address."""
    servers: list[MariaDB] = []

    def start(address: str) -> MariaDB:
        servers.append(EncryptedMariaDB(tmp_path / "mariadb", OURS.signs(address=address)))
        servers[-1].start()
        return servers[-1]

    yield start
    for server in servers:
        server.kill()


@pytest.mark.django_db  # for Django to be let near a database at all
def test_a_server_with_a_certificate_of_the_authority_is_trusted(
    started: Callable[[str], MariaDB], tmp_path: Path
) -> None:
    server = started("127.0.0.1")
    assert cipher(server, OURS.pem, tmp_path).startswith("TLS_")
    with pytest.raises(OperationalError, match="certificate"):
        cipher(server, ANOTHERS.pem, tmp_path)


@pytest.mark.django_db  # for Django to be let near a database at all
def test_a_server_with_the_certificate_of_another_address_is_not(
    started: Callable[[str], MariaDB], tmp_path: Path
) -> None:
    with pytest.raises(OperationalError, match="certificate"):
        cipher(started("192.0.2.1"), OURS.pem, tmp_path)


@pytest.mark.django_db  # for Django to be let near a database at all
def test_a_server_without_encryption_is_not(own_mariadb: MariaDB, tmp_path: Path) -> None:
    plain = MySQLdb.connect(host="127.0.0.1", port=own_mariadb.port, user="root")
    plain.close()
    with pytest.raises(OperationalError, match="SSL is required"):
        cipher(own_mariadb, OURS.pem, tmp_path)
