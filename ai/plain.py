"""The assistant without a model: a handful of plain commands, through the same tools."""

import re
from collections.abc import Callable
from itertools import count

from ai.question import Answer
from ai.tools.looking import SETS
from repairs.models import RepairOrder
from repairs.reading import read_number

_uses = count(1)
_RO = r"(?:ro[ #-]*)?g?#?(?P<number>\d{1,9})"
WITHOUT = "I run without a model, so I understand only plain commands. "
_AROUND = "?!.,;:()\"'“”‘’"
"""What stands around a word."""
HELP = (
    WITHOUT + "Try one of these, with an order of yours in place of G38573:\n\n"
    "- `figures`\n- `overdue`, `waiting quote`, `due this week`, `high value`, `in work`, `shipped`\n"
    "- `G38573`, or a question about it, shows an order\n- `find` and some words: orders\n"
    "- `stock` and some words, or `low stock`\n"
    "- `shop` and a name\n- `status G38573 shipped`\n- `note G38573` and the note\n- `draft G38573`\n"
    "- `research G38573`, or a part number\n"
    "- `remind G38573 2026-12-24` and what of\n"
)
_NAMES = {label.casefold(): key for key, label in SETS.items()}
_COMMANDS: tuple[tuple[str, str], ...] = (
    ("show_order", rf"(?:show |order )?{_RO}"),
    ("change_status", rf"(?:set |status )+{_RO} (?:to )?(?P<status>.+)"),
    ("add_note", rf"(?:add )?note (?:to )?{_RO}:? (?P<text>.+)"),
    ("archive_order", rf"(?:archive|move) {_RO} (?:to )?(?P<sheet>\w+)"),
    ("remind_me", rf"remind (?:me )?(?:of |about )?{_RO} (?:on )?(?P<day>\S+) (?P<text>.+)"),
    ("draft_email", rf"(?:draft|write|email)(?: an?)?(?: email| mail)?(?: for| about)? {_RO}"),
    ("research_part", rf"research (?:on )?{_RO}"),
    ("research_part", r"research (?:on )?(?P<part>.+)"),
    ("figures", r"(?:the )?(?:figures|numbers|chart|dashboard)"),
    ("low_stock", r"(?:low stock|what (?:should i|to) (?:re)?order\??)"),
    ("search_inventory", r"(?:stock|inventory|parts?) (?P<search>.+)"),
    ("show_shop", r"shop (?P<name>.+)"),
    ("find_orders", r"(?:find|search|orders?) (?P<search>.+)"),
)


def answer(question: str, on_text: Callable[[str], None]) -> Answer:
    """The use of the tool that a command means, or the list of the commands."""
    found = understood(question)
    if found is None:
        on_text(HELP)
        return Answer(blocks=[{"type": "text", "text": HELP}], stop_reason="end_turn")
    name, given = found
    on_text(WITHOUT)
    use = {"type": "tool_use", "id": f"plain_{next(_uses)}", "name": name, "input": given}
    return Answer(blocks=[{"type": "text", "text": WITHOUT}, use], stop_reason="tool_use")


def understood(question: str) -> tuple[str, dict[str, str]] | None:
    """The tool and its input that a command means."""
    text = " ".join(question.split()).rstrip("?.! ")
    if key := _NAMES.get(re.sub(r"^(show|list|find) |^(the )|( orders?)$", "", text.casefold()).strip()):
        return "find_orders", {"show": key}
    for name, pattern in _COMMANDS:
        if found := re.fullmatch(pattern, text, re.IGNORECASE):
            return name, found.groupdict()
    return _about_an_order(text)


def _about_an_order(text: str) -> tuple[str, dict[str, str]] | None:
    """The order that a question is about: the only one that it names. Other numbers name none."""
    words = (word.strip(_AROUND).removesuffix("'s").removesuffix("’s") for word in text.split())
    numbers = {number for word in words if (number := read_number(word))}
    orders = RepairOrder.objects.filter(number__in=numbers)[:2]
    return ("show_order", {"number": orders[0].label}) if len(orders) == 1 else None
