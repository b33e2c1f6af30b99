"""The one door to the model: asks, streams, counts, and keeps within what a person may use in a day.

Nothing else speaks with the Messages API. Every request is a row (ai.models.Use), whatever becomes of it.
"""

import logging
import queue
import threading
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any, cast

import anthropic
import httpx2
from django.conf import settings
from django.db import transaction
from django.db.models import F, Sum
from django.utils import timezone

from ai.models import Use
from repairs import clock
from repairs.activity import name_of

if TYPE_CHECKING:
    from anthropic.types import Message
    from django.contrib.auth.models import User

logger = logging.getLogger(__name__)

CONNECT_SECONDS = 5.0
TRIAL_SECONDS = 15.0
MILLION = Decimal(1_000_000)
BUSY = (408, 409, 429, 500, 502, 503, 504, 529)
WAIT = timedelta(seconds=10)
LONGEST_WAIT = timedelta(minutes=10)
# Why an answer ended early, by its stop reason.
ENDED = {
    "max_tokens": "The model's answer was too long and was cut off.",
    "model_context_window_exceeded": "The conversation has become too long for the model. Please begin a new one.",
    "refusal": "The model refuses to answer that.",
}
LOOK_SECONDS = 0.2  # how often somebody who waits for the model looks up
OnText = Callable[[str], None]
OnWait = Callable[[], None]


class Trouble(Exception):
    """No whole answer came. `reason` is short; `again` is how long to wait before another try, None for never."""

    def __init__(self, sentence: str, *, reason: str, again: timedelta | None = None) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.reason = reason
        self.again = again


@dataclass(frozen=True)
class Question:
    """What is asked of the model, for whom and about what."""

    purpose: Use.Purpose
    about: str
    person: "User | None"
    system: str
    messages: Sequence[dict[str, Any]]
    most_tokens: int
    tools: Sequence[dict[str, Any]] = ()
    only_tool: str = ""

    def request(self) -> dict[str, Any]:
        request: dict[str, Any] = {
            "model": settings.AI_MODEL,
            "max_tokens": self.most_tokens,
            "system": self.system,
            "messages": list(self.messages),
        }
        if self.tools:
            request["tools"] = list(self.tools)
        if self.only_tool:
            request["tool_choice"] = {"type": "tool", "name": self.only_tool}
        return request


@dataclass
class Answer:
    """What the model said: blocks as the next request needs them, and why it stopped."""

    blocks: list[dict[str, Any]] = field(default_factory=list)
    stop_reason: str = ""
    model: str = ""
    tokens: tuple[int, int] = (0, 0)

    def take(self, other: "Answer") -> None:
        """Becomes what has come by now."""
        self.blocks, self.stop_reason = other.blocks, other.stop_reason
        self.model, self.tokens = other.model, other.tokens

    def uses(self) -> list[dict[str, Any]]:
        """The tools that it wants to use."""
        return [block for block in self.blocks if block["type"] == "tool_use"]


def _nobody_watches() -> None:
    """For whoever can't be stopped."""


def is_on() -> bool:
    """Whether there is a model at all."""
    return bool(settings.ANTHROPIC_API_KEY)


def ask(question: Question, *, on_text: OnText | None = None, watch: OnWait | None = None) -> Answer:
    """The model's whole answer. `on_text` hears each piece of text as it comes.

    `watch` is called at everything that comes, and a few times a second while nothing does. What either of them
    raises ends the request at once. Raises Trouble when the model can't be asked, fails, is too slow, refuses, or
    its answer is cut off.
    """
    if not is_on():
        raise Trouble("No model is configured.", reason="no model is configured")
    use = _begin(question)
    began = time.monotonic()
    answer = Answer()
    try:
        until = began + settings.AI_TIMEOUT_SECONDS
        pieces = _pieces(question, watch or _nobody_watches, until=until)
        with _errors_as_trouble(), closing(pieces):
            for heard in pieces:
                answer.take(heard.answer)
                if heard.text and on_text:
                    on_text(heard.text)
        _refuse_unfinished(answer)
    except Trouble as trouble:
        use.error = trouble.sentence[:500]
        raise
    finally:
        _end(use, answer, seconds=time.monotonic() - began)
    return answer


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


def used_today(person: "User | None") -> int:
    """Tokens that went to and came from the model for a person, or for nobody, since the company's midnight."""
    today = Use.objects.filter(person=person, at__gte=_midnight())
    return int(today.aggregate(all=Sum(F("input_tokens") + F("output_tokens")))["all"] or 0)


def _midnight() -> datetime:
    return timezone.localtime(clock.now(), timezone.get_default_timezone()).replace(
        hour=0, minute=0, second=0, microsecond=0
    )


def _refuse_over_budget(person: "User | None") -> None:
    if used_today(person) >= settings.AI_TOKENS_A_DAY:
        zone = timezone.get_default_timezone_name()
        raise Trouble(
            f"The budget for today is used up. It begins anew at midnight ({zone}); everything else works as usual.",
            reason="the day's budget is used up",
        )


@lru_cache(maxsize=4)
def _client(key: str, url: str, seconds: int) -> anthropic.Anthropic:
    """One client for all threads. It tries nothing twice: who waits is the run, not a thread."""
    timeout = httpx2.Timeout(seconds, connect=CONNECT_SECONDS)
    return anthropic.Anthropic(api_key=key, base_url=url, timeout=timeout, max_retries=0)


@dataclass(frozen=True)
class _Heard:
    """What has come of an answer so far, and the text that came last."""

    answer: Answer
    text: str


class _Reader(threading.Thread):
    """Reads one answer. Beside the thread that waits for it, since a read can't be broken off but can be left."""

    def __init__(self, question: Question) -> None:
        super().__init__(name=f"model: {question.about}", daemon=True)
        self._question = question
        self._left = threading.Event()
        self.heard: queue.SimpleQueue[_Heard | Exception | None] = queue.SimpleQueue()

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
                self.heard.put(_Heard(_answer_of(stream.current_message_snapshot), text))

    def leave(self) -> None:
        """Nobody waits any more: the connection is closed as soon as something comes, or its time is over."""
        self._left.set()


def _pieces(question: Question, watch: OnWait, *, until: float) -> Generator[_Heard]:
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
                    raise heard
                yield heard
    finally:
        reader.leave()


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
    guessed = 0 if message.stop_reason else _guessed_tokens(blocks)
    tokens = (message.usage.input_tokens, max(message.usage.output_tokens, guessed))
    return Answer(blocks=blocks, stop_reason=message.stop_reason or "", model=message.model, tokens=tokens)


def _guessed_tokens(told: Any) -> int:
    """About four signs are a token."""
    return len(str(told)) // 4


def _block_of(block: Any) -> dict[str, Any]:
    """A block as the next request may hold it; an empty text may not go back."""
    if block.type == "text":
        return {"type": "text", "text": block.text} if block.text.strip() else {}
    if block.type == "tool_use":
        given = block.input if isinstance(block.input, dict) else {}
        return {"type": "tool_use", "id": block.id, "name": block.name, "input": given}
    return {}


def _refuse_unfinished(answer: Answer) -> None:
    """A stream that was cut ends without a word about it: then there is no stop reason."""
    if not answer.stop_reason:
        told = "The model's answer broke off."
        raise Trouble(told, reason="the model's answer broke off", again=WAIT)
    if told := ENDED.get(answer.stop_reason, ""):
        raise Trouble(told, reason=told.rstrip(".").replace("The model", "the model", 1))


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


def _begin(question: Question) -> Use:
    """Keeps what is sent. Until its end it counts with as many tokens as it may take at most.

    So neither requests at once nor a worker's death let a person use more than the day's budget. Raises Trouble.
    """
    request = question.request()
    tokens = (_guessed_tokens(request), question.most_tokens)
    with transaction.atomic():
        if question.person:  # who asks twice at once is counted one after the other
            type(question.person)._default_manager.select_for_update().get(pk=question.person.pk)
        _refuse_over_budget(question.person)
        return Use.objects.create(
            at=clock.now(),
            purpose=question.purpose,
            about=question.about[:100],
            person=question.person,
            person_name=name_of(question.person),
            model=settings.AI_MODEL,
            asked=request,
            input_tokens=tokens[0],
            output_tokens=tokens[1],
            cost=_cost_of(tokens),
        )


def _end(use: Use, answer: Answer, *, seconds: float) -> None:
    use.input_tokens, use.output_tokens = answer.tokens
    use.cost = _cost_of(answer.tokens)
    use.answered, use.stop_reason, use.seconds = answer.blocks, answer.stop_reason, round(seconds, 3)
    use.save(
        update_fields=["error", "input_tokens", "output_tokens", "cost", "answered", "stop_reason", "seconds"]
    )


def _cost_of(tokens: tuple[int, int]) -> Decimal:
    """US dollars."""
    return (tokens[0] * settings.AI_PRICE_IN + tokens[1] * settings.AI_PRICE_OUT) / MILLION
