"""Marking orders whose row in the workbook must follow. Written in the transaction of the order's change."""

from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Case, F, QuerySet, Value, When
from django.db.models.functions import Coalesce

from repairs import clock
from repairs.models import RepairOrder
from repairs.signals import OrderEvent, order_changed
from sync import doorbell
from sync.models import Attention, Replica, Workbook

# These may have been mended by an edit, or in Excel since, so the next flush tries again.
RETRIED_ON_EDIT = (Attention.REFUSED, Attention.NOT_KEPT, Attention.SHEET)


def the_workbook() -> Workbook:
    """The configured workbook's row."""
    row, _ = Workbook.objects.get_or_create(
        drive_id=settings.GRAPH_DRIVE_ID, item_id=settings.EXCEL_WORKBOOK_ID
    )
    return row


def mark(order: RepairOrder, *, is_new: bool = False) -> None:
    """Notes that the workbook should hold the order as it is at its present version.

    The mark is a row in the database: a lost message, worker or machine loses nothing. Ten marks are one.
    """
    now = clock.now()
    workbook = the_workbook()
    updated = Replica.objects.filter(workbook=workbook, order=order).update(
        wanted_version=order.version,
        pending_since=Coalesce(F("pending_since"), now),
        attention=Case(When(attention__in=RETRIED_ON_EDIT, then=Value("")), default=F("attention")),
    )
    if not updated:
        Replica.objects.get_or_create(
            workbook=workbook,
            order=order,
            defaults={"wanted_version": order.version, "pending_since": now, "is_new": is_new},
        )
    transaction.on_commit(doorbell.ring)


def listen() -> None:
    """Follows everything that the domain announces."""
    order_changed.connect(_on_order_changed, dispatch_uid="sync.marks")


def _on_order_changed(*, order: RepairOrder, event: OrderEvent, **_: Any) -> None:
    mark(order, is_new=event.created)


def mark_all(orders: QuerySet[RepairOrder]) -> int:
    """Marks many orders at once, whatever their row says; what a person decided to leave out stays out."""
    now = clock.now()
    workbook = the_workbook()
    with transaction.atomic():
        missing = orders.exclude(replicas__workbook=workbook)
        Replica.objects.bulk_create(
            [
                Replica(workbook=workbook, order=o, wanted_version=o.version, pending_since=now)
                for o in missing
            ],
            batch_size=1000,
        )
        there = Replica.objects.filter(workbook=workbook, order__in=orders.values("pk"), left_out=False)
        there.filter(attention__in=RETRIED_ON_EDIT).update(attention="", attention_text="")
        count = there.update(pending_since=Coalesce(F("pending_since"), now))
        transaction.on_commit(doorbell.ring)
    return count
