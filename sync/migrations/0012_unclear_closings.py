from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("sync", "0011_forgiven"),
    ]

    operations = [
        migrations.AddField(
            model_name="workbook",
            name="unclear_closings",
            field=models.PositiveIntegerField(
                default=0, db_default=0, help_text="Visits that could not tell whether that session was closed."
            ),
        ),
    ]
