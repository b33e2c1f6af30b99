"""What `manage.py doctor` asks of accounts: that somebody can give roles, and whose sign-in has ended."""

from collections.abc import Iterator

from django.conf import settings

from genthrust.doctor import Finding, mend, note, ok
from people import sealing
from people.last_admin import admins
from people.models import MicrosoftSignIn

PART = "sign-in"
MOST_NAMED = 5


def sign_in() -> Iterator[Finding]:
    """Whether there is an admin; with Microsoft: the keys, and who has to sign in again."""
    if not admins().exists():
        yield note(PART, "Nobody is an admin yet; manage.py first_admin EMAIL makes the first.")
    if settings.MICROSOFT_SIGN_IN:
        yield from _microsoft()


def _microsoft() -> Iterator[Finding]:
    rows = MicrosoftSignIn.objects.select_related("person").order_by("person__username")
    kept = [row for row in rows if row.lost_at is None]
    yield ok(PART, f"People sign in with Microsoft. Tokens are kept of {len(kept)}.")
    if shut := [row for row in kept if not _opens(row)]:
        yield mend(
            PART,
            f"No key in TOKEN_KEYS opens the tokens of {_named(shut)}. What is theirs waits. Please put the old key "
            "back; if it is lost for good, manage.py reseal_tokens --drop-unreadable asks them to sign in again.",
        )
    if lost := [row for row in rows if row.lost_at is not None]:
        yield note(PART, f"Microsoft wants {_named(lost)} to sign in again. What is theirs in Outlook waits.")


def _opens(row: MicrosoftSignIn) -> bool:
    try:
        sealing.unseal(row.sealed_refresh)
    except sealing.Unreadable:
        return False
    return True


def _named(rows: list[MicrosoftSignIn]) -> str:
    names = [row.person.get_username() for row in rows]
    more = [f"{len(names) - MOST_NAMED} more"] if len(names) > MOST_NAMED else []
    return ", ".join(names[:MOST_NAMED] + more)
