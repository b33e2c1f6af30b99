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


def written_at(instant: datetime) -> str:
    """An instant as people write it here, in the company's time zone: Nov 24, 2025, 9:05 AM."""
    here = timezone.localtime(instant, timezone.get_default_timezone())
    return date_format(here, "M j, Y, g:i A")
