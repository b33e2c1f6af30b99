"""Answers for load balancers and orchestrators."""

from django.db import Error, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse

from genthrust.checks import mode_trouble
from genthrust.results import failure, success


def healthz(request: HttpRequest) -> HttpResponse:
    """The process is up. Asks nothing else."""
    return success({"status": "up"})


def readyz(request: HttpRequest) -> HttpResponse:
    """The database is reachable and every migration is applied; else 503 with the reason."""
    if told := database_trouble():
        return failure(told, status=503)
    return success({"status": "ready"})


def database_trouble() -> str:
    """Why the program can't work on its database now, as a sentence; "" when it can."""
    try:
        if told := mode_trouble(connection):
            return told
        executor = MigrationExecutor(connection)
        waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except Error:  # an InterfaceError, too, which a connection gives that the server has closed
        return "The database can't be reached."
    if waiting and not executor.loader.applied_migrations:
        return "The database is empty; run `manage.py migrate`, or start the program once."
    if waiting:
        return f"Database migrations not applied yet: {len(waiting)}."
    return ""
