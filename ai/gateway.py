"""The one door to the model: asks, counts, and keeps within what a person may use in a day.

Every request is a row (ai.models.Use), whatever becomes of it. What speaks with the Messages API is `ai.wire`, which is
loaded when there is a question.
"""

import time
from collections.abc import Callable
from contextlib import closing
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction
from django.db.models import F, Sum
from django.utils import timezone

from ai.models import Use
from ai.question import WAIT, Answer, Question, Trouble, guessed_tokens
from repairs import clock
from repairs.activity import name_of

if TYPE_CHECKING:
    from django.contrib.auth.models import User

MILLION = Decimal(1_000_000)
# Why an answer ended early, by its stop reason.
ENDED = {
    "max_tokens": "The model's answer was too long and was cut off.",
    "model_context_window_exceeded": "The conversation has become too long for the model. Please begin a new one.",
    "refusal": "The model refuses to answer that.",
}
OnText = Callable[[str], None]
OnWait = Callable[[], None]


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
    from ai import wire

    use = _begin(question)
    began = time.monotonic()
    answer = Answer()
    try:
        until = began + settings.AI_TIMEOUT_SECONDS
        with closing(wire.pieces(question, watch or _nobody_watches, until=until)) as pieces:
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


def _refuse_unfinished(answer: Answer) -> None:
    """A stream that was cut ends without a word about it: then there is no stop reason."""
    if not answer.stop_reason:
        told = "The model's answer broke off."
        raise Trouble(told, reason="the model's answer broke off", again=WAIT)
    if told := ENDED.get(answer.stop_reason, ""):
        raise Trouble(told, reason=told.rstrip(".").replace("The model", "the model", 1))


def _begin(question: Question) -> Use:
    """Keeps what is sent. Until its end it counts with as many tokens as it may take at most.

    So neither requests at once nor a worker's death let a person use more than the day's budget. Raises Trouble.
    """
    request = question.request()
    tokens = (guessed_tokens(request), question.most_tokens)
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
