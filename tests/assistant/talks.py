"""What several stories need: a person asks, the workers work, and what the person then sees."""

import subprocess
from collections.abc import Callable
from datetime import timedelta

from django.contrib.auth.models import User
from django.test import Client

from ai import conversations
from ai.models import Conversation, Proposal, Turn
from repairs import clock
from sync import runs
from sync.models import Run
from tests.assistant.standin import eventually


def work() -> None:
    """The workers of the assistant's lane do what is due."""
    runs.sweep_lane("assistant")


def killed(worker: subprocess.Popen[bytes], *, when: Callable[[], bool], what: str) -> None:
    """The worker dies without a word as soon as that is so."""
    eventually(when, what)
    assert worker.poll() is None, "it was killed at its work"
    worker.kill()
    worker.wait()


def another_takes_over() -> None:
    """The time is up for which a worker holds its run, and another one finds it."""
    Run.objects.update(lease_until=clock.now() - timedelta(seconds=1))
    work()


def ask(person: User, question: str, conversation: Conversation | None = None) -> Turn:
    """A question, answered."""
    turn = conversations.ask(question, by=person, conversation=conversation)
    work()
    return Turn.objects.select_related("run", "conversation").get(pk=turn.pk)


def shown(client: Client, turn: Turn) -> str:
    """The turn as its person's page shows it."""
    answer = client.get(f"/assistant/turns/{turn.pk}/")
    assert answer.status_code == 200
    return answer.content.decode()


def proposal_of(turn: Turn) -> Proposal:
    return Proposal.objects.get(card__step__turn=turn)
