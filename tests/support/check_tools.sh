#!/usr/bin/env bash
# Says in a sentence which basic tool is missing: git, make, and Python 3.11 or newer with venv.
set -euo pipefail

python=${PYTHON:-python3}
missing=0
say() {
    echo "$1" >&2
    missing=1
}

command -v git >/dev/null || say "git is missing. On Debian: apt-get install git"
command -v make >/dev/null || say "make is missing. On Debian: apt-get install make"
if ! command -v "$python" >/dev/null; then
    say "$python is missing. On Debian: apt-get install python3 python3-venv"
elif ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
    say "$python is $("$python" --version 2>&1), and 3.11 or newer is needed. Name another one with PYTHON=/path/to/python3."
elif ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
    say "Python's venv module is missing. On Debian: apt-get install python3-venv"
fi
exit "$missing"
