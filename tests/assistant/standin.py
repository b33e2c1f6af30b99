"""The stand-in for the Messages API as a child process, and what a test tells and asks it."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx

from tests.support.server_processes import DIE_WITH_PARENT

ROOT = Path(__file__).resolve().parents[2]
KEY = "stand-in-key"
PATIENCE = 30.0


class StandIn:
    """Runs `python -m ai.standin` until it is closed."""

    def __init__(self) -> None:
        command = [*DIE_WITH_PARENT, sys.executable, "-m", "ai.standin", "--key", KEY]
        self._process = subprocess.Popen(command, cwd=ROOT, env=os.environ, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        self.url = self._process.stdout.readline().strip()
        self._http = httpx.Client(trust_env=False, timeout=PATIENCE, base_url=self.url)

    def close(self) -> None:
        self._http.close()
        self._process.terminate()
        self._process.communicate()

    def begin(self) -> None:
        """Nothing is left of an earlier test."""
        self._http.post("/_standin/release").raise_for_status()
        self._http.delete("/_standin/rules").raise_for_status()

    def says(self, *blocks: str | dict[str, Any], **more: Any) -> None:
        """Its next answer: texts, and uses of tools as use() makes them; `more` is of ai.standin.scripts.Rule."""
        given = [{"text": block} if isinstance(block, str) else block for block in blocks]
        self.rule(blocks=given, **more)

    def rule(self, **rule: Any) -> None:
        self._http.post("/_standin/rules", json=[rule]).raise_for_status()

    def release(self) -> None:
        """Lets the answers go on that are being held."""
        self._http.post("/_standin/release").raise_for_status()

    def asked(self) -> list[dict[str, Any]]:
        """The requests that were well formed, oldest first."""
        return [entry["body"] for entry in self._http.get("/_standin/log").json()]

    def first_words(self) -> dict[str, float]:
        """When the first piece of each answer left, in seconds since 1970, by the question that it answers."""
        log = self._http.get("/_standin/log").json()
        return {entry["body"]["messages"][-1]["content"][0]["text"]: float(entry["began"]) for entry in log}

    def post(self, body: Any, **headers: str) -> httpx.Response:
        usual = {"x-api-key": KEY, "anthropic-version": "2023-06-01"}
        return self._http.post("/v1/messages", json=body, headers={**usual, **headers})


def use(tool: str, **given: Any) -> dict[str, Any]:
    return {"tool": tool, "input": given}


def eventually(condition: Callable[[], bool], told: str) -> None:
    """Waits for something that another process does."""
    give_up = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < give_up, f"never happened: {told}"
        time.sleep(0.01)
