"""How long the trail of accounts is kept, and sessions that have run out."""

from datetime import timedelta

from django.conf import settings
from django.contrib.sessions.models import Session
from django.utils import timezone

from genthrust.retention import forget
from people.models import AccountEvent


def account_events(dry_run: bool) -> int:
    """Sign-ins and changes of accounts older than TRAIL_KEEP_DAYS."""
    before = timezone.now() - timedelta(days=settings.TRAIL_KEEP_DAYS)
    return forget(AccountEvent.objects.filter(at__lt=before), dry_run)


def sessions(dry_run: bool) -> int:
    """Sessions in which nobody can be signed in any more."""
    return forget(Session.objects.filter(expire_date__lt=timezone.now()), dry_run)
