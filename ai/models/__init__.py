"""What the assistant keeps: what was asked of the model, drafts in other words, conversations, proposals and briefs."""

from ai.models.briefs import Brief
from ai.models.conversations import Card, Conversation, Proposal, Step, Turn
from ai.models.rewordings import Rewording
from ai.models.uses import Use

__all__ = ["Brief", "Card", "Conversation", "Proposal", "Rewording", "Step", "Turn", "Use"]
