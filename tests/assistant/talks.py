"""What several stories need: a person asks, the workers work, and what the person then sees."""

from django.contrib.auth.models import User
from django.test import Client

from ai import conversations
from ai.models import Conversation, Proposal, Turn
from sync import runs


def work() -> None:
    """The workers of the assistant's lane do what is due."""
    runs.sweep_lane("assistant")


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
