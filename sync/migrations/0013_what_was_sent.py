from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("sync", "0012_unclear_closings"),
    ]

    operations = [
        migrations.AddField(
            model_name="beforeimage",
            name="sent",
            field=models.BinaryField(help_text="What was sent to the sheets since, compressed.", null=True),
        ),
    ]
