"""`manage.py web`: a web process of a deployment: pages and sockets, no background work."""

from argparse import ArgumentParser
from typing import Any

import uvicorn

from genthrust.commands import DatabaseCommand
from sync import metrics
from sync.management.processes import WEB_STOP, ended_by_signals, listen, never_held_up, server_config


class Command(DatabaseCommand):
    help = "Serves the pages and the sockets of a deployment, until it is told to stop."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument("--host", default="127.0.0.1", help="the address to listen on")

    def handle(self, *_: Any, **options: Any) -> None:
        with listen(options["host"], options["port"]) as listener, never_held_up(), ended_by_signals():
            metrics.serve()
            self.stdout.write(f"Serving on {options['host']}:{listener.getsockname()[1]}.")
            self.stdout.flush()
            uvicorn.Server(server_config(stop=WEB_STOP)).run(sockets=[listener])
