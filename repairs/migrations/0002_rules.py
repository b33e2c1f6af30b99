"""The first rules per status; the office edits them afterwards."""

from typing import Any

from django.db import migrations

from repairs.statuses import STATUSES


def write_rules(apps: Any, schema_editor: Any) -> None:
    rule_model = apps.get_model("repairs", "StatusRule")
    for position, status in enumerate(STATUSES.values()):
        rule_model.objects.get_or_create(
            status=status.name, defaults={"position": position, "days_to_follow_up": status.days}
        )


class Migration(migrations.Migration):
    dependencies = [("repairs", "0001_initial")]
    operations = [migrations.RunPython(write_rules, migrations.RunPython.noop)]
