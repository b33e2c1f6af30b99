"""Which carrier a tracking number belongs to, and where it can be followed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import quote


@dataclass(frozen=True, slots=True)
class Tracking:
    """A recognised number: the carrier's name, the number without spaces, the carrier's page for it."""

    carrier: str
    number: str
    url: str


_UPS = "https://www.ups.com/track?tracknum="
_FEDEX = "https://www.fedex.com/fedextrack/?trknbr="
_USPS = "https://tools.usps.com/go/TrackConfirmAction?tLabels="
_DHL = "https://www.dhl.com/us-en/home/tracking.html?tracking-id="

# The order decides: a long FedEx number would also pass for one of the Postal Service.
_CARRIERS = (
    ("UPS", re.compile(r"1Z[0-9A-Z]{16}"), _UPS),
    ("FedEx", re.compile(r"96[0-9]{20,}"), _FEDEX),
    ("USPS", re.compile(r"9[0-9]{19,21}"), _USPS),
    ("FedEx", re.compile(r"[0-9]{12}|[0-9]{15}|[0-9]{20}"), _FEDEX),
    ("DHL", re.compile(r"[0-9]{10}"), _DHL),
)

# Where every carrier's page for a number begins.
ADDRESSES = (_UPS, _FEDEX, _USPS, _DHL)


def recognise(text: str) -> Tracking | None:
    """The tracking number a text is, or None for anything else ("PICK UP", "WILL CALL", a phone number)."""
    typed = text.strip().upper()
    number = "".join(typed.split())
    for carrier, pattern, address in _CARRIERS:
        if pattern.fullmatch(number) and not _looks_like_a_phone_number(typed):
            return Tracking(carrier, number, address + quote(number))
    return None


def told_as_number(text: str) -> str:
    """The text of a tracking field that holds a tracking number, of whatever carrier; "" for words such as "PICK UP",
    for days and for phone numbers. A freight company's number is one word with six digits or more."""
    if recognise(text) is not None:
        return text
    words = [] if _looks_like_a_phone_number(text.strip()) else text.split()
    return text if any(word.isalnum() and sum(map(str.isdigit, word)) >= 6 for word in words) else ""


def _looks_like_a_phone_number(typed: str) -> bool:
    """Ten digits in groups are how a phone number is written; DHL's ten stand together."""
    return " " in typed and len("".join(typed.split())) == 10
