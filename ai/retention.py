"""What was sent to the model and what it answered is kept for so long, and no longer."""

from datetime import timedelta

from django.conf import settings

from ai.models import Rewording, Use
from repairs import clock
from sync.models import Run

PORTION = 1000


def keep_time() -> None:
    """Deletes what is older than AI_KEEP_DAYS, a portion at a time. The timer calls it every few seconds."""
    before = clock.now() - timedelta(days=settings.AI_KEEP_DAYS)
    old = list(Use.objects.filter(at__lt=before).order_by("pk").values_list("pk", flat=True)[:PORTION])
    if old:
        Use.objects.filter(pk__in=old).delete()
    ended = Rewording.objects.filter(created_at__lt=before).exclude(run__state__in=Run.OPEN)
    if wishes := list(ended.order_by("pk").values_list("pk", flat=True)[:PORTION]):
        Rewording.objects.filter(pk__in=wishes).delete()
