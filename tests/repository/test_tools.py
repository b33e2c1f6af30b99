"""A machine without git, Python, venv or the system packages of the tests is told so in a sentence."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SUPPORT = Path(__file__).resolve().parents[1] / "support"
OLD_PYTHON = '#!/bin/sh\n[ "$1" = --version ] && echo Python 3.9.2\n[ "$1" = --version ]\n'
NO_VENV = "#!/bin/sh\ncase $2 in *ensurepip*) exit 1;; esac\n"


def check(tools: Path, script: str = "check_tools.sh") -> subprocess.CompletedProcess[str]:
    bash = shutil.which("bash")
    assert bash is not None
    return subprocess.run(
        [bash, str(SUPPORT / script)],
        env={"PATH": str(tools)},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def tools(tmp_path: Path) -> Path:
    """A PATH with git, make and this Python alone."""
    for name in ("git", "make"):
        found = shutil.which(name)
        assert found is not None
        (tmp_path / name).symlink_to(found)
    (tmp_path / "python3").symlink_to(Path(sys.executable).resolve())
    return tmp_path


def put(tools: Path, name: str, script: str) -> None:
    (tools / name).unlink(missing_ok=True)
    (tools / name).write_text(script)
    (tools / name).chmod(0o755)


@pytest.mark.parametrize(
    ("missing", "sentence"),
    [
        ("git", "git is missing. On Debian: apt-get install git"),
        ("make", "make is missing. On Debian: apt-get install make"),
        ("python3", "python3 is missing. On Debian: apt-get install python3 python3-venv"),
    ],
)
def test_a_missing_tool_is_named(tools: Path, missing: str, sentence: str) -> None:
    (tools / missing).unlink()
    done = check(tools)
    assert done.returncode == 1
    assert done.stderr == f"{sentence}\n"


def test_an_old_python_is_named(tools: Path) -> None:
    put(tools, "python3", OLD_PYTHON)
    done = check(tools)
    assert done.returncode == 1
    assert done.stderr.startswith("python3 is Python 3.9.2, and 3.11 or newer is needed.")


def test_a_python_without_venv_is_named(tools: Path) -> None:
    put(tools, "python3", NO_VENV)
    done = check(tools)
    assert done.returncode == 1
    assert done.stderr == "Python's venv module is missing. On Debian: apt-get install python3-venv\n"


def test_nothing_is_said_when_nothing_is_missing(tools: Path) -> None:
    done = check(tools)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    "sudo", ["", "#!/bin/sh\nexit 1\n"], ids=["no sudo", "a sudo that asks for a password"]
)
def test_without_root_the_line_that_installs_the_packages_is_told(tools: Path, sudo: str) -> None:
    put(tools, "id", "#!/bin/sh\necho 1000\n")
    put(tools, "find", "#!/bin/sh\n")
    put(tools, "apt-get", f"#!/bin/sh\n: > {tools}/installed\n")
    if sudo:
        put(tools, "sudo", sudo)
    done = check(tools, "system_packages.sh")
    assert done.returncode == 1
    told, line = done.stderr.splitlines()
    assert told == "The tests need some system packages. As root, run:"
    assert line.startswith(
        "    apt-get update && apt-get install --no-install-recommends gcc libc6-dev pkg-config "
    )
    assert "fonts-dejavu-core" in line
    assert not (tools / "installed").exists()
