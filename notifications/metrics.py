"""What the queue of mails tells Prometheus."""

from collections.abc import Iterator

from notifications.models import Delivery, Notification
from sync.work import Gauge


def read() -> Iterator[Gauge]:
    waiting = Notification.objects.filter(state=Notification.State.PENDING_APPROVAL)
    unknown = Delivery.objects.filter(state=Delivery.State.UNKNOWN)
    yield "drafts_waiting", "Drafts and reminders that wait for a person.", waiting.count()
    yield "sends_unknown", "Mails of which it is not known whether they left.", unknown.count()
