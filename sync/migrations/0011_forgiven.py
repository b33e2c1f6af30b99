from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("sync", "0010_odd_rows"),
    ]

    operations = [
        migrations.AddField(
            model_name="run",
            name="forgiven",
            field=models.PositiveIntegerField(
                default=0,
                db_default=0,
                help_text="Attempts before a person took it up; they don't count towards giving up.",
            ),
        ),
    ]
