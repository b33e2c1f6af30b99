from typing import ClassVar

from django.db import models

from repairs.statuses import STATUSES, status_word


class MailTemplate(models.Model):
    """The office's words for one occasion: a status, a payment, or several orders in one mail.

    Subject and body are in Django's template language without any tag that loads something (notifications.texts).
    """

    key = models.CharField(max_length=20, unique=True, help_text="A status, PAYMENT or COMBINED.")
    position = models.PositiveSmallIntegerField(help_text="The place in lists.")
    enabled = models.BooleanField(default=True, help_text="Off: nothing is scheduled or drafted for it.")
    subject = models.CharField(max_length=255)
    body = models.TextField()
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["position"]

    def __str__(self) -> str:
        """Its occasion, in words."""
        return status_word(self.key) if self.key in STATUSES else self.key.capitalize()
