"""`manage.py worker`: a worker process of a deployment. Any number of them may run."""

import threading
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError

from genthrust.commands import DatabaseCommand
from repairs.wording import counted
from sync import metrics
from sync.management.processes import ended_by_signals, never_held_up, workers


class Command(DatabaseCommand):
    help = "Does the background work of a deployment, until it is told to stop."

    def handle(self, *_: Any, **__: Any) -> None:
        if not settings.REDIS_URL:
            raise CommandError("REDIS_URL is not set; a worker of its own has nobody to ring it.")
        with never_held_up(), ended_by_signals(), workers():
            metrics.serve()
            self.stdout.write(f"The worker runs with {counted(settings.WORKER_THREADS, 'thread')}.")
            self.stdout.flush()
            threading.Event().wait()
