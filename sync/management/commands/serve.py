"""`manage.py serve`: the whole program in one process, on SQLite and an in-memory broker (the embedded mode)."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import threading
from argparse import ArgumentParser
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import dramatiq
import uvicorn
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import close_old_connections
from django.utils.module_loading import import_string

from genthrust.accounts import DEMO, create_demo_account
from genthrust.broker import QUEUE
from repairs.models import RepairOrder
from sync import work
from sync.emulator import embedded
from sync.management.timer import Timer

# How long a running job may take to end when the server is told to stop, in milliseconds.
WORKER_STOP = 20_000
# Kept out of the sockets' way for this long when the server is told to stop, in seconds.
HTTP_STOP = 5
# How much longer a request may run once everything else has ended, in seconds.
LAST_WAIT = 2
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
        listener = _listen(options["host"], options["port"])
        with _never_held_up(), listener, _ended_by_signals(), contextlib.ExitStack() as house:
            house.callback(embedded.stop)
            self._prepare()
            house.enter_context(_workers())
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
        config = uvicorn.Config(
            import_string(settings.ASGI_APPLICATION),
            lifespan="off",
            log_level="warning",
            timeout_graceful_shutdown=HTTP_STOP,
            ws="websockets-sansio",
        )
        self._announce(listener, host)
        uvicorn.Server(config).run(sockets=[listener])

    def _announce(self, listener: socket.socket, host: str) -> None:
        port = listener.getsockname()[1]
        self.stdout.write(self.style.SUCCESS(f"\nGenThrust is ready: http://{host}:{port}/"))
        if settings.GRAPH_EMULATED:
            self.stdout.write(
                f"Sign in with the demo account: user name {DEMO.username}, password {DEMO.password}"
            )
            self.stdout.write(f"The Excel workbook: {embedded.workbook_path()}")
        self.stdout.write("Stop it with Ctrl-C.\n")
        self.stdout.flush()


def _start_emulator() -> None:
    try:
        embedded.address()
    except ConnectionError as error:
        raise CommandError(str(error)) from error


def _listen(host: str, port: int) -> socket.socket:
    """The listening socket, taken before anything is started. CommandError when the port is in use."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        # Listening already: a page that is opened while the demo is being filled waits instead of failing.
        listener.listen(128)
    except (OSError, OverflowError) as error:
        listener.close()
        reason = getattr(error, "strerror", None) or str(error)
        raise CommandError(
            f"Port {port} on {host} can't be used ({reason}). Choose another with --port."
        ) from error
    return listener


@contextlib.contextmanager
def _ended_by_signals() -> Iterator[None]:
    """SIGTERM and SIGINT unwind the stack, so that running jobs end and the emulator saves.

    uvicorn takes the signals while it serves, and raises them again after its own shutdown.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def leave(number: int, _frame: Any) -> None:
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, signal.SIG_IGN)
        raise SystemExit(0 if number == signal.SIGINT else 128 + number)

    before = {name: signal.signal(name, leave) for name in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for name, handler in before.items():
            signal.signal(name, handler)


@contextlib.contextmanager
def _never_held_up() -> Iterator[None]:
    """Python waits for its threads at the end. What a request has not committed by then is rolled back."""
    try:
        yield
    except SystemExit as end:
        last = threading.Timer(LAST_WAIT, os._exit, args=(end.code,))
        last.daemon = True
        last.start()
        raise


@contextlib.contextmanager
def _workers() -> Iterator[None]:
    import sync.tasks  # noqa: F401 (the actors must be known to the broker)

    threads = {QUEUE: settings.WORKER_THREADS}
    for lane in work.lanes():
        import_module(lane.tasks)
        threads[lane.name] = lane.threads
    broker = dramatiq.get_broker()
    workers = [
        dramatiq.Worker(broker, queues={queue}, worker_threads=count, worker_timeout=200)
        for queue, count in threads.items()
    ]
    for worker in workers:
        worker.start()
    try:
        yield
    finally:
        for worker in workers:
            worker.stop(timeout=WORKER_STOP)
