from typing import ClassVar

from django.conf import settings
from django.core.files.storage import FileSystemStorage, Storage
from django.db import models

from repairs.models.orders import RepairOrder


class DocumentStorage(FileSystemStorage):
    """The folder of the uploaded files, DOCUMENTS_DIR, readable by the program alone."""

    @property
    def location(self) -> str:
        return str(settings.DOCUMENTS_DIR)


def storage() -> Storage:
    """A function, so that no path stands in a migration."""
    return DocumentStorage(file_permissions_mode=0o600)


class Document(models.Model):
    """A file that belongs to an order. It is kept here at once; carrying it elsewhere is the business of others."""

    class Kind(models.TextChoices):
        QUOTE = "quote", "Quote"
        TEAR_DOWN = "tear-down", "Tear-down report"
        FAA_8130_3 = "8130-3", "FAA 8130-3"
        EASA_FORM_1 = "form-1", "EASA Form 1"
        INVOICE = "invoice", "Invoice"
        PHOTO = "photo", "Photo"
        OTHER = "other", "Other"

    order = models.ForeignKey(RepairOrder, on_delete=models.CASCADE, related_name="documents")
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.OTHER)
    name = models.CharField(max_length=130, help_text="Made safe, and unlike every other name of the order.")
    name_key = models.CharField(max_length=64, editable=False, help_text="SHA-256 of the casefolded name.")
    file = models.FileField(storage=storage, max_length=200)
    size = models.PositiveBigIntegerField(help_text="In bytes.")
    added_at = models.DateTimeField(auto_now_add=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    by_name = models.CharField(max_length=150)
    removed_at = models.DateTimeField(
        null=True, blank=True, help_text="It can be brought back until it is purged."
    )

    class Meta:
        ordering: ClassVar[list[str]] = ["id"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["order", "name_key"], name="one_document_per_name"),
            models.CheckConstraint(condition=models.Q(size__gt=0), name="document_has_content"),
        ]
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["removed_at"], name="document_removed")]

    def __str__(self) -> str:
        return self.name

    @property
    def shown_inside(self) -> bool:
        """Whether a browser may show it in a tab: what can't run anything there."""
        return self.name.rpartition(".")[2].lower() in ("pdf", "jpg", "jpeg", "png", "webp")
