from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('repairs', '0016_order_writings'),
    ]

    operations = [
        migrations.AddField(
            model_name='orderwriting',
            name='order_key',
            field=models.BigIntegerField(null=True),
        ),
    ]
