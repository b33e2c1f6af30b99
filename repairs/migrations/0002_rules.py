"""The first rules per status; the office edits them afterwards."""

from typing import Any

from django.db import migrations

# As they were then: a status that came later has a migration of its own, after the one that lets the tables hold it.
DAYS = (
    ("TO SEND", 3),
    ("WAITING QUOTE", 7),
    ("APPROVED", 10),
    ("IN WORK", 10),
    ("SHIPPED", 5),
    ("RECEIVED", 3),
    ("COMPLETE", None),
    ("PAID", None),
    ("BER", None),
    ("RAI", None),
    ("CANCELLED", None),
    ("SCRAP", None),
)


def write_rules(apps: Any, schema_editor: Any) -> None:
    rule_model = apps.get_model("repairs", "StatusRule")
    for position, (status, days) in enumerate(DAYS):
        rule_model.objects.get_or_create(
            status=status, defaults={"position": position, "days_to_follow_up": days}
        )


class Migration(migrations.Migration):
    dependencies = [("repairs", "0001_initial")]
    operations = [migrations.RunPython(write_rules, migrations.RunPython.noop)]
