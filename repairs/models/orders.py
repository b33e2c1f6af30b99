from datetime import date
from decimal import Decimal
from typing import Any, ClassVar, Self

from django.core.validators import MinValueValidator
from django.db import models, transaction
from django.db.models import F, Value
from django.db.models.functions import Cast, Coalesce, Concat, Left, Lower, Replace
from django.urls import reverse

from repairs.models.searched import SearchedText
from repairs.models.shops import Shop
from repairs.models.writings import OrderWriting
from repairs.parts import bare_of
from repairs.statuses import STATUSES, Sheet, status_word

NEVER = date(9999, 12, 31)
"""Stands in `due` for no next update, so that such orders come last."""
FIELDS = (
    "number",
    "date_made",
    "shop",
    "part_number",
    "serial_number",
    "description",
    "requested_work",
    "date_dropped_off",
    "estimated_cost",
    "final_cost",
    "terms",
    "shop_reference",
    "estimated_delivery",
    "status",
    "status_date",
    "internal_status",
    "shop_status",
    "tracking_number",
    "notes",
    "last_updated",
    "next_update",
)
"""The fields of an order that the workbook shows, in the order of its columns."""
_SORTED_BY: dict[str, tuple[str, ...]] = {
    "number": (),
    "due": ("due",),
    "status": ("status",),
    "part": ("part_number",),
    "serial": ("serial_number",),
    "cost": ("committed_cost",),
    "tracking": ("tracking_begins",),
    "shop": ("shop",),
}
_DAYS = ("date_made", "next_update", "estimated_delivery", "status_date", "last_updated")
LONGEST_SEARCHED = 700
"""So much of an order's text is looked through; with three short columns it fits into one index of InnoDB."""
BITS_OF_A_PORTION = 12
PORTION = 1 << BITS_OF_A_PORTION
"""The orders are counted in portions of so many neighbouring numbers, each of which is quickly counted again."""


def is_overdue(today: date) -> models.Q:
    """Whether the next update was due before `today`; it counts for orders on Active."""
    return models.Q(due__lt=today)


def _searched_text() -> Lower:
    """In small letters: G38573, part number and serial without dashes and spaces, the description without dashes."""
    description = Replace("description", Value("-"), Value(""))
    parts = (bare_of("part_number"), bare_of("serial_number"), description)
    spaced = [piece for part in parts for piece in (Value(" "), part)]
    return Lower(Left(Concat(Value("g"), Cast("number", models.CharField()), *spaced), LONGEST_SEARCHED))


class OrderQuerySet(models.QuerySet["RepairOrder"]):
    """The named sets of orders. Cards, lists and everything else that counts orders use these.

    Whatever writes many of them at once notes that they were written, as saving one does.
    """

    def active(self) -> Self:
        return self.filter(sheet=Sheet.ACTIVE)

    def overdue(self, today: date) -> Self:
        """On Active, and the next update was due before `today` (the company's day)."""
        return self.active().filter(is_overdue(today))

    def update(self, **values: Any) -> int:
        with transaction.atomic(savepoint=False):
            written = super().update(**values)
            if written:
                OrderWriting.note()
        return written

    def bulk_create(self, *args: Any, **options: Any) -> list["RepairOrder"]:
        with transaction.atomic(savepoint=False):
            written = super().bulk_create(*args, **options)
            if written:
                OrderWriting.note()
        return written

    def delete(self) -> tuple[int, dict[str, int]]:
        with transaction.atomic(savepoint=False):
            gone = super().delete()
            OrderWriting.note()
        return gone


class RepairOrder(models.Model):
    """An order that sends one part to one shop. Its identity for people is `number`, shown as G38573.

    The field names are those of the workbook's 21 columns. Written only by the verbs in repairs.orders and by
    the import, never field by field elsewhere. The database itself derives `committed_cost` (the final cost, or the
    estimate until that is known, USD), `due`, `tracking_begins` and `search` from them; lists are filtered and sorted
    by these. `portion` tells in which portion the order is counted: its number without the last bits.
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
    status = models.CharField(
        max_length=20, blank=True, choices=[(name, status_word(name)) for name in STATUSES]
    )
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
    form_key = models.UUIDField(
        null=True,
        unique=True,
        editable=False,
        help_text="Of the form that made it, which makes no second one.",
    )
    committed_cost = models.GeneratedField(
        expression=Coalesce("final_cost", "estimated_cost"),
        output_field=models.DecimalField(max_digits=14, decimal_places=2, null=True),
        db_persist=True,
    )
    due = models.GeneratedField(
        expression=Coalesce("next_update", Value(NEVER, output_field=models.DateField())),
        output_field=models.DateField(),
        db_persist=True,
    )
    tracking_begins = models.GeneratedField(
        expression=Left("tracking_number", 60), output_field=models.CharField(max_length=60), db_persist=True
    )
    search = models.GeneratedField(
        expression=_searched_text(),
        output_field=SearchedText(max_length=LONGEST_SEARCHED),
        db_persist=True,
    )
    portion = models.GeneratedField(
        expression=F("number").bitrightshift(BITS_OF_A_PORTION),
        output_field=models.PositiveBigIntegerField(),
        db_persist=True,
    )

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
            # What a sheet is sorted by. The number decides between equals, in the same direction.
            *(
                models.Index(fields=["sheet", *columns, "number"], name=f"order_on_sheet_by_{name}")
                for name, columns in _SORTED_BY.items()
            ),
            # What all sheets together are sorted by, and filtered: the sheet is beside it, to be counted.
            *(
                models.Index(fields=[*columns, "number", "sheet"], name=f"order_by_{name}")
                for name, columns in _SORTED_BY.items()
                if columns
            ),
            models.Index(fields=["shop", "sheet", "status", "number"], name="order_of_shop"),
            *(models.Index(fields=[day, "sheet"], name=f"order_by_{day}") for day in _DAYS),
            # What the figures and the sheets' counts are summed from, in its order and without a table beside.
            models.Index(
                fields=["sheet", "portion", "status", "due", "committed_cost"], name="order_tallied"
            ),
            # A fragment can't be looked up, but reading this index alone is far less than reading the orders.
            models.Index(fields=["search", "shop", "sheet", "number"], name="order_searched"),
        ]

    def __str__(self) -> str:
        return self.label

    def save(self, *args: Any, **options: Any) -> None:
        with transaction.atomic(savepoint=False):
            super().save(*args, **options)
            OrderWriting.note(self.pk)

    def get_absolute_url(self) -> str:
        return reverse("order", args=[self.number])

    def delete(self, *args: Any, **options: Any) -> tuple[int, dict[str, int]]:
        key = self.pk
        with transaction.atomic(savepoint=False):
            gone = super().delete(*args, **options)
            OrderWriting.note(key)
        return gone

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
