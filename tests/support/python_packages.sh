#!/usr/bin/env bash
# python_packages.sh dev|embedded: makes .venv and installs the pinned packages of that set into it.
# Instant when they are there already; a requirements file that changed is installed again.
set -euo pipefail
cd "$(dirname "$0")/../.."

set_name=$1
python=${PYTHON:-python3}
requirements=requirements-$set_name.txt
stamp=.venv/installed-$set_name.sha256

installed() { # the files that were installed, with their hashes, are the files that stand here now
    [ -f ".venv/installed-$1.sha256" ] && sha256sum --check --status ".venv/installed-$1.sha256" 2>/dev/null
}

exec 9<pyproject.toml
flock 9 # two makes at once take turns

if ! .venv/bin/python -m pip --version >/dev/null 2>&1; then
    echo "Making .venv with $("$python" --version)"
    rm -rf .venv
    "$python" -m venv .venv
fi
# Lets pytest be started by its own name too: it loads the plugin of the tests before it looks at any folder.
site=$(.venv/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
[ -f "$site/this-project.pth" ] || pwd >"$site/this-project.pth"
# The development set holds the embedded one, at the same versions.
if installed "$set_name" || installed dev; then
    exit 0
fi
echo "Installing $requirements (the first time it takes a minute or a few)"
rm -f "$stamp"
.venv/bin/python -m pip install --quiet --disable-pip-version-check --no-input --require-hashes -r "$requirements"
sha256sum "$requirements" >"$stamp"
