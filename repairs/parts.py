"""Part numbers as people write them, with and without dashes and spaces."""

from typing import Any

from django.db.models import Value
from django.db.models.functions import Lower, Replace

SEPARATORS = ("-", " ")


def part_key(part_number: str) -> str:
    """What two spellings of one part number have in common: no dashes, no spaces, small letters."""
    key = part_number.lower()
    for separator in SEPARATORS:
        key = key.replace(separator, "")
    return key


def bare_of(column: str) -> Any:
    """A column without dashes and spaces, computed by the database."""
    key: Any = column
    for separator in SEPARATORS:
        key = Replace(key, Value(separator), Value(""))
    return key


def part_key_of(column: str) -> Any:
    """The key of a part number, computed by the database from a column."""
    return Lower(bare_of(column))
