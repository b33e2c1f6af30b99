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


def part_key_of(column: str) -> Any:
    """The same, computed by the database from a column."""
    key: Any = column
    for separator in SEPARATORS:
        key = Replace(key, Value(separator), Value(""))
    return Lower(key)
