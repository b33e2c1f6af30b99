"""What the program refuses to start with, and which of the environment and a .env file wins."""

import json
import os
import shutil
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TELL = """
import json, sys
from genthrust import settings
print(json.dumps({name: str(getattr(settings, name)) for name in sys.argv[1:]}))
"""


@pytest.fixture
def installation(tmp_path: Path) -> Path:
    """The settings in a folder of their own, where a .env file disturbs nobody."""
    (tmp_path / "genthrust").mkdir()
    for name in ("__init__.py", "env.py", "settings.py", "sign_in_settings.py", "theme.py"):
        shutil.copy(ROOT / "genthrust" / name, tmp_path / "genthrust")
    return tmp_path


def start(installation: Path, environment: dict[str, str], *names: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", TELL, *names],
        cwd=installation,
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def read(installation: Path, environment: dict[str, str], *names: str) -> dict[str, str]:
    started = start(installation, environment, *names)
    assert started.returncode == 0, started.stderr
    found: dict[str, str] = json.loads(started.stdout)
    return found


def refusal(installation: Path, environment: dict[str, str]) -> str:
    started = start(installation, environment)
    assert started.returncode == 1
    kind, sentence = started.stderr.strip().splitlines()[-1].split(": ", 1)
    assert kind == "django.core.exceptions.ImproperlyConfigured"
    return sentence


def test_how_long_a_session_lasts(installation: Path) -> None:
    assert read(installation, {"SESSION_HOURS": "8"}, "SESSION_COOKIE_AGE") == {"SESSION_COOKIE_AGE": "28800"}
    assert "SESSION_HOURS" in refusal(installation, {"SESSION_HOURS": "0"})


def test_with_nothing_set_it_is_a_demo_in_one_process(installation: Path) -> None:
    names = ("EMBEDDED", "DEBUG", "GRAPH_EMULATED", "TIME_ZONE", "SYNC_LEASE_SECONDS", "DATA_DIR")
    assert read(installation, {}, *names) == {
        "EMBEDDED": "True",
        "DEBUG": "False",
        "GRAPH_EMULATED": "True",
        "TIME_ZONE": "America/New_York",
        "SYNC_LEASE_SECONDS": "60",
        "DATA_DIR": str(installation / "data"),
    }


def test_the_environment_goes_before_the_file(installation: Path) -> None:
    (installation / ".env").write_text('COMPANY_TIME_ZONE="Europe/Berlin"\nSYNC_LEASE_SECONDS=7\n')
    found = read(installation, {"SYNC_LEASE_SECONDS": "9"}, "TIME_ZONE", "SYNC_LEASE_SECONDS")
    assert found == {"TIME_ZONE": "Europe/Berlin", "SYNC_LEASE_SECONDS": "9"}


@pytest.mark.parametrize(
    ("environment", "sentence"),
    [
        (
            {"REDIS_URL": "redis://127.0.0.1:6380/0"},
            "SECRET_KEY is not set. A deployment (REDIS_URL is set) needs one",
        ),
        ({"GRAPH_STATIC_TOKEN": "t"}, "GRAPH_STATIC_TOKEN is accepted only together with a loopback"),
        (
            {"GRAPH_STATIC_TOKEN": "t", "GRAPH_BASE_URL": "https://graph.microsoft.com/v1.0"},
            "GRAPH_STATIC_TOKEN is accepted only together with a loopback",
        ),
        (
            {"GRAPH_STATIC_TOKEN": "t", "AZURE_TENANT_ID": "a-tenant"},
            "GRAPH_STATIC_TOKEN is accepted only together with a loopback",
        ),
        ({"DEBUG": "perhaps"}, "DEBUG must be true or false"),
        ({"LOG_LEVEL": "loud"}, "LOG_LEVEL must be one of debug, info, warning, error, critical"),
        ({"COMPANY_TIME_ZONE": "Mars"}, "COMPANY_TIME_ZONE must be a time zone"),
        ({"SYNC_LEASE_SECONDS": "0"}, "SYNC_LEASE_SECONDS must be a whole number from 1 to 3600"),
        ({"DATABASE_URL": "oracle://x"}, "DATABASE_URL must begin with"),
        ({"DATABASE_CA_CERT": "missing.pem"}, "DATABASE_CA_CERT is neither"),
        ({"GRAPH_CREDENTIAL": "magic"}, "GRAPH_CREDENTIAL must be one of secret"),
        (
            {"AZURE_CLIENT_CERTIFICATE": "-----BEGIN CERTIFICATE-----"},
            "AZURE_CLIENT_CERTIFICATE holds no private key",
        ),
        ({"MICROSOFT_SIGN_IN": "true"}, "MICROSOFT_SIGN_IN needs AZURE_TENANT_ID"),
        ({"GRAPH_STATIC_TOKEN": "tök"}, "GRAPH_STATIC_TOKEN may hold only plain letters"),
        ({"GRAPH_BASE_URL": "http://example.com/v1.0"}, "GRAPH_BASE_URL may use http only for this machine"),
        ({"GRAPH_BASE_URL": "graph"}, "GRAPH_BASE_URL must be an http or https address"),
    ],
)
def test_a_bad_value_stops_it_with_a_sentence(
    installation: Path, environment: dict[str, str], sentence: str
) -> None:
    assert refusal(installation, environment).startswith(sentence)


def test_a_bad_value_in_the_file_stops_it_too(installation: Path) -> None:
    (installation / ".env").write_text("DEBUG=perhaps\n")
    assert refusal(installation, {}).startswith("DEBUG must be true or false")


def test_a_token_goes_with_a_server_on_this_machine(installation: Path) -> None:
    environment = {"GRAPH_STATIC_TOKEN": "t", "GRAPH_BASE_URL": "http://127.0.0.1:8080/v1.0/"}
    found = read(
        installation, environment, "GRAPH_STATIC_TOKEN", "GRAPH_BASE_URL", "GRAPH_EMULATED", "GRAPH_DRIVE_ID"
    )
    assert found == {
        "GRAPH_STATIC_TOKEN": "t",
        "GRAPH_BASE_URL": "http://127.0.0.1:8080/v1.0",
        "GRAPH_EMULATED": "False",
        "GRAPH_DRIVE_ID": "",
    }


def test_a_real_tenant_is_never_emulated(installation: Path) -> None:
    found = read(
        installation, {"AZURE_TENANT_ID": "a-tenant"}, "GRAPH_EMULATED", "GRAPH_ADDRESS", "EXCEL_WORKBOOK_ID"
    )
    assert found == {"GRAPH_EMULATED": "False", "GRAPH_ADDRESS": "", "EXCEL_WORKBOOK_ID": ""}


def test_a_deployment_takes_the_key_that_it_is_given(installation: Path) -> None:
    environment = {"REDIS_URL": "redis://127.0.0.1:6380/0", "SECRET_KEY": "k" * 50}
    assert read(installation, environment, "SECRET_KEY", "EMBEDDED") == {
        "SECRET_KEY": "k" * 50,
        "EMBEDDED": "False",
    }
    assert not (installation / "data" / "secret_key").exists()


def test_processes_that_start_at_once_agree_on_one_kept_key(installation: Path) -> None:
    with ThreadPoolExecutor(4) as starts:
        found = list(starts.map(lambda _: read(installation, {}, "SECRET_KEY")["SECRET_KEY"], range(4)))
    assert len(set(found)) == 1
    assert len(found[0]) >= 50
    kept = installation / "data" / "secret_key"
    assert kept.read_text() == found[0]
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert [path.name for path in kept.parent.iterdir() if "secret" in path.name] == ["secret_key"]


def test_the_certificate_is_kept_as_the_file_that_the_driver_takes(installation: Path) -> None:
    pem = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----"
    read(installation, {"DATABASE_URL": "mysql://root@db.example/genthrust", "DATABASE_CA_CERT": pem})
    assert (installation / "data" / "database-ca.pem").read_text() == pem
