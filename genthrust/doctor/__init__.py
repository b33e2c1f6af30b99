"""`manage.py doctor`: what every part of the installation says of itself, in words for whoever has to mend it.

Each app adds its own checks as it starts (`add_check`), so that the direction of imports stays.
"""

import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from django.db import Error as DatabaseError
from django.utils.module_loading import import_string

logger = logging.getLogger(__name__)


class Verdict(StrEnum):
    """Well; worth knowing; to be mended."""

    OK = "ok"
    NOTE = "note"
    MEND = "mend"


@dataclass(frozen=True)
class Finding:
    """What was found of one part. `told` is one or two sentences: what is, and what to do where it isn't well."""

    part: str
    verdict: Verdict
    told: str


Check = Callable[[], Iterable[Finding]]


def ok(part: str, told: str) -> Finding:
    return Finding(part, Verdict.OK, told)


def note(part: str, told: str) -> Finding:
    return Finding(part, Verdict.NOTE, told)


def mend(part: str, told: str) -> Finding:
    return Finding(part, Verdict.MEND, told)


class _Registry:
    checks: dict[str, str] = {
        "settings": "genthrust.doctor.base.settings_",
        "database": "genthrust.doctor.base.database",
        "Redis": "genthrust.doctor.base.redis_",
    }


def add_check(part: str, path: str) -> None:
    """A function (by its dotted path) that looks at a part and gives what it finds. They are asked in this order."""
    _Registry.checks[part] = path


def examine() -> Iterator[Finding]:
    """Asks every part. What can't be looked at says so, and keeps nobody else from being looked at."""
    for part, path in _Registry.checks.items():
        check: Check = import_string(path)
        try:
            yield from check()
        except DatabaseError:
            yield note(part, "This can be looked at only when the database is there.")
        except Exception as error:
            logger.exception("The check of %s came to no end.", part)
            yield mend(part, f"This check came to no end ({type(error).__name__}); the log says more.")
