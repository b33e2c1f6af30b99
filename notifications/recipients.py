"""Whom a mail may go to: one address, of a form that can be nothing else."""

import re

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from repairs.errors import Refusal

LONGEST = 254
LONGEST_NAME = 64
_SEVERAL = re.compile(r"@[^@]*[,;\s][^@]*@")
# Nothing of what may name a person, quote, group or break a header; letters and digits of ASCII only.
_PLAIN = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~@-]+")


def checked(address: str) -> str:
    """The address without surrounding spaces. Raises Refusal that says what is wrong with it."""
    plain = address.strip(" ")
    if not plain:
        raise _refusal("The shop's email address is missing. Please enter it.")
    if _SEVERAL.search(plain):
        raise _refusal("Please enter one email address only.")
    try:
        validate_email(plain)
    except ValidationError as error:
        raise _refusal(f"“{plain}” is not an email address.") from error
    if len(plain) > LONGEST or len(plain.partition("@")[0]) > LONGEST_NAME:
        raise _refusal("The email address is too long.")
    if not _PLAIN.fullmatch(plain):
        raise _refusal(f"“{plain}” is not a plain email address, such as quotes@shop.com.")
    return plain


def problem(address: str) -> str:
    """What is wrong with an address, in words; "" when a mail can go to it."""
    try:
        checked(address)
    except Refusal as refusal:
        return refusal.sentence
    return ""


def _refusal(sentence: str) -> Refusal:
    return Refusal(sentence, fields={"to_address": sentence})
