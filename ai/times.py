"""Days, spans of time and numbers that a text names in words. Whoever asks has taken out of it what may be named."""

import re
from collections.abc import Collection

_UNITS = r"(?:minutes?|hours?|days?|nights?|weeks?|weekends?|fortnights?|months?|quarters?|years?)"
_WEEKDAYS = r"(?:mon|tues|wednes|thurs|fri|satur|sun)days?"
_MONTHS = r"january|february|april|june|july|august|september|october|november|december"
_BEFORE_A_MONTH = r"in|by|of|until|till|before|after|since|from|early|mid|late|this|next|last|through"
_SEASONS = r"spring|summer|autumn|fall|winter"
_NAMED = re.compile(
    rf"\b(?:{_WEEKDAYS}|{_MONTHS}|tomorrow|tonight|yesterday|noon|midnight|christmas|thanksgiving|easter"
    r"|new year(?:[’']s)?|holidays?|close of business|cob|eod|eow|eom|(?:(?<!good )(?:morning|afternoon|evening)s?)"
    rf"|(?:{_BEFORE_A_MONTH})\s+(?:the\s+)?(?:may|{_SEASONS})|(?<!as of )(?<!until )(?<!to )today"
    r"|within (?:an?|the|one|short|less|[2-9]|\w+teen|\w+ty|\d+)"
    r"|(?:no|not) later than|at the latest|latest by|deadline|due by|end of)\b",
    re.I,
)
# Short forms, and words that are a day or a month only with a capital letter inside a sentence.
_SHORT = re.compile(
    r"\b(?:Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec|JAN|FEB|MAR|APR|JUN|JUL|AUG|SEPT?|OCT|NOV|DEC"
    r"|Mon|Tues?|Wed|Thu|Thurs?|Fri|Sat|Sun|March|MARCH)\b|(?<=[a-z,] )M(?:ay|AY)\b"
)
_ONES = (
    "two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
)
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_VALUES = {word: at for at, word in enumerate(_ONES.split(), 2)} | {
    word: 10 * at for at, word in enumerate(_TENS.split(), 2)
}
_WORD = (
    rf"(?:(?P<tens>{_TENS.replace(' ', '|')})(?:[\s-]+(?P<last>one|two|three|four|five|six|seven|eight|nine))?"
    rf"|(?P<small>{_ONES.replace(' ', '|')}))"
)
# What may stand before a unit: a number, which is checked by itself, a question, or a wish.
_SPAN = re.compile(
    rf"(?:(?P<asked>how many|which|what)\s+|(?P<wished>good|nice|great|pleasant|lovely)\s+"
    rf"|(?P<number>\d|\b{_WORD})[\s-]+)?(?:(?:business|working|calendar)[\s-]+)?"
    rf"\b(?P<unit>{_UNITS})\b(?P<told>\s+(?:on which|when|by which|that))?",
    re.I,
)
_NUMBER = re.compile(
    rf"\b(?:{_WORD}|(?P<never>hundreds?|thousands?|millions?|dozens?|half|halves|percent|per cent"
    r"|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|eleventh|twelfth|\w{3,5}teenth|\w{3,5}tieth"
    r"|(?:on|by|until|till|before|after|from) the (?:first|second|last)))\b",
    re.I,
)


def time_in(text: str) -> str:
    """A day, a month, a span of time or a deadline that a text names; "" where there is none.

    How many of them passes: what the number may be is checked as a number.
    """
    for span in _SPAN.finditer(text):
        one = not span["unit"].lower().endswith("s")
        if not (span["number"] or span["asked"] or (span["wished"] and one) or (span["told"] and one)):
            return text[max(span.start() - 12, 0) : span.end()].strip()
    found = _NAMED.search(text) or _SHORT.search(text)
    return found.group() if found else ""


def number_in(text: str, allowed: Collection[str]) -> str:
    """A number in words that is none of those allowed, which are in digits; "" where there is none."""
    for found in _NUMBER.finditer(text):
        if found["never"]:
            return found.group()
        value = _VALUES.get((found["tens"] or found["small"]).lower(), 0)
        value += _VALUES.get((found["last"] or "").lower(), 1 if found["last"] else 0)
        if str(value) not in allowed:
            return found.group()
    return ""
