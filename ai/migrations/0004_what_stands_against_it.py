from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("ai", "0003_briefs"),
    ]

    operations = [
        migrations.AddField(
            model_name="proposal",
            name="now",
            field=models.JSONField(
                blank=True, default=list, help_text="What stood against it in the end: field, value."
            ),
        ),
        migrations.AlterField(
            model_name="use",
            name="asked",
            field=models.JSONField(
                default=dict, help_text="The whole request as it was sent, with the tools that it offered."
            ),
        ),
    ]
