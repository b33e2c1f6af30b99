from typing import ClassVar

from django.db import models
from django.urls import reverse

LOW_STOCK = 5
"""Fewer pieces than this are low stock."""


class Condition(models.TextChoices):
    """What state a part in stock is in. Most lists leave it blank."""

    NEW = "NE", "New"
    OVERHAULED = "OH", "Overhauled"
    SERVICEABLE = "SV", "Serviceable"
    AS_REMOVED = "AR", "As removed"
    REPAIRED = "RP", "Repaired"


class InventoryItem(models.Model):
    """One line of a list of parts in stock. Written only by repairs.inventory_list.

    Its identity is `key`, so importing a list again changes nothing. `part_key` and `search` are what other
    columns say, in the form in which they are looked up.
    """

    key = models.CharField(
        max_length=64, unique=True, editable=False, help_text="SHA-256 of what tells the lines apart."
    )
    part_number = models.CharField(max_length=255)
    serial_number = models.CharField(max_length=100, blank=True)
    description = models.CharField(max_length=255, blank=True)
    quantity = models.PositiveIntegerField(null=True, blank=True)
    condition = models.CharField(max_length=2, blank=True, choices=Condition.choices)
    condition_text = models.CharField(
        max_length=60, blank=True, help_text="What the list says when it is no known condition."
    )
    location = models.CharField(max_length=100, blank=True)
    source = models.CharField("source list", max_length=100, blank=True)
    last_seen = models.DateField(null=True, blank=True)
    part_key = models.CharField(max_length=255, editable=False)
    search = models.CharField(max_length=620, editable=False)

    class Meta:
        ordering: ClassVar[list[str]] = ["part_number", "id"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=~models.Q(part_number=""), name="item_has_a_part_number"),
            models.CheckConstraint(
                condition=models.Q(condition__in=["", *Condition.values]), name="item_condition_is_known"
            ),
            models.CheckConstraint(
                condition=models.Q(condition="") | models.Q(condition_text=""),
                name="item_condition_text_only_without_condition",
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["part_key"], name="item_by_part"),
            models.Index(fields=["search"], name="item_by_search"),
            models.Index(fields=["condition", "quantity"], name="item_by_condition"),
            models.Index(fields=["quantity", "last_seen"], name="item_by_quantity"),
            models.Index(fields=["last_seen"], name="item_by_last_seen"),
        ]

    def __str__(self) -> str:
        return self.part_number

    def get_absolute_url(self) -> str:
        return reverse("inventory-item", args=[self.pk])

    @property
    def shown_condition(self) -> str:
        """The condition in words, or what the list says when that is none."""
        return self.get_condition_display() or self.condition_text

    @property
    def is_low(self) -> bool:
        return self.quantity is not None and self.quantity < LOW_STOCK
