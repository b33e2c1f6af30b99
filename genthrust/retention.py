"""What is kept for a time only. Each app adds its own rules; `manage.py purge` and the daily run obey them.

The history of orders (their changes, statuses, notes, mails and follow-ups) is never forgotten.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.utils.module_loading import import_string

PORTION = 500  # rows in one transaction, so that nobody waits for long

# Forgets what is too old, or only counts it when its argument (a dry run) is true; how many things that are.
Act = Callable[[bool], int]


@dataclass(frozen=True)
class Rule:
    """What is forgotten, in words, and the function that does it by its dotted path."""

    label: str
    path: str


class _Registry:
    rules: dict[str, Rule] = {}


def add_rule(label: str, path: str) -> None:
    _Registry.rules[path] = Rule(label, path)


def purge(*, dry_run: bool) -> Iterator[tuple[str, int]]:
    """Obeys one rule after the other; the label of each and how many things it took, or would take."""
    for rule in _Registry.rules.values():
        act: Act = import_string(rule.path)
        yield rule.label, act(dry_run)


def forget(rows: "QuerySet[Any]", dry_run: bool) -> int:
    """Deletes these rows, a portion at a time, or counts them."""
    if dry_run:
        return rows.count()
    gone = 0
    while pks := list(rows.order_by("pk").values_list("pk", flat=True)[:PORTION]):
        rows.model._default_manager.filter(pk__in=pks).delete()
        gone += len(pks)
    return gone
