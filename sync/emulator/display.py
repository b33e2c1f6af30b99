"""The displayed text of a value under a number format: the formats a ledger uses, others as General."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from functools import lru_cache

from sync.emulator.formula import Scalar, as_text

_EPOCH = datetime(1899, 12, 30)  # noqa: DTZ001 - Excel's serial dates have no time zone
_LAST_SERIAL = 2_958_466
_NUMBER_BODY = re.compile(r"[#0,]+(?:\.[0#]+)?")
_DATE_TOKENS = re.compile(r"yyyy|yy|mmmm|mmm|mm|m|dddd|ddd|dd|d|hh|h|ss|s|am/pm|\[h+\]|.", re.IGNORECASE)
_LITERALS = re.compile(r'"([^"]*)"|\\(.)|_.|\*.|\[(?!h+\])[^\]]*\]', re.IGNORECASE)


def display(value: Scalar, number_format: str) -> str:
    """What the cell shows, without regard to the column's width."""
    if isinstance(value, (str, bool)):
        return as_text(value)
    section = _section(number_format, value)
    if section in {"General", "@", ""}:
        return as_text(value)
    if is_date_format(section):
        return _display_date(float(value), section)
    return _display_number(float(value), section)


@lru_cache(maxsize=512)
def is_date_format(number_format: str) -> bool:
    """Whether a format shows a serial number as a date or a time."""
    plain = _LITERALS.sub("", number_format.split(";", maxsplit=1)[0]).lower()
    return plain not in {"general", "@"} and any(letter in plain for letter in "ymdhs")


def _section(number_format: str, value: float) -> str:
    sections = number_format.split(";")
    if value < 0 and len(sections) > 1:
        return sections[1]
    if value == 0 and len(sections) > 2:
        return sections[2]
    return sections[0]


def _literal(match: re.Match[str]) -> str:
    return match[1] or match[2] or ""


def _display_number(value: float, section: str) -> str:
    plain = re.sub(r"\[\$([^\]-]*)[^\]]*\]", r"\1", section)
    plain = _LITERALS.sub(_literal, plain)
    body = _NUMBER_BODY.search(plain)
    if "E+" in plain:
        return f"{value:.2E}"
    if body is None or "?" in plain:
        return as_text(value)
    if "%" in plain:
        value *= 100
    digits = body[0]
    decimals = len(digits.partition(".")[2])
    shown = f"{abs(value):{',' if ',' in digits else ''}.{decimals}f}"
    sign = "-" if value < 0 and "(" not in plain and "-" not in plain else ""
    return sign + plain[: body.start()] + shown + plain[body.end() :]


@lru_cache(maxsize=8192)
def _display_date(serial: float, section: str) -> str:
    if not 0 <= serial < _LAST_SERIAL:
        return "#" * 8
    moment = _EPOCH + timedelta(seconds=round(serial * 86400))
    tokens = _DATE_TOKENS.findall(_LITERALS.sub(_literal, section))
    return "".join(
        _date_token(token, moment, serial, minutes=_means_minutes(tokens, index), noon=_has_noon(tokens))
        for index, token in enumerate(tokens)
    ).rstrip("@")


def _has_noon(tokens: list[str]) -> bool:
    return any(token.lower() == "am/pm" for token in tokens)


def _means_minutes(tokens: list[str], index: int) -> bool:
    """`m` after hours or before seconds means minutes."""
    if tokens[index].lower() not in {"m", "mm"}:
        return False
    letters = [token.lower() for token in tokens]
    before = next((token for token in reversed(letters[:index]) if token[:1] in "ymdhs["), "")
    after = next((token for token in letters[index + 1 :] if token[:1] in "ymdhs"), "")
    return "h" in before or after.startswith("s")


def _date_token(token: str, moment: datetime, serial: float, *, minutes: bool, noon: bool) -> str:
    lower = token.lower()
    if minutes:
        return f"{moment.minute:02d}" if lower == "mm" else str(moment.minute)
    hour = (moment.hour % 12 or 12) if noon else moment.hour
    shown = {
        "yyyy": f"{moment.year:04d}",
        "yy": f"{moment.year % 100:02d}",
        "mmmm": f"{moment:%B}",
        "mmm": f"{moment:%b}",
        "mm": f"{moment.month:02d}",
        "m": str(moment.month),
        "dddd": f"{moment:%A}",
        "ddd": f"{moment:%a}",
        "dd": f"{moment.day:02d}",
        "d": str(moment.day),
        "hh": f"{hour:02d}",
        "h": str(hour),
        "ss": f"{moment.second:02d}",
        "s": str(moment.second),
        "am/pm": f"{moment:%p}",
        "[h]": str(int(serial * 24)),
    }
    return shown.get(lower, token)
