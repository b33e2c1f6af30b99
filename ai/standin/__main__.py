"""`python -m ai.standin`: the stand-in on a port of this machine; prints its address when it listens."""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import socket
import sys

import uvicorn

from ai.standin.app import App

HOST = "127.0.0.1"
PARENT_POLL_SECONDS = 0.2


def main() -> None:
    """Serves until told to stop, or until the parent that was named has ended."""
    parser = argparse.ArgumentParser(prog="python -m ai.standin", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="port on 127.0.0.1; 0 takes a free one")
    parser.add_argument("--key", default="stand-in-key", help="the key to ask for")
    parser.add_argument("--parent-pid", type=int, help="end when this process, our parent, has ended")
    asked = parser.parse_args()
    # A request that is let down by its script is no fault of the server's to be told of.
    config = uvicorn.Config(
        App(asked.key), log_level="critical", lifespan="off", ws="none", timeout_graceful_shutdown=1
    )
    with socket.create_server((HOST, asked.port)) as listener:
        sys.stdout.write(f"http://{HOST}:{listener.getsockname()[1]}\n")
        sys.stdout.flush()
        asyncio.run(_serve(uvicorn.Server(config), listener, asked.parent_pid))


async def _serve(server: uvicorn.Server, listener: socket.socket, parent_pid: int | None) -> None:
    watch = asyncio.create_task(_end_with_parent(server, parent_pid)) if parent_pid else None
    await server.serve(sockets=[listener])
    if watch:
        watch.cancel()


async def _end_with_parent(server: uvicorn.Server, parent_pid: int) -> None:
    while os.getppid() == parent_pid:  # noqa: ASYNC110 (a parent's end sets no event)
        await asyncio.sleep(PARENT_POLL_SECONDS)
    server.handle_exit(signal.SIGTERM, None)


if __name__ == "__main__":
    main()
