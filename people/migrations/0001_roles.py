"""The groups that are the roles. Who had an account before there were roles keeps what they could do."""

from typing import Any

from django.db import migrations

ROLES = ("Viewer", "Technician", "Office", "Admin")


def make(apps: Any, schema_editor: Any) -> None:
    Group = apps.get_model("auth", "Group")
    User = apps.get_model("auth", "User")
    groups = {name: Group.objects.get_or_create(name=name)[0] for name in ROLES}
    for person in User.objects.filter(groups=None):
        person.groups.add(groups["Admin" if person.is_superuser else "Office"])


class Migration(migrations.Migration):
    dependencies = [("auth", "0012_alter_user_first_name_max_length")]
    operations = [migrations.RunPython(make, migrations.RunPython.noop)]
