from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse


class SavedViewQuerySet(models.QuerySet["SavedView"]):
    def seen_by(self, person_id: int) -> "SavedViewQuerySet":
        """A person's own views, and those that others share."""
        return self.filter(Q(owner=person_id) | Q(shared=True))


class SavedView(models.Model):
    """A list of orders that a person gave a name: sheet, filters, search and sort, as its address says them.

    Written only by the verbs in repairs.saved_views.
    """

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="saved_views")
    name = models.CharField(max_length=60)
    address = models.TextField(help_text="What follows the question mark.")
    shared = models.BooleanField(default=False, help_text="Everybody sees it.")

    objects = SavedViewQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["name", "id"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["owner", "name"], name="view_named_once_by_its_owner"),
            models.CheckConstraint(condition=~Q(name=""), name="view_has_a_name"),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return f"{reverse('dashboard')}?{self.address}"


class DefaultView(models.Model):
    """The view with which a person's orders open: one at most."""

    person = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="default_view"
    )
    view = models.ForeignKey(SavedView, on_delete=models.CASCADE, related_name="defaults")

    def __str__(self) -> str:
        return f"{self.person}: {self.view}"
