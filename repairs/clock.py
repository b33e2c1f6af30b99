"""The one clock. Instants are UTC; days are the company's (COMPANY_TIME_ZONE, America/New_York by default)."""

from datetime import date, datetime

from django.utils import timezone
from django.utils.formats import date_format


def now() -> datetime:
    """The present instant, aware."""
    return timezone.now()


def today() -> date:
    """The present day in the company's time zone, whatever zone the process runs in."""
    return timezone.localdate(timezone=timezone.get_default_timezone())


def written(day: date) -> str:
    """A day as people write it here: Nov 24, 2025."""
    return date_format(day, "M j, Y")
