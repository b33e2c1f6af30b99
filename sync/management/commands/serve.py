"""`manage.py serve`: the whole program in one process, on SQLite and an in-memory broker (the embedded mode)."""

from __future__ import annotations

import contextlib
import socket
from argparse import ArgumentParser
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import uvicorn
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import close_old_connections

from genthrust.accounts import DEMO, create_demo_account
from repairs.models import RepairOrder
from sync.emulator import embedded
from sync.management.processes import (
    SERVE_STOP,
    ended_by_signals,
    listen,
    never_held_up,
    server_config,
    workers,
)
from sync.management.timer import Timer

OUTBOX = "/_emulator/outbox"
DEMO_FILES = Path(settings.BASE_DIR) / "repairs" / "demo"


class Command(BaseCommand):
    help = "Runs the whole program in one process: web server, workers, timers and, without a tenant, the emulator."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument(
            "--host", default="127.0.0.1", help="the address to listen on; this machine only by default"
        )

    def handle(self, *_: Any, **options: Any) -> None:
        if settings.REDIS_URL:
            raise CommandError(
                "REDIS_URL is set, which is a deployment: run the web, worker and scheduler processes there. "
                "`serve` is for one process without Redis."
            )
        listener = listen(options["host"], options["port"])
        with never_held_up(), listener, ended_by_signals(), contextlib.ExitStack() as house:
            house.callback(embedded.stop)
            self._prepare()
            house.enter_context(workers())
            house.enter_context(Timer())
            self._serve(listener, options["host"])

    def _prepare(self) -> None:
        call_command("migrate", verbosity=0, interactive=False)
        if settings.GRAPH_EMULATED:
            _start_emulator()
        if create_demo_account():
            self.stdout.write("Made the demo accounts.")
        if settings.GRAPH_EMULATED and not RepairOrder.objects.exists():
            self.stdout.write("Filling the database from the demo's workbook …")
            call_command("import_shops", DEMO_FILES / "shops.csv", stdout=self.stdout)
            call_command("import_inventory", DEMO_FILES / "inventory.csv", stdout=self.stdout)
            call_command("import_workbook", from_graph=True, stdout=self.stdout)
            call_command("check_overdue", stdout=self.stdout)
        close_old_connections()

    def _serve(self, listener: socket.socket, host: str) -> None:
        self._announce(listener, host)
        uvicorn.Server(server_config(stop=SERVE_STOP)).run(sockets=[listener])

    def _announce(self, listener: socket.socket, host: str) -> None:
        port = listener.getsockname()[1]
        self.stdout.write(self.style.SUCCESS(f"\nGenThrust is ready: http://{host}:{port}/"))
        if settings.GRAPH_EMULATED:
            self.stdout.write(
                f"Sign in with the demo account: user name {DEMO.username}, password {DEMO.password}"
            )
            self.stdout.write(f"The Excel workbook: {embedded.workbook_path()}")
            self.stdout.write(f"The mails that left: {urljoin(embedded.address()[0], OUTBOX)}")
        self.stdout.write("Stop it with Ctrl-C.\n")
        self.stdout.flush()


def _start_emulator() -> None:
    try:
        embedded.address()
    except ConnectionError as error:
        raise CommandError(str(error)) from error
