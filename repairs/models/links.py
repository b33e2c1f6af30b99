from typing import ClassVar

from django.conf import settings
from django.db import models

from repairs.models.orders import RepairOrder


class OrderLink(models.Model):
    """Two orders that a person linked: `other` replaces `order`, or the two have to do with each other.

    Written only by repairs.links.
    """

    class Kind(models.TextChoices):
        RELATED = "related", "Related"
        REPLACEMENT = "replacement", "Its replacement"

    order = models.ForeignKey(RepairOrder, on_delete=models.CASCADE, related_name="links")
    other = models.ForeignKey(RepairOrder, on_delete=models.CASCADE, related_name="links_to_it")
    kind = models.CharField(max_length=20, choices=Kind.choices)
    at = models.DateTimeField(auto_now_add=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    by_name = models.CharField(max_length=150)

    class Meta:
        ordering: ClassVar[list[str]] = ["id"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["order", "other"], name="link_once"),
            models.CheckConstraint(
                condition=models.Q(kind__in=["related", "replacement"]), name="link_kind_is_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.order} – {self.other} ({self.kind})"

    def seen_from(self, order: RepairOrder) -> tuple[str, RepairOrder]:
        """What the other order is to this one, in words, and that order."""
        if self.kind == self.Kind.RELATED:
            return "Related", self.other if self.order_id == order.pk else self.order
        if self.order_id == order.pk:
            return "Replaced by", self.other
        return "Replaces", self.order
