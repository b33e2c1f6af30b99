"""Encryption of what must not be read in the database or in a backup of it: Fernet, with keys from TOKEN_KEYS.

The first key seals, every key opens. So that no process meets what it can't open, a new key is put behind the old one
everywhere before it is put first (docs/signing-in.md). What no key opens is kept: the right one may come back.
"""

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings


class Unreadable(Exception):
    """None of the keys opens it."""


def seal(text: str) -> str:
    """The text, unreadable without the key."""
    return _box().encrypt(text.encode()).decode()


def unseal(sealed: str) -> str:
    """What was sealed. Raises Unreadable."""
    try:
        return _box().decrypt(sealed.encode()).decode()
    except InvalidToken as error:
        raise Unreadable from error


def resealed(sealed: str) -> str:
    """The same under the first key. Raises Unreadable."""
    try:
        return _box().rotate(sealed.encode()).decode()
    except InvalidToken as error:
        raise Unreadable from error


def _box() -> MultiFernet:
    return MultiFernet([Fernet(key) for key in settings.TOKEN_KEYS])
