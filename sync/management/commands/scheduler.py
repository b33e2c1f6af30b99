"""`manage.py scheduler`: rings the workers of a deployment for whatever is due. Two of them do no harm."""

import signal
import threading
from typing import Any

from genthrust.commands import DatabaseCommand
from sync import metrics
from sync.management.timer import Timer


class Command(DatabaseCommand):
    help = "Rings the workers every few seconds for whatever is due, until it is told to stop."

    def handle(self, *_: Any, **__: Any) -> None:
        told_to_stop = threading.Event()
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, lambda *_: told_to_stop.set())
        metrics.serve(with_state=True)
        with Timer():
            self.stdout.write("The scheduler runs.")
            self.stdout.flush()
            told_to_stop.wait()
        self.stdout.write("The scheduler has stopped.")
