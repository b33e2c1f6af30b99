"""The surroundings of a deployment, on the servers of the test run."""

import pytest

from tests.deployment.composed import clean_environment


@pytest.fixture
def deployment(child_environment: dict[str, str], redis_url: str) -> dict[str, str]:
    kept = {name: child_environment[name] for name in ("SECRET_KEY", "DATABASE_URL")}
    return clean_environment(
        **kept, REDIS_URL=redis_url, LOG_FORMAT="json", ALLOWED_HOSTS="tracker.example.com"
    )
