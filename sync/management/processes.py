"""What the program's processes have in common: how they listen, work, and end within half a minute."""

import contextlib
import os
import signal
import socket
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from typing import Any

import dramatiq
import uvicorn
from django.conf import settings
from django.core.management.base import CommandError
from django.utils.module_loading import import_string

from genthrust.broker import QUEUE
from sync import runs, work

# How long the running jobs may take to end when the process is told to stop, in milliseconds.
WORKER_STOP = 20_000
# How long the requests that a server has may take to end when it is told to stop, in seconds: of a web process, and of
# one that has workers to end as well.
WEB_STOP, SERVE_STOP = 20, 5
# The most that a browser may say on a socket at once, in bytes; it has nothing to say there.
LONGEST_FRAME = 4096
# How much longer a request may run once everything else has ended, in seconds.
LAST_WAIT = 2


def server_config(*, stop: int) -> uvicorn.Config:
    """Our pages and sockets, as a web process serves them. `stop` is how long requests may take to end, in seconds."""
    return uvicorn.Config(
        import_string(settings.ASGI_APPLICATION),
        lifespan="off",
        log_config=None,
        log_level="warning",
        timeout_graceful_shutdown=stop,
        ws="websockets-sansio",
        ws_max_size=LONGEST_FRAME,
    )


def listen(host: str, port: int) -> socket.socket:
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
def ended_by_signals() -> Iterator[None]:
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
def never_held_up() -> Iterator[None]:
    """Python waits for its threads at the end. What a request has not committed by then is rolled back."""
    try:
        yield
    except SystemExit as end:
        last = threading.Timer(LAST_WAIT, os._exit, args=(end.code,))
        last.daemon = True
        last.start()
        raise


@contextlib.contextmanager
def workers() -> Iterator[None]:
    """The workers of the common queue, and of every lane that has workers of its own."""
    import sync.tasks  # noqa: F401 (the actors must be known to the broker)

    threads = {QUEUE: settings.WORKER_THREADS}
    for lane in work.lanes():
        import_module(lane.tasks)
        threads[lane.name] = lane.threads
    broker = dramatiq.get_broker()
    # Each worker hangs itself into the broker, which warns of the second one: they share no queue.
    broker.logger.addFilter(lambda record: "same type twice" not in str(record.msg))
    started = [
        dramatiq.Worker(broker, queues={queue}, worker_threads=count, worker_timeout=200)
        for queue, count in threads.items()
    ]
    for worker in started:
        worker.start()
    try:
        yield
    finally:
        runs.stopping.set()
        stop_together(started)


def stop_together(started: Sequence[dramatiq.Worker]) -> None:
    """Tells all at once to stop, so that each has the whole WORKER_STOP for what it is doing."""
    with ThreadPoolExecutor(len(started)) as stopping:
        list(stopping.map(lambda worker: worker.stop(timeout=WORKER_STOP), started))
