"""Reading what people typed into a cell.

Pure functions from a cell's value, as Excel holds it (a whole number, a float, text, TRUE or FALSE, or ""
for a blank cell; dates are serial numbers of the 1900 system), to the value of an order's field. They are
total: any input gives an answer. A cell that is not understood gives an empty value and a reason in words;
nothing is guessed.
"""

from __future__ import annotations

import calendar
import datetime as dt
import json
import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Generic, TypeVar

Cell = int | float | str | bool | None
T = TypeVar("T")

FIRST_DAY = dt.date(1990, 1, 1)
LAST_DAY = dt.date(2100, 12, 31)
LARGEST_NUMBER = 999_999_999
LARGEST_MENTION = 9_999_999
LARGEST_MONEY = Decimal("999999999999.99")
CENT = Decimal("0.01")
NO_MONEY = "This is not an amount of money. One is written like 1,500.50."
BELOW_ZERO = "An amount below zero is not a cost."
TOO_LARGE = f"This amount is too large. At most ${LARGEST_MONEY:,} can be kept."
PLACEHOLDERS = frozenset({"TBD", "TBA", "N/A", "NA", "NONE", "-", "--", "ASAP", "?"})

LONGEST_CELL = 32_767
LONGEST_IN_HISTORY = {"status": 255, "user": 150}

HISTORY_MARK = "HISTORY:"
NOTES_MARK = "|NOTES:"
# Numbers stay the text they are written as, so that a cost never passes through binary floats.
_DAMAGED_HISTORY = "The history in front of this note is damaged; all of it is kept as the note."
_HISTORY_JSON = json.JSONDecoder(parse_int=str, parse_float=str, parse_constant=str)

# Day 0 of Excel's 1900 system, counted so that every serial after February 1900 is right.
_SERIAL_ZERO = dt.date(1899, 12, 30)
_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff"))

_NUMBER = re.compile(r"#? ?(?:R\.?O\.?[ #:.-]*)?(?:G[ -]*)?([0-9]+)(?:\.0*)?", re.IGNORECASE)
_DIGIT_RUN = re.compile(r"[0-9]+")
_DECIMAL_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]+)?")
_AMOUNT = r"((?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?:\.[0-9]{0,2})?|\.[0-9]{1,2})"
_DOLLARS = r"(?:US ?\$|USD ?\$?|\$)?"
_MONEY = re.compile(rf"{_DOLLARS} ?{_AMOUNT}(?: ?USD)?", re.IGNORECASE)
_MINUS = "[-\u2212\u2013]"
# How people write what is below zero: -5, $-5, 5-, and (5) as bookkeepers do.
_BELOW_ZERO = re.compile(
    rf"(?P<opened>\()?(?P<first>{_MINUS})? ?{_DOLLARS} ?(?P<then>{_MINUS})? ?{_AMOUNT}(?: ?USD)?"
    rf" ?(?(opened)\)|(?(first)|(?(then)|{_MINUS})))",
    re.IGNORECASE,
)
_NET = re.compile(r"NET[ -]?([0-9]{1,3})(?: ?DAYS?)?\.?", re.IGNORECASE)

_HALF = r" ?[AP]\.?M\.?"
_TIME = (
    r"(?:(?:,? |T)(?:"
    rf"(?:[01]?[0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:\.[0-9]+)?)?(?:{_HALF})?"
    rf"|(?:0?[1-9]|1[0-2]){_HALF})(?: ?(?:Z|UTC|[+-][0-9]{{2}}:?[0-9]{{2}}))?)?"
)
_US_DATE = re.compile(r"([0-9]{1,2}) ?([/-]) ?([0-9]{1,2}) ?\2 ?([0-9]{4}|[0-9]{2})" + _TIME, re.IGNORECASE)
_ISO_DATE = re.compile(r"([0-9]{4}) ?([/-]) ?([0-9]{1,2}) ?\2 ?([0-9]{1,2})" + _TIME, re.IGNORECASE)
_NAMED_DATE = re.compile(r"([A-Z]{3,9})\.? ?([0-9]{1,2}) ?(?:, ?| )([0-9]{4})" + _TIME, re.IGNORECASE)
_MONTHS = [name.upper() for name in calendar.month_name]
_MONTH_BY_NAME = {name: n for n, full in enumerate(_MONTHS) if n for name in (full, full[:3])} | {"SEPT": 9}


@dataclass(frozen=True, slots=True)
class Read(Generic[T]):
    """What a cell means. `problem` is a sentence when a person should look at the cell, whatever the value.

    `understood` is False when the cell holds something that could not be read: its value is then empty, but
    the person meant something. A placeholder is understood: it means "empty".
    """

    value: T
    problem: str | None = None
    understood: bool = True


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One step of the old machine format. `on` is the day as written; `at` the instant, where known."""

    status: str
    on: dt.date | None
    at: dt.datetime | None
    user: str
    cost: Decimal | None


@dataclass(frozen=True, slots=True)
class Notes:
    """A notes cell, taken apart: the note that people wrote and the history in front of it."""

    note: str
    history: tuple[HistoryEntry, ...] = ()


def is_blank(cell: Cell) -> bool:
    """Whether the cell holds nothing: no value, or only white space."""
    return cell is None or (isinstance(cell, str) and not squeezed(cell))


def read_number(cell: Cell) -> int | None:
    """The RO number in a cell (38573, "G38573", "RO-38573", 38573.0, ...); None for no usable one."""
    number = _whole_number(cell)
    if number is None and isinstance(cell, str):
        match = _NUMBER.fullmatch(squeezed(cell))
        number = _as_int(match[1]) if match else None
    return number if number is not None and 1 <= number <= LARGEST_NUMBER else None


def numbers_mentioned(cell: Cell) -> list[int]:
    """Every number of up to seven digits anywhere in a cell: what may be in use as an RO number.

    Longer ones are telephone or tracking numbers, or a slip of the hand that no later number shall follow.
    """
    numbers = (_as_int(run) for run in _DIGIT_RUN.findall(read_text(cell).value))
    return [number for number in numbers if number is not None and number <= LARGEST_MENTION]


def read_text(cell: Cell) -> Read[str]:
    """The text of a cell, trimmed and otherwise as typed; a number reads as its digits."""
    if cell is None:
        return Read("")
    if isinstance(cell, bool):
        return Read("TRUE" if cell else "FALSE")
    if isinstance(cell, str):
        return Read(_well_formed(cell).strip())
    return Read(_digits(cell))


def read_date(cell: Cell) -> Read[dt.date | None]:
    """The calendar day in a cell, as written: no time zone moves it. Only 1990 to 2100 is taken."""
    if cell is None or is_blank(cell):
        return Read(None)
    if isinstance(cell, bool):
        return _unread("This is not a date.")
    if not isinstance(cell, str):
        return _date_of_serial(cell)
    text = squeezed(cell)
    if _is_placeholder(text) or text.strip("0") == "":
        return Read(None, f"“{text}” stands for a date that is not known.")
    if _DECIMAL_NUMBER.fullmatch(text):
        return _date_of_serial(float(text))
    return _date_of_text(text)


def read_money(cell: Cell) -> Read[Decimal | None]:
    """An amount in US dollars with two decimals. Amounts below zero, or with more than
    twelve digits before the point, are not taken."""
    if cell is None or is_blank(cell):
        return Read(None)
    if isinstance(cell, bool):
        return _unread(NO_MONEY)
    if not isinstance(cell, str):
        return _money_of_number(cell)
    text = squeezed(cell)
    if _is_placeholder(text):
        return Read(None, f"“{text}” stands for an amount that is not known.")
    match = _MONEY.fullmatch(text)
    if match is None:
        return _unread(BELOW_ZERO if _BELOW_ZERO.fullmatch(text) else NO_MONEY)
    return _in_range(Decimal(match[1].replace(",", "")))


def net_days(terms: str) -> int | None:
    """How many days after receipt NET terms fall due ("NET 30", "Net 60 days"); None for other terms."""
    match = _NET.fullmatch(squeezed(terms))
    return (int(match[1]) or None) if match else None


def read_notes(cell: Cell) -> Read[Notes]:
    """A notes cell; `HISTORY:[...]|NOTES:the note` is taken apart, or kept whole when not understood.

    What an entry says beyond what is kept of it is a problem in words.
    """
    text = read_text(cell).value
    if not text.startswith(HISTORY_MARK):
        return Read(Notes(text))
    try:
        raw, end = _HISTORY_JSON.raw_decode(text, len(HISTORY_MARK))
    except (ValueError, RecursionError):
        return Read(Notes(text), _DAMAGED_HISTORY)
    rest = text[end:]
    entries = [_history_entry(entry) for entry in raw] if isinstance(raw, list) else [None]
    understood = [entry for entry in entries if entry is not None]
    if len(understood) != len(entries) or not (rest == "" or rest.startswith(NOTES_MARK)):
        return Read(Notes(text), _DAMAGED_HISTORY)
    unclear = ", ".join(part for entry in raw for part in _unclear_parts(entry))
    problem = f"In the history in front of this note, please look at {unclear}." if unclear else None
    return Read(Notes(rest.removeprefix(NOTES_MARK).strip(), tuple(understood)), problem)


def notes_cell(note: str) -> str:
    """The text whose note part is `note`. Only one that looks like the old format needs a mark."""
    reads_back = read_notes(note).value.note == note.strip()
    return note if reads_back else f"{HISTORY_MARK}[]{NOTES_MARK}{note}"


def _unread(problem: str) -> Read[Any]:
    return Read(None, problem, understood=False)


def _history_entry(raw: Any) -> HistoryEntry | None:
    if not isinstance(raw, dict) or not isinstance(raw.get("status"), str):
        return None
    date, user, cost = (_plain(raw.get(name)) for name in ("date", "user", "cost"))
    return HistoryEntry(
        status=read_text(raw["status"]).value,
        on=read_date(date).value,
        at=_instant(date),
        user=read_text(user).value,
        cost=read_money(cost).value,
    )


def _unclear_parts(raw: dict[str, Any]) -> Iterator[str]:
    """What an entry says that is not kept, or not as it stands there."""
    for name, value in raw.items():
        if value not in ("", None, [], {}) and not _is_kept(name, value):
            yield _well_formed(f"{name} “{value}”")


def _is_kept(name: str, value: Any) -> bool:
    read, cell = _ENTRY_READERS.get(name), _plain(value)
    if read is None or cell is None:
        return False
    return not read(cell).problem and len(str(cell)) <= LONGEST_IN_HISTORY.get(name, LONGEST_CELL)


_ENTRY_READERS: Mapping[str, Callable[[Cell], Read[Any]]] = {
    "status": read_text,
    "date": read_date,
    "user": read_text,
    "cost": read_money,
}


def _plain(value: Any) -> Cell:
    return value if isinstance(value, str | int | bool) else None


def _instant(cell: Cell) -> dt.datetime | None:
    if read_date(cell).value is None or not isinstance(cell, str):
        return None
    try:
        at = dt.datetime.fromisoformat(cell.strip())
    except ValueError:
        return None
    return at if at.tzinfo else None


def squeezed(text: str) -> str:
    """Without marks that nobody sees, and with single spaces between its words."""
    return " ".join(text.translate(_INVISIBLE).split())


def _well_formed(text: str) -> str:
    """Half of a surrogate pair can come out of JSON, but no database or file can hold it."""
    return text if text.isascii() else text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _is_placeholder(text: str) -> bool:
    plain = text.upper().replace("–", "-").replace("—", "-")
    return plain in PLACEHOLDERS or plain.replace(".", "") in PLACEHOLDERS


def _as_int(digits: str) -> int | None:
    significant = digits.lstrip("0")
    return int(significant or "0") if len(significant) <= 20 else None


def _whole_number(cell: Cell) -> int | None:
    if isinstance(cell, bool) or not isinstance(cell, int | float):
        return None
    if isinstance(cell, float) and not cell.is_integer():
        return None
    return int(cell)


def _fifteen_digits(number: float) -> Decimal:
    """Excel keeps fifteen significant digits; what binary floats add behind them was never typed."""
    return Decimal(f"{number:.15g}")


def _digits(number: int | float) -> str:
    if isinstance(number, float) and not math.isfinite(number):
        return str(number)
    whole = _whole_number(number)
    return format(Decimal(whole) if whole is not None else _fifteen_digits(number), "f")


def _date_of_serial(serial: int | float) -> Read[dt.date | None]:
    if serial == 0:
        return Read(None, "“0” stands for a date that is not known.")
    first, last = ((day - _SERIAL_ZERO).days for day in (FIRST_DAY, LAST_DAY))
    if not first <= serial < last + 1:
        return _unread("As a date this lies outside 1990 to 2100.")
    return Read(_SERIAL_ZERO + dt.timedelta(days=math.floor(serial)))


def _date_of_text(text: str) -> Read[dt.date | None]:
    if match := _US_DATE.fullmatch(text):
        return _us_date(int(match[1]), int(match[3]), _full_year(match[4]))
    if match := _ISO_DATE.fullmatch(text):
        return _calendar_day(int(match[1]), int(match[3]), int(match[4]))
    if match := _NAMED_DATE.fullmatch(text):
        return _calendar_day(int(match[3]), _MONTH_BY_NAME.get(match[1].upper(), 0), int(match[2]))
    return _unread("This is not a date.")


def _full_year(digits: str) -> int:
    year = int(digits)
    if len(digits) == 4:
        return year
    return year + (2000 if year < 50 else 1900)


def _us_date(month: int, day: int, year: int) -> Read[dt.date | None]:
    if month <= 12:
        return _calendar_day(year, month, day)
    read = _calendar_day(year, day, month)
    if read.value is None:
        return read
    return Read(read.value, f"There is no month {month}; read day first, as {read.value:%b} {month}, {year}.")


def _calendar_day(year: int, month: int, day: int) -> Read[dt.date | None]:
    try:
        value = dt.date(year, month, day)
    except ValueError:
        return _unread("There is no such day.")
    if not FIRST_DAY <= value <= LAST_DAY:
        return _unread("As a date this lies outside 1990 to 2100.")
    return Read(value)


def _money_of_number(number: int | float) -> Read[Decimal | None]:
    if isinstance(number, float) and not math.isfinite(number):
        return _unread(NO_MONEY)
    if not 0 <= number <= LARGEST_MONEY:
        return _in_range(Decimal(-1) if number < 0 else LARGEST_MONEY + 1)
    exact = _fifteen_digits(number)
    cents = exact.quantize(CENT, ROUND_HALF_UP)
    read = _in_range(cents)
    if read.value is None or cents == exact:
        return read
    return Read(cents, f"This is more exact than cents; read as {cents}.")


def _in_range(amount: Decimal) -> Read[Decimal | None]:
    if amount < 0:
        return _unread(BELOW_ZERO)
    if amount > LARGEST_MONEY:
        return _unread(TOO_LARGE)
    return Read(amount.quantize(CENT))
