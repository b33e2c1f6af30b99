from typing import ClassVar

from django.db import models

from repairs.models import Document


class DocumentCopy(models.Model):
    """What SharePoint is known to have of a document, and whether something has to be done about it.

    `due_at` is when a run may be started for it, empty while there is nothing to do or a run is at it.
    """

    document = models.OneToOneField(Document, on_delete=models.CASCADE, related_name="copy")
    item_id = models.CharField(max_length=200, blank=True, help_text="Empty while it is not there.")
    web_url = models.TextField(blank=True)
    name = models.CharField(
        max_length=140, blank=True, help_text="In SharePoint, where another may have had its own."
    )
    upload = models.TextField(blank=True, help_text="The address of an upload that has begun, encrypted.")
    sent = models.PositiveBigIntegerField(default=0, help_text="Bytes that have arrived.")
    due_at = models.DateTimeField(null=True, blank=True)
    failures = models.PositiveIntegerField(default=0, help_text="Attempts in vain, one after another.")
    trouble = models.TextField(blank=True, help_text="Why it is not there yet, in words.")

    class Meta:
        verbose_name_plural = "document copies"
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["due_at"], name="document_copy_due")]

    def __str__(self) -> str:
        return f"{self.document} in SharePoint"
