"""What `manage.py doctor` asks of this app: whether the model's key and name are good."""

from collections.abc import Iterator

from django.conf import settings

from ai import gateway
from genthrust.doctor import Finding, mend, ok

PART = "model"


def model() -> Iterator[Finding]:
    """Asks for the model's name only, which costs no tokens."""
    if not gateway.is_on():
        yield ok(PART, "None is configured. Everything works without one.")
        return
    from ai import wire

    if told := wire.trouble():
        yield mend(PART, f"{told} Drafts keep their templates' words meanwhile.")
    else:
        yield ok(PART, f"{settings.AI_MODEL} takes our key.")
