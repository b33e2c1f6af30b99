"""What compose.yaml and the Dockerfile say, for the tests that hold them to it."""

import os
import re
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
PROCESSES = ("web", "worker", "scheduler")
STOP_SECONDS = 30  # the stop_grace_period of compose.yaml


def compose() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())
    return found


def command_of(service: str) -> list[str]:
    """The words after `python` with which a service starts."""
    first, *rest = compose()["services"][service]["command"]
    assert first == "python"
    return [str(word) for word in rest]


def example() -> dict[str, str]:
    """The settings of .env.example."""
    lines = (ROOT / ".env.example").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def dockerfile() -> list[tuple[str, str]]:
    """The instructions: their word and the rest, continued lines joined."""
    joined = re.sub(r"\\\n\s*", "", (ROOT / "Dockerfile").read_text())
    lines = [line for line in joined.splitlines() if line and not line.startswith("#")]
    return [(line.split(" ", 1)[0], line.split(" ", 1)[1]) for line in lines]


def clean_environment(**settings: str) -> dict[str, str]:
    """The settings of the example, as compose hands them to a container, and what a test adds."""
    return {**os.environ, **example(), **settings}
