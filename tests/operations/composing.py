"""The lines of docs/operations.md, run as they stand there: `docker` and MySQL's programs are stood in for.

There is no Docker here, and no mysqldump: `docker compose exec db` and `run worker` run their words on this machine,
with the folder /data elsewhere, and `mysqldump` writes what tests.operations.dumps does.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

from tests.support.server_processes import program

ROOT = Path(__file__).resolve().parents[2]
DOCKER = """#!/bin/bash
set -euo pipefail
runs="$(dirname "$0")/db-runs"
case "$*" in
  "compose up --detach --wait db redis") touch "$runs" ;;
  "compose exec -T db "*) [ -e "$runs" ] || { echo 'service "db" is not running' >&2; exit 1; }; shift 4; exec "$@" ;;
  "compose run --rm --no-deps -T worker tar -C /data "*) shift 9; exec tar -C "$DATA" "$@" ;;
  "compose run --rm --no-deps -T worker tar -tRf -") exec tar -tRf - ;;
  "compose run --rm migrate") exec "$PYTHON" manage.py migrate --no-input --verbosity 0 ;;
  *) echo "unknown: $*" >&2; exit 64 ;;
esac
"""
MYSQL = """#!/bin/bash
set -euo pipefail
[ "$1 $2" = "-ugenthrust -p$MYSQL_PASSWORD" ] || exit 64
shift 2
exec "$CLIENT" --no-defaults --host=127.0.0.1 --port="$DATABASE_PORT" --user=root "$@"
"""
MYSQLDUMP = """#!/bin/bash
[ "$*" = "--single-transaction --no-tablespaces -ugenthrust -p$MYSQL_PASSWORD genthrust" ] || exit 64
cat "$DUMPED" && echo "-- Dump completed on 2026-09-01 12:00:00"
"""


def blocks() -> list[str]:
    """The two of the section about backups: how one is made, and how it is loaded."""
    text = (ROOT / "docs" / "operations.md").read_text()
    return re.findall(r"```\n(.*?)```", text[text.index("## Backup") :], re.DOTALL)


def run(lines: str, folder: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    """Runs them in the folder, just as they stand there."""
    (folder / "bin").mkdir(exist_ok=True)
    for name, words in (("docker", DOCKER), ("mysql", MYSQL), ("mysqldump", MYSQLDUMP)):
        (folder / "bin" / name).write_text(words.replace("manage.py", str(ROOT / "manage.py")))
        (folder / "bin" / name).chmod(0o755)
    own = {
        "PATH": f"{folder / 'bin'}:{os.environ['PATH']}",
        "PYTHON": sys.executable,
        "MYSQL_PASSWORD": "a word",
        "CLIENT": program("mariadb", "mariadb-client-core"),
    }
    return subprocess.run(
        ["bash", "-c", lines],
        cwd=folder,
        env={**os.environ, **own, **settings},
        check=False,
        capture_output=True,
        text=True,
    )


def run_well(lines: str, folder: Path, **settings: str) -> None:
    done = run(lines, folder, **settings)
    assert done.returncode == 0, done.stderr
