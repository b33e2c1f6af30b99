"""What was sent to the model and what it answered is kept for AI_KEEP_DAYS, and no longer."""

from datetime import datetime, timedelta

from django.conf import settings

from ai.models import Rewording, Use
from genthrust.retention import forget
from repairs import clock
from sync.models import Run


def uses(dry_run: bool) -> int:
    """Requests to the model, with what was asked and answered."""
    return forget(Use.objects.filter(at__lt=_before()), dry_run)


def wishes(dry_run: bool) -> int:
    """Wishes for other words, unless one is being worked on."""
    old = Rewording.objects.filter(created_at__lt=_before())
    return forget(old.exclude(run__state__in=Run.OPEN), dry_run)


def _before() -> datetime:
    return clock.now() - timedelta(days=settings.AI_KEEP_DAYS)
