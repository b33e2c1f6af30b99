"""What the database must be like: strict, and of one character set. Checked by `migrate`, at every start, by
`/readyz` and by `manage.py doctor`."""

from collections.abc import Sequence
from typing import Any

from django.core import checks
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

STRICT_MODES = ("STRICT_TRANS_TABLES", "STRICT_ALL_TABLES")
CHARACTER_SET = "utf8mb4"


def mode_trouble(database: BaseDatabaseWrapper) -> str:
    """Why this database would not keep values as they are, as a sentence; "" when it would."""
    if database.vendor != "mysql":
        return ""
    with database.cursor() as cursor:
        cursor.execute("SELECT @@sql_mode, @@character_set_connection, @@character_set_database")
        modes, of_connection, of_database = cursor.fetchone()
    if not set(STRICT_MODES) & set(modes.split(",")):
        return (
            "The database is not in strict mode and would shorten texts that are too long; "
            "please let sql_mode hold STRICT_TRANS_TABLES."
        )
    if of_connection != CHARACTER_SET:
        return f"The connection's character set is {of_connection}; it must be {CHARACTER_SET}."
    if of_database != CHARACTER_SET:
        name = database.settings_dict["NAME"]
        return (
            f"The database's character set is {of_database}; it must be {CHARACTER_SET}: "
            f"ALTER DATABASE `{name}` CHARACTER SET {CHARACTER_SET};"
        )
    return ""


@checks.register(checks.Tags.database)
def check_mode(databases: Sequence[str] | None = None, **_: Any) -> list[checks.CheckMessage]:
    """Keeps `migrate` from making tables in a database that would spoil what is written there."""
    told = (mode_trouble(connections[alias]) for alias in databases or ())
    return [checks.Error(sentence, id="genthrust.E001") for sentence in told if sentence]
