from datetime import date
from decimal import Decimal
from typing import ClassVar, Self

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models.functions import Coalesce
from django.urls import reverse

from repairs.models.shops import Shop
from repairs.statuses import STATUSES, Sheet


def is_overdue(today: date) -> models.Q:
    """Whether the next update was due before `today`; it counts for orders on Active."""
    return models.Q(next_update__lt=today)


class OrderQuerySet(models.QuerySet["RepairOrder"]):
    """The named sets of orders. Cards, lists and everything else that counts orders use these."""

    def active(self) -> Self:
        return self.filter(sheet=Sheet.ACTIVE)

    def overdue(self, today: date) -> Self:
        """On Active, and the next update was due before `today` (the company's day)."""
        return self.active().filter(is_overdue(today))

    def due_between(self, first: date, last: date) -> Self:
        return self.active().filter(next_update__range=(first, last))

    def with_committed_cost(self) -> Self:
        """Adds `committed_cost`: the final cost, or the estimate until that is known (USD)."""
        return self.annotate(committed_cost=Coalesce("final_cost", "estimated_cost"))


class RepairOrder(models.Model):
    """An order that sends one part to one shop. Its identity for people is `number`, shown as G38573.

    The field names are those of the workbook's 21 columns. Written only by the verbs in repairs.orders and by
    the import, never field by field elsewhere.
    """

    number = models.PositiveBigIntegerField("RO", unique=True)
    sheet = models.CharField(max_length=10, choices=[(s.value, s.value) for s in Sheet], default=Sheet.ACTIVE)
    shop = models.ForeignKey(Shop, null=True, blank=True, on_delete=models.PROTECT, related_name="orders")
    date_made = models.DateField(null=True, blank=True)
    part_number = models.CharField(max_length=255, blank=True)
    serial_number = models.CharField(max_length=255, blank=True)
    description = models.TextField("part description", blank=True)
    requested_work = models.TextField(blank=True)
    date_dropped_off = models.DateField(null=True, blank=True)
    estimated_cost = models.DecimalField(
        max_digits=14, decimal_places=2, null=True, blank=True, validators=[MinValueValidator(Decimal(0))]
    )
    final_cost = models.DecimalField(
        max_digits=14, decimal_places=2, null=True, blank=True, validators=[MinValueValidator(Decimal(0))]
    )
    terms = models.TextField(blank=True)
    shop_reference = models.TextField(blank=True)
    estimated_delivery = models.DateField(null=True, blank=True)
    status = models.CharField(max_length=20, blank=True, choices=[(name, name) for name in STATUSES])
    status_text = models.TextField(blank=True, help_text="What was typed when it is no canonical status.")
    status_date = models.DateField(null=True, blank=True)
    internal_status = models.TextField("GenThrust status", blank=True)
    shop_status = models.TextField(blank=True)
    tracking_number = models.TextField("tracking number / picking up", blank=True)
    notes = models.TextField(blank=True)
    last_updated = models.DateField(null=True, blank=True)
    next_update = models.DateField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = OrderQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["-number"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=models.Q(number__gt=0), name="order_number_is_positive"),
            models.CheckConstraint(condition=models.Q(sheet__in=list(Sheet)), name="order_sheet_is_known"),
            models.CheckConstraint(
                condition=models.Q(status__in=["", *STATUSES]), name="order_status_is_canonical"
            ),
            models.CheckConstraint(
                condition=models.Q(status="") | models.Q(status_text=""),
                name="order_status_text_only_without_status",
            ),
            models.CheckConstraint(condition=models.Q(version__gte=1), name="order_version_counts_from_1"),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["sheet", "next_update"], name="order_due"),
            models.Index(fields=["sheet", "status"], name="order_by_status"),
            models.Index(fields=["part_number"], name="order_by_part"),
        ]

    def __str__(self) -> str:
        return self.label

    def get_absolute_url(self) -> str:
        return reverse("order", args=[self.number])

    @property
    def label(self) -> str:
        """The number as people see it."""
        return f"G{self.number}"

    @property
    def shown_status(self) -> str:
        """The canonical status, or what a person typed when that matches none."""
        return self.status or self.status_text

    def days_overdue(self, today: date) -> int:
        """Days since the next update was due; 0 when it is not overdue."""
        if self.sheet != Sheet.ACTIVE or self.next_update is None:
            return 0
        return max(0, (today - self.next_update).days)
