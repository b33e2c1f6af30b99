from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("sync", "0004_asked_at"),
    ]

    operations = [
        migrations.AddField(
            model_name="workbook",
            name="found_drives",
            field=models.JSONField(
                blank=True,
                default=dict,
                help_text="SharePoint sites and their drives; asked for where no drive is configured.",
            ),
        ),
    ]
