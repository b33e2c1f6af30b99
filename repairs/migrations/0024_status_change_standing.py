from django.db import migrations, models


class Migration(migrations.Migration):
    """Old code leaves the column out: what it takes back stays a fact, as it was before."""

    dependencies = [
        ("repairs", "0023_note_taken_back"),
    ]

    operations = [
        migrations.AddField(
            model_name="statuschange",
            name="standing",
            field=models.CharField(
                choices=[
                    ("stands", "stands"),
                    ("taken back", "was taken back"),
                    ("takes back", "takes another one back"),
                ],
                db_default="stands",
                default="stands",
                max_length=10,
            ),
        ),
    ]
