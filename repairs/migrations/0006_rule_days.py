"""A rule leads at most a year ahead. Longer ones, which broke every change to their status, become a year."""

from typing import Any

import django.core.validators
from django.db import migrations, models

MOST_DAYS = 365


def shorten(apps: Any, schema_editor: Any) -> None:
    rules = apps.get_model("repairs", "StatusRule").objects
    rules.filter(days_to_follow_up__gt=MOST_DAYS).update(days_to_follow_up=MOST_DAYS)


class Migration(migrations.Migration):

    dependencies = [
        ('repairs', '0005_inventory'),
    ]

    operations = [
        migrations.RunPython(shorten, migrations.RunPython.noop),
        migrations.AlterField(
            model_name='statusrule',
            name='days_to_follow_up',
            field=models.PositiveSmallIntegerField(blank=True, help_text='Calendar days to the next update; empty for none.', null=True, validators=[django.core.validators.MaxValueValidator(MOST_DAYS, f'Please enter at most {MOST_DAYS} days.')]),
        ),
        migrations.AddConstraint(
            model_name='statusrule',
            constraint=models.CheckConstraint(condition=models.Q(('days_to_follow_up__lte', MOST_DAYS)), name='rule_days_within_a_year'),
        ),
    ]
