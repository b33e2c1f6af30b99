from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("sync", "0002_run_about"),
    ]

    operations = [
        migrations.RemoveField(
            model_name="replica",
            name="tries",
        ),
    ]
