"""What a mail that a model wrote must fulfil before it becomes a draft.

It may only say what the order's facts say: every number and every day in it stands there, it names the order, it
brings no address or link of its own, and it promises nothing in the company's name.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from ai.promises import promise_in
from ai.times import number_in, time_in
from notifications.texts import Text

SHORTEST, LONGEST = 40, 3000
LONGEST_SUBJECT = 200
_NUMBER = re.compile(r"\d+(?:,\d{3})*(?:\.\d+)?")
_ADDRESS = re.compile(
    r"[^\s@<>()]+@[^\s@<>()]+|https?:|www\.|://|\b[a-z0-9][\w-]+\.(?:[\w-]+\.)*[a-z]{2,}\b"
    r"|\bdot (?:com|net|org|aero|example|info|biz|io|us)\b|[(\[{] ?(?:at|dot) ?[)\]}]",
    re.IGNORECASE,
)
_MARKUP = re.compile(r"<[a-z/!?]|\]\(|```|\{\{|\{%|\[orders\]", re.IGNORECASE)


@dataclass(frozen=True)
class Facts:
    """What a mail may say: texts as they stand with the order, days, and other numbers.

    `company` is our own name; what it is said to do counts. `stated` are texts that may stand only after the word
    that they are the value of: the status, the terms.
    `approved` are the days on which the order was approved.
    """

    number: int
    texts: tuple[str, ...]
    days: tuple[date, ...]
    numbers: tuple[str, ...]
    company: str = ""
    stated: tuple[str, ...] = ()
    approved: tuple[date, ...] = ()


def problem_of(text: Text, facts: Facts) -> str:
    """Why a mail can't be used, as the end of a sentence; "" when it can."""
    return _problem_of_form(text, facts) or _problem_of_content(f"{text.subject}\n{text.body}", facts)


def _problem_of_form(text: Text, facts: Facts) -> str:
    if not SHORTEST <= len(text.body) <= LONGEST or not 3 <= len(text.subject) <= LONGEST_SUBJECT:
        return "it was too short or too long"
    if any(str(facts.number) not in part for part in (text.subject, text.body)):
        return "it did not name the order"
    whole = f"{text.subject}\n{text.body}"
    hidden = any(
        unicodedata.category(sign) in ("Cc", "Cf", "Co", "Cn") for sign in whole if sign not in "\n\t"
    )
    return "it was not plain text" if hidden or _MARKUP.search(whole) else ""


def _problem_of_content(whole: str, facts: Facts) -> str:
    text = _read(whole, facts)
    texts = [unicodedata.normalize("NFKC", fact) for fact in facts.texts]
    harmless = [fact for fact in texts if not promise_in(fact) and not _ADDRESS.search(fact)]
    days = [form for day in facts.days for form in forms_of(day)]
    own = without(text, [*harmless, *days])  # a fact that reads as a promise or holds an address is none here
    if _ADDRESS.search(own):
        return "it named an address or a link"
    if promise := promise_in(own):
        return f"it promised something: “{promise}”"
    rest = without(text, [*texts, *days, facts.company])
    if named := time_in(rest):
        return f"it named a day that is not in the facts: “{named}”"
    if surplus := strange_numbers(rest, facts.numbers) or strange_words(rest, facts.numbers):
        return f"it named a number that is not in the facts: {surplus[0]}"
    return ""


def _read(whole: str, facts: Facts) -> str:
    """A text in plain signs, without the values that stand after their names and without a past approval."""
    text = unicodedata.normalize("NFKC", whole)
    for value in filter(None, facts.stated):
        stands = rf"\b(status|terms)\b([^.!?\n]{{0,30}}?)(?<!\w){re.escape(value)}(?!\w)"
        text = re.sub(stands, r"\1\2", text, flags=re.IGNORECASE)
    for day in facts.approved:
        days = "|".join(re.escape(form) for form in forms_of(day))
        then = rf"\b(?:We |were |was )?approved\b([^.!?]{{0,60}}?)\b(on (?:{days}))(?!\w)"
        text = re.sub(then, r"\1\2", text, flags=re.IGNORECASE)
    return text


def without(text: str, known: Iterable[str]) -> str:
    """A text without what is known, whole words only, the longest first."""
    for part in sorted({part.strip() for part in known if part.strip()}, key=len, reverse=True):
        text = re.sub(rf"(?<!\w)(?<!\d[.,]){re.escape(part)}(?!\w|[.,]\d)", " ", text, flags=re.IGNORECASE)
    return text


def strange_numbers(text: str, allowed: Iterable[str]) -> list[str]:
    """The numbers in a text that are none of those allowed, whatever their spelling."""
    known = {plain(number) for number in allowed}
    return [number for number in _NUMBER.findall(text) if plain(number) not in known]


def strange_words(text: str, allowed: Iterable[str]) -> list[str]:
    """The first number in words that is none of those allowed, if there is one."""
    return [found] if (found := number_in(text, {plain(number) for number in allowed})) else []


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
