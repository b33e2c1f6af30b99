"""Dumps of the test's database: what mysqldump writes, which not every machine with a server has."""

import subprocess
from pathlib import Path

import MySQLdb
from django.db import connection

from tests.support.server_processes import MariaDB, program

STORED = (
    "SELECT column_name FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = %s "
    "AND extra NOT LIKE '%%GENERATED%%' ORDER BY ordinal_position"
)


def dump(server: MariaDB, path: Path) -> None:
    """Tables, then rows, all of one moment, as with --single-transaction."""
    name = str(connection.settings_dict["NAME"])
    with (
        path.open("wb") as file,
        MySQLdb.connect(
            host="127.0.0.1", port=server.port, user="root", db=name, charset="utf8mb4"
        ) as direct,
        direct.cursor() as cursor,
    ):
        cursor.execute("START TRANSACTION WITH CONSISTENT SNAPSHOT")
        cursor.execute("SHOW TABLES")
        file.write(b"SET NAMES utf8mb4; SET FOREIGN_KEY_CHECKS = 0;\n")
        for (table,) in cursor.fetchall():
            cursor.execute(f"SHOW CREATE TABLE `{table}`")
            file.write(cursor.fetchone()[1].encode() + b";\n")
            cursor.execute(STORED, [table])
            columns = ", ".join(f"`{name}`" for (name,) in cursor.fetchall())
            cursor.execute(f"SELECT {columns} FROM `{table}`")  # noqa: S608 (our own tables)
            begin = f"INSERT INTO `{table}` ({columns}) VALUES ".encode()  # noqa: S608 (our own rows)
            for row in cursor.fetchall():
                file.write(begin + direct.literal(row) + b";\n")


def load(server: MariaDB, path: Path, name: str) -> None:
    """Loads a dump into an empty database."""
    client = [program("mysql", "mariadb-client-core"), "--no-defaults", "--binary-mode", "--host=127.0.0.1"]
    with path.open("rb") as file:
        subprocess.run([*client, f"--port={server.port}", "--user=root", name], check=True, stdin=file)
