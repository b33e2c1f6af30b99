"""What a mail that a model wrote must fulfil before it becomes a draft.

It may only say what the order's facts say: every number and every day in it stands there, it names the order, it
brings no address or link of its own, and it promises nothing in the company's name.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from notifications.texts import Text

SHORTEST, LONGEST = 40, 3000
LONGEST_SUBJECT = 200
_NUMBER = re.compile(r"\d+(?:,\d{3})*(?:\.\d+)?")
_ADDRESS = re.compile(r"[^\s@<>()]+@[^\s@<>()]+|https?:|www\.|://", re.IGNORECASE)
_MARKUP = re.compile(r"<[a-z/!?]|\]\(|```|\{\{|\{%|\[orders\]", re.IGNORECASE)
_DAYS = "monday|tuesday|wednesday|thursday|friday|saturday|sunday"
_COUNTS = (
    "one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|twenty|thirty|forty|fifty|sixty|ninety"
)
_OTHER_DAYS = re.compile(
    rf"\b({_DAYS}|tomorrow|tonight|noon|midnight|yesterday|(next|last) (week|month|year|quarter)"
    r"|end of (the |this |next )?(business |working )?(day|week|month|year)|close of business|eod|cob"
    rf"|({_COUNTS}|a couple of|a few|several)( business| working| calendar)? (hours?|days?|weeks?|months?|years?)"
    rf"|({_COUNTS}) (thousand|hundred|dollars?|percent))\b",
    re.IGNORECASE,
)
_PROMISE = re.compile(
    r"\b(we|i|genthrust)(’ll|'ll| (hereby |can |do |also |have )?(will|shall|agree|promise|guarantee|commit|undertake|"
    r"approved?|accept(ed)?|authori[sz]ed?|confirm(ed)? (payment|the price|your quote)|pay|paid))\b"
    r"|\b(is|are|has been|have been|hereby) (approved|authori[sz]ed|accepted|paid)\b"
    r"|\b(payment (will|shall|is (on|sent|made))|go ahead with|please proceed|you have our)\b"
    r"|\b(guarantee|promise)[ds]?\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Facts:
    """What a mail may say: texts as they stand with the order, days, and other numbers."""

    number: int
    texts: tuple[str, ...]
    days: tuple[date, ...]
    numbers: tuple[str, ...]


def problem_of(text: Text, facts: Facts) -> str:
    """Why a mail can't be used, as the end of a sentence; "" when it can."""
    return _problem_of_form(text, facts) or _problem_of_content(f"{text.subject}\n{text.body}", facts)


def _problem_of_form(text: Text, facts: Facts) -> str:
    if not SHORTEST <= len(text.body) <= LONGEST or not 3 <= len(text.subject) <= LONGEST_SUBJECT:
        return "it was too short or too long"
    if any(str(facts.number) not in part for part in (text.subject, text.body)):
        return "it did not name the order"
    return "it was not plain text" if _MARKUP.search(f"{text.subject}\n{text.body}") else ""


def _problem_of_content(whole: str, facts: Facts) -> str:
    rest = without(whole, [*facts.texts, *(form for day in facts.days for form in forms_of(day))])
    if _ADDRESS.search(whole):
        return "it named an address or a link"
    if found := _PROMISE.search(whole):
        return f"it promised something: “{found.group()}”"
    if found := _OTHER_DAYS.search(rest):
        return f"it named a day that is not in the facts: “{found.group()}”"
    if surplus := strange_numbers(rest, facts.numbers):
        return f"it named a number that is not in the facts: {surplus[0]}"
    return ""


def without(text: str, known: Iterable[str]) -> str:
    """A text without what is known, whole words only, the longest first."""
    for part in sorted({part.strip() for part in known if part.strip()}, key=len, reverse=True):
        text = re.sub(rf"(?<!\w)(?<!\d[.,]){re.escape(part)}(?!\w|[.,]\d)", " ", text, flags=re.IGNORECASE)
    return text


def strange_numbers(text: str, allowed: Iterable[str]) -> list[str]:
    """The numbers in a text that are none of those allowed, whatever their spelling."""
    known = {plain(number) for number in allowed}
    return [number for number in _NUMBER.findall(text) if plain(number) not in known]


def numbers_in(text: str) -> list[str]:
    return _NUMBER.findall(text)


def plain(number: str) -> str:
    """A number without separators and without zeros that say nothing: 1,500.00 is 1500."""
    whole, _, cents = number.replace(",", "").replace("$", "").strip().partition(".")
    cents = cents.rstrip("0")
    return (whole.lstrip("0") or "0") + (f".{cents}" if cents else "")


def forms_of(day: date) -> list[str]:
    """The ways in which people here write a day."""
    short, long = f"{day:%b}", f"{day:%B}"
    number, year = day.day, day.year
    suffix = "th" if 11 <= number <= 13 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    named = [f"{month} {number}{end}" for month in (short, long) for end in ("", suffix)]
    return [
        *(f"{form}, {year}" for form in named),
        *(f"{form} {year}" for form in named),
        *named,
        *(f"{number} {month}{end}" for month in (short, long) for end in (f" {year}", "")),
        day.isoformat(),
        f"{day:%m/%d/%Y}",
        f"{day.month}/{number}/{year}",
        f"{day:%m/%d/%y}",
        f"{day.month}/{number}/{year % 100:02d}",
    ]


def values(facts: Mapping[str, str], names: Iterable[str]) -> tuple[str, ...]:
    return tuple(facts[name] for name in names if facts.get(name))
