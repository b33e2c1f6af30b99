"""What migrations write besides tables: put back after each test that swept it away with its own rows."""

from dataclasses import dataclass
from typing import Any, Self

from django.db import connection, transaction
from django.db.models import Model


@dataclass(frozen=True)
class Migrated:
    """The rows of every table as the migrations left them: rules, words of the mails, roles with their permissions.

    Django makes content types and permissions anew after each flush, with hundreds of statements; these are put back
    with one for each table.
    """

    rows: dict[str, tuple[list[str], list[Any]]]

    @classmethod
    def read(cls) -> Self:
        tables = connection.introspection.django_table_names(only_existing=True, include_views=False)
        found = {table: _rows_of(table) for table in tables}
        return cls({table: (names, rows) for table, (names, rows) in found.items() if rows})

    def put_back(self, *models: type[Model]) -> None:
        """Into the tables of these models, or else into all; they are empty."""
        quote, wanted = connection.ops.quote_name, {model._meta.db_table for model in models}
        with connection.constraint_checks_disabled(), transaction.atomic(), connection.cursor() as cursor:
            for table, (names, rows) in self.rows.items():
                if wanted and table not in wanted:
                    continue
                into = f"{quote(table)} ({', '.join(quote(name) for name in names)})"
                values = ", ".join(["%s"] * len(names))
                cursor.executemany(f"INSERT INTO {into} VALUES ({values})", rows)  # noqa: S608 (names of ours)


def _rows_of(table: str) -> tuple[list[str], list[Any]]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")  # noqa: S608 (a name of ours)
        return [column[0] for column in cursor.description], list(cursor.fetchall())
