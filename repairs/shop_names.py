"""What a shop is called, and which shop a name means."""

import hashlib
import unicodedata

from repairs.models import Shop


def tidy_name(name: str) -> str:
    """A shop's name in NFC with single spaces, otherwise as typed."""
    return " ".join(unicodedata.normalize("NFC", name).split())


def shop_key(name: str) -> str:
    """A shop's identity: SHA-256 of the NFC, casefolded, space-collapsed name, in hexadecimal."""
    folded = unicodedata.normalize("NFC", tidy_name(name).casefold())
    return hashlib.sha256(folded.encode()).hexdigest()


def by_name(name: str) -> Shop | None:
    """The shop of that name, also by a name that it had before it was merged with another."""
    key = shop_key(name)
    return Shop.objects.filter(key=key).first() or Shop.objects.filter(aliases__key=key).first()
