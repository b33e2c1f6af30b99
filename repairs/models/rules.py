from typing import ClassVar

from django.core.validators import MaxValueValidator
from django.db import models

from repairs.statuses import STATUSES, status_word

MOST_DAYS = 365
"""The longest time to a follow-up, in calendar days. Every date that follows from a rule can be typed and kept."""


class StatusRule(models.Model):
    """How many days after a status is set the next update is due. The office edits it."""

    status = models.CharField(
        max_length=20, unique=True, choices=[(name, status_word(name)) for name in STATUSES]
    )
    position = models.PositiveSmallIntegerField(help_text="The place in lists.")
    days_to_follow_up = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        validators=[MaxValueValidator(MOST_DAYS, f"Please enter at most {MOST_DAYS} days.")],
        help_text="Calendar days to the next update; empty for none.",
    )

    class Meta:
        ordering: ClassVar[list[str]] = ["position"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=models.Q(status__in=list(STATUSES)), name="rule_status_is_canonical"
            ),
            models.CheckConstraint(
                condition=models.Q(days_to_follow_up__lte=MOST_DAYS), name="rule_days_within_a_year"
            ),
        ]

    def __str__(self) -> str:
        return status_word(self.status)
