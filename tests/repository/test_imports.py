"""The direction of imports is held by import-linter; here it is shown that it can say no."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CONFIGURATION = (ROOT / "pyproject.toml").read_text()
MODULES = {
    "genthrust/settings.py": "",
    "genthrust/urls.py": "import sync.views",
    "genthrust/asgi.py": "",
    "genthrust/wsgi.py": "",
    "genthrust/broker.py": "",
    "people/roles.py": "",
    "repairs/orders.py": "import genthrust.broker, people.roles",
    "notifications/queue.py": "import sync.runs",
    "sync/views.py": "import repairs.orders",
    "sync/graph/client.py": "import msgraph, msgraph_core, azure.identity, kiota_abstractions.api, kiota_http.api",
    "sync/emulator/app.py": "",
    "ai/wire.py": "import anthropic, httpx2",
    "ai/tools.py": "import notifications.queue",
    "ai/standin/app.py": "",
}


def lint_imports(folder: Path, modules: dict[str, str]) -> subprocess.CompletedProcess[str]:
    (folder / "pyproject.toml").write_text(CONFIGURATION)
    for name, text in modules.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{text}\n")
        for package in path.relative_to(folder).parents:
            (folder / package / "__init__.py").touch()
    command = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    return subprocess.run(
        [sys.executable, "-c", command, "--no-cache", "--no-logo"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


def test_every_package_is_under_the_contracts() -> None:
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"tests"}
    assert set(tomllib.loads(CONFIGURATION)["tool"]["importlinter"]["root_packages"]) == packages


def test_the_intended_direction_is_accepted(tmp_path: Path) -> None:
    done = lint_imports(tmp_path, MODULES)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("module", "text", "contract"),
    [
        ("repairs/orders.py", "import sync.views", "Apps import downward only"),
        ("sync/views.py", "import notifications.queue", "Apps import downward only"),
        ("people/roles.py", "import repairs.orders", "Apps import downward only"),
        ("sync/views.py", "import genthrust.urls", "Only the project package wires itself"),
        ("sync/views.py", "import msgraph", "Only sync.graph talks to Microsoft"),
        ("genthrust/broker.py", "import azure.identity", "Only sync.graph talks to Microsoft"),
        ("notifications/queue.py", "import ai.wire", "Apps import downward only"),
        ("ai/tools.py", "import anthropic", "Only ai.wire talks to the model"),
        ("ai/standin/app.py", "import repairs.orders", "The stand-in knows nothing"),
        ("sync/emulator/app.py", "import repairs.orders", "The emulator knows nothing"),
        ("sync/emulator/app.py", "import django", "The emulator knows nothing"),
    ],
)
def test_an_import_against_it_is_refused(tmp_path: Path, module: str, text: str, contract: str) -> None:
    done = lint_imports(tmp_path, {**MODULES, module: text})
    assert done.returncode == 1, done.stdout + done.stderr
    broken = [line for line in done.stdout.splitlines() if line.endswith("BROKEN")]
    assert any(line.startswith(contract) for line in broken), done.stdout
