from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("repairs", "0020_order_portion"),
    ]

    operations = [
        migrations.AddField(
            model_name="repairorder",
            name="form_key",
            field=models.UUIDField(
                editable=False,
                help_text="Of the form that made it, which makes no second one.",
                null=True,
                unique=True,
            ),
        ),
    ]
