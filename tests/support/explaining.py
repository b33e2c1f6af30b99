"""How MariaDB goes about a statement."""

from typing import Any

from django.db import connection
from django.db.models import Model
from django.test.utils import CaptureQueriesContext


def analyze(*models: type[Model]) -> None:
    """Lets the database know how many rows there are. It commits."""
    with connection.cursor() as cursor:
        for model in models:
            cursor.execute(f"ANALYZE TABLE {model._meta.db_table}")


def asked(statements: CaptureQueriesContext) -> list[str]:
    return [str(statement["sql"]) for statement in statements.captured_queries]


def explained(sql: str) -> list[dict[str, Any]]:
    """The lines of EXPLAIN, one for each table that is read."""
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {sql}", None)
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, line, strict=True)) for line in cursor.fetchall()]
