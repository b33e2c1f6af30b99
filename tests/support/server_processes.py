"""Servers that belong to one test run: on free loopback ports, with data in a folder of their own."""

import os
import re
import shutil
import signal
import socket
import subprocess
import time
from abc import ABC, abstractmethod
from pathlib import Path

START_SECONDS = 30
STOP_SECONDS = 30
START_ATTEMPTS = 3
DIE_WITH_PARENT = ("setpriv", "--pdeathsig", "KILL")


class MissingProgram(Exception):
    """A program that the tests need is not installed; the message names it and the Debian package."""


class ServerFailed(Exception):
    """A server did not start; the message carries the end of its log."""


def program(name: str, package: str) -> str:
    """The path of an installed program; Debian keeps servers in /usr/sbin, which is on few people's PATH."""
    path = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
    if path is None:
        raise MissingProgram(f"{name} is missing. `make setup` installs it (Debian package {package}).")
    return path


def version_of(executable: str) -> str:
    shown = subprocess.run([executable, "--version"], check=True, capture_output=True, text=True).stdout
    found = re.search(r"\d+(\.\d+)+", shown)
    return found.group() if found else shown.strip()


class ServerProcess(ABC):
    """A server on a free port of 127.0.0.1. It is killed when the process that started it dies."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = 0
        self._process: subprocess.Popen[bytes] | None = None

    @property
    @abstractmethod
    def version(self) -> str: ...

    @abstractmethod
    def command(self) -> list[str]:
        """The command that serves on `self.port` and `self.socket_file` in the foreground."""

    @abstractmethod
    def greets(self, connection: socket.socket) -> bool:
        """Does the server answer on a fresh connection as one that is ready for work?"""

    @property
    def socket_file(self) -> Path:
        return self.folder / "socket"

    @property
    def log(self) -> Path:
        return self.folder / "log"

    def start(self) -> None:
        """Start, or start again on the same port and data after stop or kill."""
        for _ in range(START_ATTEMPTS if self.port == 0 else 1):
            self.port = self.port or free_port()
            if self._answers():
                return
            self.port = 0
        raise ServerFailed(f"{self.command()[0]} did not start:\n{self.log.read_text()[-2000:]}")

    def stop(self) -> None:
        """End gracefully, as on a restart of the service."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End at once, as on a power cut."""
        self._end(signal.SIGKILL)

    def freeze(self) -> None:
        """Take connections but answer nothing until `thaw`."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    def _answers(self) -> bool:
        self.socket_file.unlink(missing_ok=True)
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [*DIE_WITH_PARENT, *self.command()], stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self._process.poll() is None:
            if self._is_ready():
                return True
            time.sleep(0.01)
        self.kill()
        return False

    def _is_ready(self) -> bool:
        """Both servers open their socket file after their port, so this also says that the port is theirs."""
        with socket.socket(socket.AF_UNIX) as probe:
            probe.settimeout(START_SECONDS)
            try:
                probe.connect(str(self.socket_file))
                return self.greets(probe)
            except (FileNotFoundError, ConnectionError):
                return False

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(number)

    def _end(self, number: signal.Signals) -> None:
        self._signal(number)
        if self._process is not None:
            self._process.wait(STOP_SECONDS)


class MariaDB(ServerProcess):
    """MariaDB with a root account without a password, reachable from this machine only."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._server = program("mariadbd", "mariadb-server-core")
        self._installer = program("mariadb-install-db", "mariadb-server-core")
        self._data = folder / "data"
        folder.mkdir(parents=True)
        self._install()

    @property
    def version(self) -> str:
        return version_of(self._server)

    def url(self, database: str) -> str:
        return f"mysql://root@127.0.0.1:{self.port}/{database}"

    def command(self) -> list[str]:
        return [
            self._server,
            "--no-defaults",
            *_as_root(),
            f"--datadir={self._data}",
            f"--tmpdir={self.folder}",
            f"--port={self.port}",
            "--bind-address=127.0.0.1",
            f"--socket={self.socket_file}",
            f"--pid-file={self.folder / 'pid'}",
            "--skip-name-resolve",
            "--innodb-flush-log-at-trx-commit=0",
            "--innodb-flush-method=nosync",
            "--innodb-doublewrite=0",
            "--skip-log-bin",
            "--innodb-buffer-pool-size=512M",
            "--performance-schema=0",
            "--character-set-server=utf8mb4",
            "--collation-server=utf8mb4_unicode_ci",
        ]

    def greets(self, connection: socket.socket) -> bool:
        # It speaks first, once it takes connections. A SIGTERM before that is lost, and stopping would hang.
        return bool(connection.recv(1))

    def _install(self) -> None:
        done = subprocess.run(
            [
                self._installer,
                "--no-defaults",
                *_as_root(),
                f"--datadir={self._data}",
                f"--tmpdir={self.folder}",  # a server that starts clears away what others hold in a shared one
                "--skip-test-db",
                "--auth-root-authentication-method=normal",
                "--innodb-log-file-size=5M",
                "--skip-name-resolve",
            ],
            check=False,
            capture_output=True,
            text=True,
        )
        if done.returncode:
            raise ServerFailed(f"mariadb-install-db failed:\n{done.stdout[-1000:]}{done.stderr[-1000:]}")


class Redis(ServerProcess):
    """Redis as it is to be deployed: an append-only file, and no eviction."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._server = program("redis-server", "redis-server")
        folder.mkdir(parents=True)

    @property
    def version(self) -> str:
        return version_of(self._server)

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def greets(self, connection: socket.socket) -> bool:
        connection.sendall(b"PING\r\n")
        return connection.recv(5) == b"+PONG"  # not -LOADING

    def command(self) -> list[str]:
        options = {
            "port": str(self.port),
            "bind": "127.0.0.1",
            "unixsocket": str(self.socket_file),
            "dir": str(self.folder),
            "appendonly": "yes",
            "save": "",
            "maxmemory-policy": "noeviction",
        }
        return [self._server, *(word for name, value in options.items() for word in (f"--{name}", value))]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _as_root() -> list[str]:
    return ["--user=root"] if os.geteuid() == 0 else []
