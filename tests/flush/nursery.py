"""The program of the warm process from which workers are forked: a JSON line in, a process id out.

Its arguments are modules to be loaded before any fork.
"""

import ctypes
import importlib
import json
import os
import signal
import sys
import time
import traceback
from typing import Any

import django
from django.utils.module_loading import import_string

PR_SET_PDEATHSIG = 1


def _drain() -> None:
    from sync import foreground

    foreground.drain(started_by="a worker")


def _sweep() -> None:
    """What a worker and its scheduler do, without a broker between them."""
    from sync import runs

    while True:
        runs.sweep()
        time.sleep(0.05)


WORK = {"drain": _drain, "sweep": _sweep}


def _be_born(order: dict[str, Any]) -> None:
    """The life of a forked worker."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    log = os.open(order["log"], os.O_WRONLY | os.O_APPEND)
    os.dup2(log, sys.stdout.fileno())
    os.dup2(log, sys.stderr.fileno())
    from django.conf import settings

    for name, value in order["settings"].items():
        setattr(settings, name, value)
    work = order["work"]
    (WORK.get(work) or import_string(work))()


def main() -> None:
    django.setup()
    import sync.flush
    import sync.foreground
    import sync.graph.transport  # noqa: F401 (loaded before the fork, once for all workers)

    for name in sys.argv[1:]:
        importlib.import_module(name)

    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for them, so the kernel takes them away
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            code = 1
            try:
                _be_born(json.loads(line))
                code = 0
            finally:
                if code:
                    traceback.print_exc()  # into its log: it ends without Python's own farewell
                sys.stderr.flush()
                os._exit(code)
        print(pid, flush=True)


if __name__ == "__main__":
    main()
