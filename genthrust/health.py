"""Answers for load balancers and orchestrators."""

from django.contrib.auth.decorators import login_not_required
from django.db import Error, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse

from genthrust.results import failure, success


@login_not_required
def healthz(request: HttpRequest) -> HttpResponse:
    """The process is up. Asks nothing else."""
    return success({"status": "up"})


@login_not_required
def readyz(request: HttpRequest) -> HttpResponse:
    """The database is reachable and every migration is applied; else 503 with the reason."""
    try:
        executor = MigrationExecutor(connection)
        waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except Error:  # an InterfaceError, too, which a connection gives that the server has closed
        return failure("The database can't be reached.", status=503)
    if waiting:
        return failure(f"Database migrations not applied yet: {len(waiting)}.", status=503)
    return success({"status": "ready"})
