"""The models and the migrations say the same, on both databases, and the code before a migration lives with it."""

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, migrations, models
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

pytestmark = [pytest.mark.both_databases, pytest.mark.django_db]
OURS = ("people", "repairs", "sync", "notifications", "ai")
# The newest migrations of the first version: what came before them no old process ever ran beside.
FIRST_VERSION = {"people": 4, "repairs": 14, "sync": 10, "notifications": 6, "ai": 4}
TAKES_AWAY = (
    migrations.RemoveField,
    migrations.RenameField,
    migrations.DeleteModel,
    migrations.RenameModel,
    migrations.AlterModelTable,
)


def test_no_migration_is_missing() -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=1)


def test_every_migration_applies() -> None:
    executor = MigrationExecutor(connection)
    assert executor.migration_plan(executor.loader.graph.leaf_nodes()) == []


def breaks_old_code(operation: Operation, *, unread_since: str = "") -> str:
    """Why code that does not know of an operation can't work after it; "" when it can."""
    if isinstance(operation, TAKES_AWAY) and not unread_since:
        return "takes away what old code reads; name the version since which nothing does: `unread_since = …`"
    if isinstance(operation, migrations.AddField):
        field = operation.field
        by_database = field.null or field.has_db_default() or isinstance(field, models.GeneratedField)
        filled = by_database or isinstance(field, models.ManyToManyField)
        return (
            "" if filled else "adds a column that old code leaves out: give it `db_default=…`, or `null=True`"
        )
    return ""


def test_old_code_lives_with_every_migration() -> None:
    loader = MigrationLoader(None, ignore_no_migrations=True)
    found = []
    for (app, name), migration in loader.disk_migrations.items():
        if app not in OURS or int(name[:4]) <= FIRST_VERSION[app]:
            continue
        since = getattr(migration, "unread_since", "")
        told = (breaks_old_code(operation, unread_since=since) for operation in migration.operations)
        found += [f"{app}.{name} {why}" for why in told if why]
    assert found == []


@pytest.mark.django_db(transaction=True)
def test_a_column_with_a_default_of_the_database_is_written_by_code_that_does_not_know_it() -> None:
    """On MySQL Django takes a default of Python's out of the table again, so that one would not do."""
    good = migrations.AddField(
        "thing", "kind", models.CharField(max_length=9, default="new", db_default="new")
    )
    bad = migrations.AddField("thing", "count", models.IntegerField(default=0))
    assert (breaks_old_code(good), bool(breaks_old_code(bad))) == ("", True)
    state = ProjectState()
    key = ("id", models.BigAutoField(primary_key=True))
    made = migrations.CreateModel("Thing", [key, ("name", models.CharField(max_length=9))])
    state = _applied(made, state)
    old = state.apps.get_model("repairs", "Thing")
    try:
        old.objects.create(name="before")
        state = _applied(good, state)
        old.objects.create(name="after")
        known = state.apps.get_model("repairs", "Thing")
        assert list(known.objects.order_by("id").values_list("name", "kind")) == [
            ("before", "new"),
            ("after", "new"),
        ]
        state = _applied(bad, state)
        with pytest.raises(DatabaseError):
            old.objects.create(name="too late")
    finally:
        _applied(migrations.DeleteModel("Thing"), state)


def _applied(operation: Operation, before: ProjectState) -> ProjectState:
    after = before.clone()
    operation.state_forwards("repairs", after)
    with connection.schema_editor() as editor:
        operation.database_forwards("repairs", editor, before, after)
    return after
