"""The models and the migrations say the same, on both databases, and the code before a migration lives with it."""

from typing import Any

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, migrations, models
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState
from django.db.models import Q

from tests.support.old_code import applied, breaks_old_code

pytestmark = [pytest.mark.both_databases, pytest.mark.django_db]
OURS = ("people", "repairs", "sync", "notifications", "ai")
# The newest migrations of the first version: what came before them no old process ever ran beside.
FIRST_VERSION = {"people": 4, "repairs": 14, "sync": 10, "notifications": 6, "ai": 4}


def test_no_migration_is_missing() -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=1)


def test_every_migration_applies() -> None:
    executor = MigrationExecutor(connection)
    assert executor.migration_plan(executor.loader.graph.leaf_nodes()) == []


def test_old_code_lives_with_every_migration() -> None:
    loader = MigrationLoader(None, ignore_no_migrations=True)
    found = []
    for (app, name), migration in loader.disk_migrations.items():
        if app in OURS and int(name[:4]) > FIRST_VERSION[app]:
            before = loader.project_state(tuple(migration.dependencies))
            found += [f"{app}.{name} {why}" for why in told(migration, before) if why]
    assert found == []


def told(migration: migrations.Migration, state: ProjectState) -> list[str]:
    """What old code may not survive of it."""
    found = []
    said = {
        "unread_since": getattr(migration, "unread_since", ""),
        "lives": getattr(migration, "old_code_lives", ""),
    }
    for operation in migration.operations:
        found.append(breaks_old_code(operation, state, migration.app_label, **said))
        operation.state_forwards(migration.app_label, state)
    return found


KIND = models.CharField(max_length=9, default="new", db_default="new")
NULL, SHORT = models.CharField(max_length=9, null=True), models.CharField(max_length=3)
POSITIVE = models.CheckConstraint(condition=Q(count__gt=0), name="thing_count_positive")
# What is done to a table with the columns `name` (nine letters, may be empty) and `count`, and whether code that knows
# no more than these can still write the row that it always wrote.
DONE: list[tuple[Operation, bool]] = [
    (migrations.AddField("thing", "kind", KIND), True),
    (migrations.AddField("thing", "kind", models.CharField(max_length=9, null=True)), True),
    (migrations.AddField("thing", "kind", models.IntegerField(default=0)), False),
    (migrations.AlterField("thing", "name", models.CharField(max_length=90, null=True)), True),
    (migrations.AlterField("thing", "name", models.TextField(null=True)), True),
    (migrations.AlterField("thing", "count", models.BigIntegerField(db_default=1)), True),
    (migrations.AlterField("thing", "name", models.CharField(max_length=9)), False),
    (migrations.AlterField("thing", "name", models.CharField(max_length=9, null=True, unique=True)), False),
    (migrations.AlterField("thing", "name", models.CharField(max_length=9, null=True, db_column="n")), False),
    (migrations.AlterField("thing", "count", models.PositiveIntegerField(db_default=1)), False),
    (migrations.AddConstraint("thing", POSITIVE), False),
    (migrations.RenameField("thing", "name", "title"), False),
    (migrations.RemoveField("thing", "name"), False),
    (migrations.RenameModel("Thing", "Item"), False),
    (
        migrations.RunSQL("DROP TABLE repairs_thing", state_operations=[migrations.DeleteModel("thing")]),
        False,
    ),
]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("done", "lives"), DONE)
def test_the_rule_says_of_an_operation_what_the_database_says(done: Operation, lives: bool) -> None:
    """On MySQL Django takes a default of Python's out of the table again, so that one would not do, for example."""
    columns: list[tuple[str, models.Field[Any, Any]]] = [
        ("id", models.BigAutoField(primary_key=True)),
        ("name", models.CharField(max_length=9, null=True)),
    ]
    made = migrations.CreateModel("Thing", [*columns, ("count", models.IntegerField(db_default=1))])
    before = applied(made, ProjectState(), "repairs")
    old = before.apps.get_model("repairs", "Thing")
    after = before
    try:
        after = applied(done, before, "repairs")
        assert (breaks_old_code(done, before, "repairs") == "") == lives
        assert writes_as_always(old) == lives
    finally:
        for model in [*after.apps.get_models()]:
            applied(migrations.DeleteModel(model.__name__), after, "repairs")


def writes_as_always(old: type[models.Model]) -> bool:
    try:
        for name in (None, "", "123456789", "123456789"):
            old._default_manager.create(name=name, count=-1)
    except DatabaseError:
        return False
    return True


ADDED = migrations.AddField("thing", "kind", models.IntegerField(default=0))
UNTOLD = (  # what a database does not refuse on both sides, or does not refuse at all
    migrations.AlterField("thing", "name", SHORT),
    migrations.AlterField("thing", "price", models.DecimalField(max_digits=9, decimal_places=4)),
    migrations.AlterField("thing", "shop", models.ForeignKey("people.Thing", models.CASCADE)),
    migrations.AlterField("thing", "word", models.CharField(max_length=9, db_collation="utf8mb4_bin")),
    migrations.AlterField("thing", "kind", models.IntegerField()),
    migrations.AlterUniqueTogether("thing", {("name", "word")}),
    migrations.RunPython(migrations.RunPython.noop),
    migrations.SeparateDatabaseAndState([ADDED], []),
    migrations.RemoveConstraint("thing", "one_open_thing"),
)


@pytest.mark.parametrize("operation", UNTOLD, ids=lambda one: type(one).__name__)
def test_what_may_break_old_code_says_why_it_does_not(operation: Operation) -> None:
    state = ProjectState()
    columns: dict[str, models.Field[Any, Any]] = {
        "id": models.BigAutoField(primary_key=True),
        "name": models.CharField(max_length=9),
        "word": models.CharField(max_length=9),
        "price": models.DecimalField(max_digits=9, decimal_places=2),
        "shop": models.ForeignKey("repairs.Thing", models.CASCADE),
        "kind": models.IntegerField(db_default=0),
    }
    migrations.CreateModel("Thing", [*columns.items()]).state_forwards("repairs", state)
    assert "`old_code_lives = …`" in breaks_old_code(operation, state, "repairs")
    assert breaks_old_code(operation, state, "repairs", lives="It writes three letters at most.") == ""


@pytest.mark.parametrize(("since", "told"), [("", "name the version"), ("99.0", "too early"), ("0.0.9", "")])
def test_what_old_code_reads_is_taken_away_a_version_after_nothing_reads_it(since: str, told: str) -> None:
    taken = migrations.RemoveField("thing", "name")
    found = breaks_old_code(taken, ProjectState(), "repairs", unread_since=since, lives="Nothing reads it.")
    assert told in found if told else found == ""
