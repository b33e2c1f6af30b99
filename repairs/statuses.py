"""The statuses of a repair order: what they are called, what people type for them, where they belong."""

from dataclasses import dataclass
from enum import StrEnum


class Sheet(StrEnum):
    """Where an order stands, in the order in which the sheets are looked through."""

    ACTIVE = "Active"
    NET = "Net"
    PAID = "Paid"
    RETURNS = "Returns"


@dataclass(frozen=True)
class Status:
    """One canonical status. `days` is the first value of the rule that the office edits afterwards."""

    name: str
    aliases: tuple[str, ...]
    days: int | None
    exit: bool = False
    asks_return: bool = False


TO_SEND = "TO SEND"
WAITING_QUOTE = "WAITING QUOTE"
APPROVED = "APPROVED"
IN_WORK = "IN WORK"
SHIPPED = "SHIPPED"
RECEIVED = "RECEIVED"
COMPLETE = "COMPLETE"
PAID = "PAID"
BER = "BER"
RAI = "RAI"
CANCELLED = "CANCELLED"
SCRAP = "SCRAP"

STATUSES: dict[str, Status] = {
    status.name: status
    for status in (
        Status(TO_SEND, (), 3),
        Status(WAITING_QUOTE, ("WAITING FOR QUOTE", "AWAITING QUOTE", "PENDING"), 7),
        Status(APPROVED, (), 10),
        Status(IN_WORK, ("IN PROGRESS", "WORKING", "BEING REPAIRED"), 10),
        Status(SHIPPED, ("IN TRANSIT", "SHIPPING", "CURRENTLY BEING SHIPPED"), 5),
        Status(RECEIVED, (), 3),
        Status(COMPLETE, ("COMPLETED",), None),
        Status(PAID, ("PAYMENT SENT",), None),
        Status(
            BER, ("BEYOND ECONOMICAL REPAIR", "BEYOND ECONOMIC REPAIR"), None, exit=True, asks_return=True
        ),
        Status(RAI, ("RETURN AS IS",), None, exit=True, asks_return=True),
        Status(CANCELLED, ("CANCELED", "CANCEL"), None, exit=True, asks_return=True),
        Status(SCRAP, ("SCRAPPED",), None, exit=True),
    )
}
PATH = (TO_SEND, WAITING_QUOTE, APPROVED, IN_WORK, SHIPPED, RECEIVED, COMPLETE, PAID)
EXITS = tuple(name for name, status in STATUSES.items() if status.exit)
*_FIRST, _LAST = (name for name, status in STATUSES.items() if status.asks_return)
ASK_RETURN = f"{', '.join(_FIRST)} and {_LAST}"
"""In words, with which of them it is asked whether the unit came back."""
_SPELLINGS = {spelling: s.name for s in STATUSES.values() for spelling in (s.name, *s.aliases)}


_ABBREVIATIONS = frozenset({BER, RAI})


def status_word(status: str) -> str:
    """A canonical status as every page spells it (In work, BER); any other text as it is.

    The workbook, its exports and what templates of mails compare with have the canonical name itself.
    """
    return status.capitalize() if status in STATUSES and status not in _ABBREVIATIONS else status


def read_status(text: str) -> str:
    """The canonical status that a person meant, or "" when the text matches none.

    Case, surrounding symbols (> < - = * # @), dots and doubled spaces do not matter.
    """
    plain = " ".join(text.upper().replace(".", "").split())
    return _SPELLINGS.get(plain.strip("><-=*#@ "), "")


def usual_next(status: str) -> tuple[str, ...]:
    """The statuses that usually follow: the next step of the path first, then the exits while work is open."""
    if status not in PATH:
        return () if status in STATUSES else (TO_SEND, *EXITS)
    position = PATH.index(status)
    step = PATH[position + 1 : position + 2]
    return step + EXITS if position < PATH.index(COMPLETE) else step


def sheet_for(status: str, *, net_terms: bool, unit_returned: bool | None, current: str) -> Sheet:
    """The sheet on which an order with a newly set status belongs.

    One that asks for the unit's return leaves it on the `current` sheet until it is known that the unit came back.
    """
    if STATUSES[status].asks_return:
        return Sheet.RETURNS if unit_returned else Sheet(current)
    if status == SCRAP:
        return Sheet.RETURNS
    if status == PAID:
        return Sheet.PAID
    if status == COMPLETE:
        return Sheet.NET if net_terms else Sheet.PAID
    return Sheet.ACTIVE
