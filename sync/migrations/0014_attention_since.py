from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("sync", "0013_what_was_sent"),
    ]

    operations = [
        migrations.AddField(
            model_name="replica",
            name="attention_since",
            field=models.DateTimeField(
                blank=True,
                help_text="Says nothing where there is no reason.",
                null=True,
                verbose_name="needs a person since",
            ),
        ),
    ]
