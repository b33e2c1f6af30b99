"""Checking the values that people give for a model's fields."""

import re
import unicodedata
from collections.abc import Collection, Mapping
from datetime import date, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models

from repairs.errors import Refusal
from repairs.reading import FIRST_DAY, LAST_DAY, Read, read_date, read_money
from repairs.wording import TURNS_TEXT

# What one cell of an Excel workbook can hold, counted as Excel counts: in UTF-16 code units.
LONGEST_TEXT = 32_767
# Fillers of Hangul and the blank of Braille count as letters and signs, and print nothing.
_BLANK_LETTERS = "\u115f\u1160\u2800\u3164\uffa0"
# An .xlsx file is XML 1.0, which has no place for these.
_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def cleaned(
    model: type[models.Model], given: Mapping[str, Any], *, allowed: Collection[str], kept: bool = False
) -> dict[str, Any]:
    """The given values in the types of the model's fields: text trimmed, money in cents, dates as dates.

    With `kept` the values stood there already, perhaps imported, and nobody typed them now: they may hold marks that
    turn the direction of text, or that nobody sees. Raises Refusal that names every field at fault; then nothing of
    `given` may be used.
    """
    values: dict[str, Any] = {}
    faults: dict[str, str] = {}
    for name, value in given.items():
        if name not in allowed:
            raise Refusal(
                f"“{name.replace('_', ' ')}” can't be edited here.", fields={name: "Can't be edited here."}
            )
        try:
            if not kept:
                refuse_unseen(value)
            values[name] = cleaned_value(model._meta.get_field(name), value)
            if not kept:
                _refuse_turned(values[name])
        except ValidationError as error:
            faults[name] = " ".join(error.messages)
    if faults:
        told = "; ".join(
            f"{name.replace('_', ' ')}: {fault.removesuffix('.')}" for name, fault in faults.items()
        )
        raise Refusal(f"Please check what was entered ({told}).", fields=faults)
    return values


def cleaned_value(field: Any, value: Any) -> Any:
    """One value in the type of its model field. Raises ValidationError."""
    if isinstance(field, models.ForeignKey):
        return _clean_related(field, value)
    if isinstance(field, models.CharField | models.TextField):
        return _clean_text(field, value)
    if value == "" or value is None:
        return None
    python = field.to_python(_as_read(field, value))
    if isinstance(python, date) and not FIRST_DAY <= python <= LAST_DAY:
        raise ValidationError(f"The year must lie between {FIRST_DAY.year} and {LAST_DAY.year}.")
    field.run_validators(python)
    return python


def _as_read(field: Any, value: Any) -> Any:
    """What a person typed as a date or an amount, read by the rules that the import follows too."""
    if isinstance(value, str | int | float):
        return _read(read_money(value) if isinstance(field, models.DecimalField) else read_date(value))
    return value.date() if isinstance(value, datetime) else value


def _read(result: Read[Any]) -> Any:
    if result.problem:
        raise ValidationError(result.problem)
    return result.value


def _clean_related(field: Any, value: Any) -> Any:
    if not isinstance(value, field.related_model):
        raise ValidationError(f"Please choose a {field.related_model._meta.verbose_name}.")
    return value


def _clean_text(field: Any, value: Any) -> str:
    text = "" if value is None else str(value).replace("\r\n", "\n").replace("\r", "\n").strip()
    if _NOT_IN_XML.search(text):
        raise ValidationError("It holds a character that Excel can't store.")
    if len(text.encode("utf-16-le")) // 2 > LONGEST_TEXT:
        raise ValidationError(
            f"It is longer than the {LONGEST_TEXT:,} characters that an Excel cell can hold."
        )
    if field.max_length and len(text) > field.max_length:
        raise ValidationError(
            f"It has {len(text):,} characters; at most {field.max_length} characters fit here."
        )
    field.run_validators(text)
    return text


def refuse_unseen(value: Any) -> None:
    """A field that looks empty must not count as filled, nor be emptied by what looks like nothing in it.

    Raises ValidationError where all that was typed are marks that print nothing, by Unicode's own list of them.
    """
    if isinstance(value, str) and value.strip() and all(map(_is_unseen, value)):
        raise ValidationError("It holds nothing but marks that nobody sees. Please type it by hand.")


def _is_unseen(sign: str) -> bool:
    return sign.isspace() or unicodedata.category(sign) == "Cf" or sign in _BLANK_LETTERS


def _refuse_turned(value: Any) -> None:
    if isinstance(value, str) and TURNS_TEXT.search(value):
        raise ValidationError(
            "It holds invisible marks that turn the direction of text around. Please type it by hand."
        )
