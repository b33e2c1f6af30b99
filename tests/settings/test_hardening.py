"""What holds browsers and guessers back, as a deployment would start it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.test import Client

ROOT = Path(__file__).resolve().parents[2]
KEY = "k3y-of-a-deployment-that-is-long-enough-0123456789-abcdefgh"


def check_deploy(folder: Path, https: str) -> subprocess.CompletedProcess[str]:
    own = {"DATA_DIR": str(folder), "HTTPS": https, "SECRET_KEY": KEY, "DATABASE_URL": "", "REDIS_URL": ""}
    return subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        cwd=ROOT,
        env={**os.environ, **own},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_deployment_behind_https_has_nothing_to_mend(tmp_path: Path) -> None:
    done = check_deploy(tmp_path, "true")
    assert done.returncode == 0, done.stderr


def test_without_https_it_is_told(tmp_path: Path) -> None:
    done = check_deploy(tmp_path, "false")
    assert done.returncode == 1
    assert {code for code in ("W004", "W008", "W012", "W016") if code in done.stderr} == {
        "W004",
        "W008",
        "W012",
        "W016",
    }


@pytest.fixture
def https(settings: LazySettings) -> None:
    settings.SECURE_SSL_REDIRECT = True
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    settings.SECURE_HSTS_SECONDS = 31_536_000


def test_http_is_sent_on_except_for_load_balancers(client: Client, db: None, https: None) -> None:
    answer = client.get("/accounts/login/")
    assert (answer.status_code, answer["Location"]) == (301, "https://testserver/accounts/login/")
    assert client.get("/healthz").status_code == 200


def test_a_page_carries_the_headers(client: Client, db: None, https: None) -> None:
    answer = client.get("/accounts/login/", headers={"X-Forwarded-Proto": "https"})
    assert answer.status_code == 200
    assert answer["Strict-Transport-Security"].startswith("max-age=31536000")
    assert "camera=()" in answer["Permissions-Policy"]
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["Referrer-Policy"] == "same-origin"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "unsafe" not in answer["Content-Security-Policy"]


def test_a_form_without_end_is_refused(client: Client, db: None) -> None:
    answer = client.post("/accounts/login/", {f"field{n}": "x" for n in range(1001)})
    assert answer.status_code == 400
