"""How the Messages API is spoken with.

Nothing else knows the library for it, which takes as long to load as the rest of the program: only who is asked for
an answer loads this module.
"""

import logging
import queue
import threading
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any, cast

import anthropic
import httpx2
from django.conf import settings

from ai.question import WAIT, Answer, Question, Trouble, guessed_tokens

if TYPE_CHECKING:
    from anthropic.types import Message

logger = logging.getLogger(__name__)

CONNECT_SECONDS = 5.0
TRIAL_SECONDS = 15.0
LOOK_SECONDS = 0.2  # how often somebody who waits for the model looks up
BUSY = (408, 409, 429, 500, 502, 503, 504, 529)
LONGEST_WAIT = timedelta(minutes=10)


def trouble() -> str:
    """Why the model can't be asked, as a sentence; "" when it can. Asks for its name only, which costs no tokens."""
    client = _client(settings.ANTHROPIC_API_KEY, settings.ANTHROPIC_BASE_URL, settings.AI_TIMEOUT_SECONDS)
    try:
        with _errors_as_trouble():
            client.models.retrieve(settings.AI_MODEL, timeout=TRIAL_SECONDS)
    except Trouble as found:
        unknown = isinstance(found.__cause__, anthropic.NotFoundError)
        return (
            f"The model {settings.AI_MODEL} is not known; please check AI_MODEL."
            if unknown
            else found.sentence
        )
    return ""


@dataclass(frozen=True)
class Heard:
    """What has come of an answer so far, and the text that came last."""

    answer: Answer
    text: str


class _Reader(threading.Thread):
    """Reads one answer. Beside the thread that waits for it, since a read can't be broken off but can be left."""

    def __init__(self, question: Question) -> None:
        super().__init__(name=f"model: {question.about}", daemon=True)
        self._question = question
        self._left = threading.Event()
        self.heard: queue.SimpleQueue[Heard | Exception | None] = queue.SimpleQueue()

    def run(self) -> None:
        try:
            self._read()
            self.heard.put(None)
        except Exception as error:  # noqa: BLE001 (whoever waits raises it)
            self.heard.put(error)

    def _read(self) -> None:
        client = _client(settings.ANTHROPIC_API_KEY, settings.ANTHROPIC_BASE_URL, settings.AI_TIMEOUT_SECONDS)
        with client.messages.stream(**self._question.request()) as stream:
            for event in stream:
                if self._left.is_set():
                    return
                text = event.text if event.type == "text" else ""
                self.heard.put(Heard(_answer_of(stream.current_message_snapshot), text))

    def leave(self) -> None:
        """Nobody waits any more: the connection is closed as soon as something comes, or its time is over."""
        self._left.set()


def pieces(question: Question, watch: Callable[[], None], *, until: float) -> Generator[Heard]:
    """The pieces of an answer as they come. Raises what the reader met, what `watch` raises, and Trouble when late."""
    reader = _Reader(question)
    reader.start()
    try:
        while True:
            watch()
            if time.monotonic() > until:
                raise Trouble("The model took too long.", reason="the model took too long", again=WAIT)
            with suppress(queue.Empty):
                heard = reader.heard.get(timeout=LOOK_SECONDS)
                if heard is None:
                    return
                if isinstance(heard, Exception):
                    with _errors_as_trouble():
                        raise heard
                yield heard
    finally:
        reader.leave()


@lru_cache(maxsize=4)
def _client(key: str, url: str, seconds: int) -> anthropic.Anthropic:
    """One client for all threads. It tries nothing twice: who waits is the run, not a thread."""
    timeout = httpx2.Timeout(seconds, connect=CONNECT_SECONDS)
    return anthropic.Anthropic(api_key=key, base_url=url, timeout=timeout, max_retries=0)


@contextmanager
def _errors_as_trouble() -> Iterator[None]:
    try:
        yield
    except anthropic.APITimeoutError as error:
        raise Trouble("The model took too long.", reason="the model took too long", again=WAIT) from error
    except anthropic.APIStatusError as error:
        raise _trouble_of(error) from error
    except (anthropic.APIConnectionError, httpx2.HTTPError) as error:
        told = "The connection to the model broke."
        raise Trouble(told, reason="the model could not be reached", again=WAIT) from error
    except anthropic.AnthropicError as error:
        logger.warning("The model's answer could not be read: %s", error)
        raise Trouble(
            "The model's answer could not be read.", reason="its answer could not be read"
        ) from error


def _answer_of(message: "Message") -> Answer:
    blocks = [block for found in message.content if (block := _block_of(found))]
    # The number of tokens comes with the end; until then it is guessed, for a stream that does not come to one.
    guessed = 0 if message.stop_reason else guessed_tokens(blocks)
    tokens = (message.usage.input_tokens, max(message.usage.output_tokens, guessed))
    return Answer(blocks=blocks, stop_reason=message.stop_reason or "", model=message.model, tokens=tokens)


def _block_of(block: Any) -> dict[str, Any]:
    """A block as the next request may hold it; an empty text may not go back."""
    if block.type == "text":
        return {"type": "text", "text": block.text} if block.text.strip() else {}
    if block.type == "tool_use":
        given = block.input if isinstance(block.input, dict) else {}
        return {"type": "tool_use", "id": block.id, "name": block.name, "input": given}
    return {}


def _trouble_of(error: anthropic.APIStatusError) -> Trouble:
    kind = str(cast("dict[str, Any]", error.body or {}).get("error", {}).get("type", ""))
    logger.warning("The model was asked in vain: %s %s", error.status_code, kind)
    if error.status_code in (401, 403):
        return Trouble(
            "The model's key is not accepted. The office can mend that.", reason="its key is not accepted"
        )
    if error.status_code in BUSY or error.status_code == 200:  # 200: an error in the middle of a stream
        told = "The model is busy."
        return Trouble(told, reason="the model was busy", again=_wait_of(error))
    return Trouble("The model could not work with the request.", reason="the model refused the request")


def _wait_of(error: anthropic.APIStatusError) -> timedelta:
    try:
        asked = timedelta(seconds=float(error.response.headers.get("retry-after", "")))
    except (ValueError, OverflowError):
        return WAIT
    return min(max(asked, timedelta(seconds=1)), LONGEST_WAIT)
