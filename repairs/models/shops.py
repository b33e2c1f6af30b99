from typing import ClassVar

from django.db import models
from django.urls import reverse


class Shop(models.Model):
    """A repair shop. Its identity is `key`, so names that differ only in case or spacing are one shop."""

    name = models.CharField(max_length=255)
    key = models.CharField(
        max_length=64, unique=True, editable=False, help_text="SHA-256 of the normalized name."
    )
    customer_number = models.CharField(max_length=50, blank=True)
    address = models.CharField(max_length=255, blank=True)
    city = models.CharField(max_length=120, blank=True)
    state = models.CharField(max_length=60, blank=True)
    postal_code = models.CharField(max_length=30, blank=True)
    country = models.CharField(max_length=60, blank=True)
    phone = models.CharField(max_length=60, blank=True)
    email = models.CharField(max_length=254, blank=True)
    website = models.CharField(max_length=255, blank=True)
    contact = models.CharField(max_length=255, blank=True)
    payment_terms = models.CharField(max_length=120, blank=True)
    ils_code = models.CharField("ILS code", max_length=50, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["name"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=~models.Q(name=""), name="shop_has_a_name"),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("shop", args=[self.pk])

    @property
    def place(self) -> str:
        """City, state and postal code in one line, as they stand on an envelope."""
        return ", ".join(filter(None, [self.city, f"{self.state} {self.postal_code}".strip()]))

    @property
    def postal_address(self) -> list[str]:
        """The lines of the address that are known."""
        return [line for line in (self.address, self.place, self.country) if line]

    @property
    def website_url(self) -> str:
        """Where a link to the website leads; "" without one."""
        named = self.website.lower().startswith(("http://", "https://"))
        return self.website if named or not self.website else f"https://{self.website}"


class ShopAlias(models.Model):
    """A name that a shop had before it was merged into this one, so that lists and workbooks still find it."""

    name = models.CharField(max_length=255)
    key = models.CharField(max_length=64, unique=True, editable=False)
    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, related_name="aliases")
    former_pk = models.PositiveBigIntegerField(
        null=True, unique=True, editable=False, help_text="The shop that had the name, by its address then."
    )

    class Meta:
        ordering: ClassVar[list[str]] = ["name"]
        verbose_name_plural = "shop aliases"

    def __str__(self) -> str:
        return f"{self.name} → {self.shop}"
