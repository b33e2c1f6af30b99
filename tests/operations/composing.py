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
case "$*" in
  "compose exec -T db "*) shift 4; exec "$@" ;;
  "compose run --rm --no-deps -T worker tar -C /data "*) shift 9; exec tar -C "$DATA" "$@" ;;
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
cat "$DUMPED"
"""


def blocks() -> list[str]:
    """The two of the section about backups: how one is made, and how it is loaded."""
    text = (ROOT / "docs" / "operations.md").read_text()
    return re.findall(r"```\n(.*?)```", text[text.index("## Backup") :], re.DOTALL)


def run(lines: str, folder: Path, **settings: str) -> None:
    """Runs them in the folder, as a shell does that stops at the first that fails."""
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
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", lines],
        cwd=folder,
        env={**os.environ, **own, **settings},
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
