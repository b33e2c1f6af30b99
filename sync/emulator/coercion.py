"""What Excel makes of a value that is written to a cell: strings are taken as typed by a person (en-US)."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any, NamedTuple

from openpyxl.cell.cell import ERROR_CODES, ILLEGAL_CHARACTERS_RE

from sync.emulator.errors import invalid_argument
from sync.emulator.formula import FormulaError, as_text, parse_formula

MAX_TEXT = 32_767
TEXT_FORMAT = "@"

_EPOCH = date(1899, 12, 30)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH_NAME = r"(?P<name>jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?"
_NUMBER = re.compile(
    r"(?P<open>\()?\s*(?P<sign>[-+])?\s*(?P<currency>\$)?\s*(?P<sign2>[-+])?"
    r"(?P<digits>\d{1,3}(?:,\d{3})+(?:\.\d*)?|\d+\.?\d*|\.\d+)(?P<exponent>[eE][-+]?\d{1,3})?"
    r"\s*(?P<percent>%)?\s*(?P<close>\))?"
)
_FRACTION = re.compile(r"(?P<sign>-)?(?P<whole>\d+) (?P<top>\d+)/(?P<bottom>[1-9]\d*)")
_TIME = re.compile(
    r"(?P<hour>\d{1,4}):(?P<minute>[0-5]?\d)(?::(?P<second>[0-5]?\d(?:\.\d+)?))?\s*(?P<half>[ap]m?)?",
    re.IGNORECASE,
)
_NUMERIC_DATE = re.compile(r"(?P<a>\d{1,4})(?P<mark>[-/])(?P<b>\d{1,4})(?:(?P=mark)(?P<c>\d{1,4}))?")
_DAY_FIRST = re.compile(
    rf"(?P<day>\d{{1,2}})[-/ ]{_MONTH_NAME}(?:[-/ ,]+(?P<year>\d{{2,4}}))?", re.IGNORECASE
)
_MONTH_FIRST = re.compile(
    rf"{_MONTH_NAME}[-/ ](?P<day>\d{{1,4}})(?:(?:,\s*|[-/ ])(?P<year>\d{{2,4}}))?", re.IGNORECASE
)


class Typed(NamedTuple):
    """What ends up in a cell.

    `kind` is n (number), s (text), b (TRUE or FALSE), e (error) or f (formula); None as value empties the cell.
    `number_format` is what Excel gives to a General cell with it; `quoted` says a leading apostrophe was swallowed.
    """

    value: str | int | float | bool | None
    kind: str
    number_format: str | None = None
    quoted: bool = False


EMPTY = Typed(None, "n")


def coerce(value: Any, *, number_format: str, keep_apostrophe: bool) -> Typed:
    """Turn a JSON value into a cell's content. GraphError 400 for what no cell can hold."""
    if isinstance(value, bool):
        return Typed(as_text(value), "s") if number_format == TEXT_FORMAT else Typed(value, "b")
    if isinstance(value, (int, float)):
        number = _storable(value)
        return Typed(as_text(number), "s") if number_format == TEXT_FORMAT else Typed(number, "n")
    if not isinstance(value, str):
        raise invalid_argument("A cell takes a string, a number, a boolean or null.")
    if value == "":
        return EMPTY
    text = _checked_text(value)
    if number_format == TEXT_FORMAT:
        return _in_text_cell(text, keep_apostrophe=keep_apostrophe)
    return typed(text)


def _storable(value: float) -> int | float:
    """Excel keeps 15 significant digits."""
    try:
        number = float(value)
    except OverflowError as error:
        raise invalid_argument("The number is too large.") from error
    if not math.isfinite(number):
        raise invalid_argument("The number is not finite.")
    number = float(f"{number:.15g}")
    return int(number) if number == int(number) and abs(number) < 1e15 else number


def _checked_text(text: str) -> str:
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if len(text) > MAX_TEXT and not text.startswith("="):
        raise invalid_argument("A cell may hold 32,767 characters.")
    if ILLEGAL_CHARACTERS_RE.search(text) or re.search("[\ud800-\udfff\ufffe\uffff]", text):
        raise invalid_argument("The text holds a character that a workbook cannot store.")
    return text


def _in_text_cell(text: str, *, keep_apostrophe: bool) -> Typed:
    if text.startswith("'") and not keep_apostrophe:
        return Typed(text[1:], "s", quoted=True)
    return Typed(text, "s")


def typed(text: str) -> Typed:
    """What Excel makes of a text typed into a cell that is not formatted as text."""
    if text.startswith("'"):
        return Typed(text[1:], "s", quoted=True)
    stripped = text.strip()
    for recognise in _RECOGNISERS:
        found = recognise(stripped)
        if found is not None:
            return found
    if text[0] in "=+-@" and len(text) > 1:
        return _formula(text)
    return Typed(text, "s")


def _formula(text: str) -> Typed:
    formula = text if text.startswith("=") else f"={text}"
    try:
        parse_formula(formula)
    except FormulaError as error:
        raise invalid_argument(f"The formula is invalid: {error}.") from error
    return Typed(formula, "f")


def _constant(text: str) -> Typed | None:
    upper = text.upper()
    if upper in {"TRUE", "FALSE"}:
        return Typed(upper == "TRUE", "b")
    return Typed(upper, "e") if upper in ERROR_CODES else None


def _number(text: str) -> Typed | None:
    match = _NUMBER.fullmatch(text)
    if not match or bool(match["open"]) != bool(match["close"]) or (match["sign"] and match["sign2"]):
        return None
    if match["open"] and (match["sign"] or match["sign2"]):
        return None
    number = float(match["digits"].replace(",", "") + (match["exponent"] or ""))
    if not math.isfinite(number):
        return None
    if match["percent"]:
        number /= 100
    if "-" in (match["sign"], match["sign2"]) or match["open"]:
        number = -number
    return Typed(_storable(number), "n", _number_format_of(match))


def _number_format_of(match: re.Match[str]) -> str | None:
    decimals = "." in match["digits"]
    if match["exponent"]:
        return "0.00E+00"
    if match["percent"]:
        return "0.00%" if decimals else "0%"
    if match["currency"]:
        return '"$"#,##0.00' if decimals else '"$"#,##0'
    if "," in match["digits"]:
        return "#,##0.00" if decimals else "#,##0"
    return None


def _fraction(text: str) -> Typed | None:
    match = _FRACTION.fullmatch(text)
    if not match:
        return None
    value = int(match["whole"]) + int(match["top"]) / int(match["bottom"])
    return Typed(_storable(-value if match["sign"] else value), "n", "# ?/?")


def _time_part(text: str) -> tuple[float, str] | None:
    """The fraction of a day and its format."""
    match = _TIME.fullmatch(text)
    if not match:
        return None
    hour, half = int(match["hour"]), (match["half"] or "").lower()
    if (half and not 1 <= hour <= 12) or hour > 9999:
        return None
    if half:
        hour = hour % 12 + (12 if half.startswith("p") else 0)
    seconds = float(match["second"] or 0)
    number_format = "h:mm:ss" if match["second"] else "h:mm"
    if half:
        number_format += " AM/PM"
    elif hour >= 24:
        number_format = "[h]:mm:ss"
    return (hour * 3600 + int(match["minute"]) * 60 + seconds) / 86400, number_format


def _time(text: str) -> Typed | None:
    part = _time_part(text)
    return Typed(_storable(part[0]), "n", part[1]) if part else None


def _date(text: str) -> Typed | None:
    part = _date_part(text)
    return Typed(_serial(part[0]), "n", part[1]) if part else None


def _date_and_time(text: str) -> Typed | None:
    day_text, _, time_text = text.partition(" ")
    day, moment = _date_part(day_text), _time_part(time_text.strip())
    if day is None or moment is None:
        return None
    return Typed(_storable(_serial(day[0]) + moment[0]), "n", "m/d/yyyy h:mm")


def _date_part(text: str) -> tuple[date, str] | None:
    if match := _NUMERIC_DATE.fullmatch(text):
        return _numeric_date(match)
    match = _DAY_FIRST.fullmatch(text) or _MONTH_FIRST.fullmatch(text)
    return _named_date(match) if match else None


def _numeric_date(match: re.Match[str]) -> tuple[date, str] | None:
    a, b, c = match["a"], match["b"], match["c"]
    if c is None:
        return _two_parts(int(a), b) if len(a) <= 2 else None
    if len(a) == 4:
        return _with_format(_day(int(a), int(b), int(c)), "m/d/yyyy")
    if len(a) > 2 or len(b) > 2 or len(c) == 3:
        return None
    return _with_format(_day(_full_year(c), int(a), int(b)), "m/d/yyyy")


def _two_parts(month: int, second: str) -> tuple[date, str] | None:
    """`10/4` is the 4th of October of this year; `10/34` and `10/2034` are Octobers."""
    if len(second) <= 2 and (day := _day(_this_year(), month, int(second))):
        return day, "d-mmm"
    if len(second) == 3:
        return None
    return _with_format(_day(_full_year(second), month, 1), "mmm-yy")


def _named_date(match: re.Match[str]) -> tuple[date, str] | None:
    month = _MONTHS.index(match["name"].lower()) + 1
    day_text, year = match["day"], match["year"]
    if year:
        return _with_format(_day(_full_year(year), month, int(day_text)), "d-mmm-yy")
    if len(day_text) <= 2 and (day := _day(_this_year(), month, int(day_text))):
        return day, "d-mmm"
    return _with_format(_day(_full_year(day_text), month, 1), "mmm-yy")


def _with_format(day: date | None, number_format: str) -> tuple[date, str] | None:
    return (day, number_format) if day else None


def _this_year() -> int:
    return datetime.now(UTC).year


def _full_year(text: str) -> int:
    year = int(text)
    if len(text) > 2:
        return year
    return year + (2000 if year < 30 else 1900)


def _day(year: int, month: int, day: int) -> date | None:
    """A date of Excel's calendar, which runs from 1900 to 9999."""
    if not 1900 <= year <= 9999:
        return None
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _serial(day: date) -> int:
    serial = (day - _EPOCH).days
    # Excel counts a 29 February 1900 that never was.
    return serial if serial > 60 else serial - 1


_RECOGNISERS: tuple[Callable[[str], Typed | None], ...] = (
    _constant,
    _number,
    _fraction,
    _time,
    _date,
    _date_and_time,
)
