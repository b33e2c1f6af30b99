"""Which migrations code that does not know of them can live with: old and new processes run side by side in an update.

What is known to be harmless is listed; all else says why it is (docs/upgrading.md): `unread_since` names the version
since which nothing reads what is taken away, `old_code_lives` is a sentence about what old code does meanwhile.
"""

import tomllib
from pathlib import Path

from django.db import connection, migrations, models
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

PYPROJECT = Path(__file__).resolve().parents[2] / "pyproject.toml"
TAKES_AWAY = (
    migrations.RemoveField,
    migrations.RenameField,
    migrations.DeleteModel,
    migrations.RenameModel,
    migrations.AlterModelTable,
)
# A table that old code does not know, an index, and what is no matter of the database.
HARMLESS = (
    migrations.CreateModel,
    migrations.AddIndex,
    migrations.RemoveIndex,
    migrations.RenameIndex,
    migrations.AlterModelOptions,
    migrations.AlterModelManagers,
    migrations.AlterModelTableComment,
)
# Each holds all values of those before it.
WIDER = (
    (models.CharField, models.TextField),
    (models.SmallIntegerField, models.IntegerField, models.BigIntegerField),
    (models.PositiveSmallIntegerField, models.PositiveIntegerField, models.PositiveBigIntegerField),
)
SAY_WHY = "say why in `old_code_lives = …`"


def breaks_old_code(
    operation: Operation, before: ProjectState, app: str, *, unread_since: str = "", lives: str = ""
) -> str:
    """Why code that does not know of an operation can't work after it; "" when it can."""
    if isinstance(operation, TAKES_AWAY):
        return _taken_away(unread_since)
    if isinstance(operation, HARMLESS) or lives:
        return ""
    if isinstance(operation, migrations.AddField):
        return _added(operation.field)
    if isinstance(operation, migrations.AlterField):
        return _altered(
            before.models[app, operation.model_name_lower].fields[operation.name], operation.field
        )
    return f"is a {type(operation).__name__}, which old code may not obey or survive: {SAY_WHY}"


def _taken_away(unread_since: str) -> str:
    if not unread_since:
        return "takes away what old code reads; name the version since which nothing does: `unread_since = …`"
    now = tomllib.loads(PYPROJECT.read_text())["project"]["version"]
    if _number(unread_since) < _number(now):
        return ""
    return (
        f"takes away what {unread_since} was the first not to read, and this is {now}: one version too early"
    )


def _number(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def _added(field: models.Field) -> str:  # type: ignore[type-arg]  # of any type
    by_database = field.null or field.has_db_default() or isinstance(field, models.GeneratedField)
    if by_database or isinstance(field, models.ManyToManyField):
        return ""
    return "adds a column that old code leaves out: give it `db_default=…`, or `null=True`"


def _altered(old: models.Field, new: models.Field) -> str:  # type: ignore[type-arg]  # of any types
    narrower = {
        "empty values": old.null and not new.null,
        "values that are there twice": new.unique and not old.unique,
        "rows without it": old.has_db_default() and not new.has_db_default() and not new.null,
        "what it holds now": not _holds_all(old, new),
        "statements that name its column": old.db_column != new.db_column,
    }
    told = ", ".join(what for what, holds in narrower.items() if holds)
    return f"narrows a column: old code still writes {told}; {SAY_WHY}" if told else ""


def _holds_all(old: models.Field, new: models.Field) -> bool:  # type: ignore[type-arg]  # of any types
    """Whether every value of the old column is known to fit into the new one."""
    if old.related_model != new.related_model or _collation(old) != _collation(new):
        return False
    if isinstance(old, models.DecimalField) and isinstance(new, models.DecimalField):
        before, after = (field.max_digits - field.decimal_places for field in (old, new))
        return before <= after and old.decimal_places <= new.decimal_places
    if type(old) is type(new):
        return (old.max_length or 0) <= (new.max_length or 0)
    lines = (line for line in WIDER if {type(old), type(new)} <= {*line})
    return any(line.index(type(old)) < line.index(type(new)) for line in lines)


def _collation(field: models.Field) -> str:  # type: ignore[type-arg]  # of any type
    return getattr(field, "db_collation", None) or ""


def applied(operation: Operation, before: ProjectState, app: str) -> ProjectState:
    """Does it to the database of the test; the models after it."""
    after = before.clone()
    operation.state_forwards(app, after)
    with connection.schema_editor() as editor:
        operation.database_forwards(app, editor, before, after)
    return after
