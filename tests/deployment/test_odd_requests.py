"""A real web process, and requests such as no browser sends."""

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from people.models import AccountEvent
from tests.deployment.running import started
from tests.deployment.test_slow_clients import HOST

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def web(deployment: dict[str, str], tmp_path: Path) -> Iterator[tuple[httpx.Client, str]]:
    """A stranger, as a proxy in front hands on what is sent, and where the numbers of the process are."""
    headers = {"Host": HOST, "X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.7"}
    with (
        started("web", deployment, tmp_path) as (_, port, metrics),
        httpx.Client(
            base_url=f"http://127.0.0.1:{port}", headers=headers, trust_env=False, timeout=60
        ) as stranger,
    ):
        yield stranger, f"http://127.0.0.1:{metrics}/metrics"


def test_what_somebody_invents_is_counted_together(web: tuple[httpx.Client, str]) -> None:
    stranger, numbers = web
    for method in ("GET", "BREW", "BREWED", "brewing"):
        for path in ("/readyz", "/tea", "/coffee"):
            stranger.request(method, path)
    shown = httpx.get(numbers, trust_env=False).text
    counted = re.findall(r"genthrust_web_request_seconds_count(\{.*) ", shown)
    assert sorted(counted) == [
        '{method="GET",page="none",status="404"}',
        '{method="GET",page="readyz",status="200"}',
        '{method="other",page="none",status="404"}',
        '{method="other",page="readyz",status="403"}',
    ]


def test_no_header_passes_for_what_the_proxy_says(web: tuple[httpx.Client, str]) -> None:
    """A stranger fails to sign in, with a header beside the proxy's that WSGI would take for the same."""
    stranger, _ = web
    token = "t" * 32
    answer = stranger.post(
        "/accounts/login/",
        data={"login": "olga", "password": "a guess"},
        headers={
            "X_Forwarded_For": "203.0.113.9",
            "Cookie": f"csrftoken={token}",
            "X-CSRFToken": token,
            "Referer": f"https://{HOST}/",
        },
    )
    assert answer.status_code == 200
    assert AccountEvent.objects.get().address == "192.0.2.7"
