import django.db.models.functions.comparison
import django.db.models.functions.text
from django.db import migrations, models

import repairs.models.searched


class Migration(migrations.Migration):

    dependencies = [
        ('repairs', '0013_order_list_indexes'),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name='repairorder',
            name='order_searched',
        ),
        migrations.RemoveField(
            model_name='repairorder',
            name='search',
        ),
        migrations.AddField(
            model_name='repairorder',
            name='search',
            field=models.GeneratedField(db_persist=True, expression=django.db.models.functions.text.Lower(django.db.models.functions.text.Left(django.db.models.functions.text.Concat(models.Value('g'), django.db.models.functions.comparison.Cast('number', models.CharField()), models.Value(' '), django.db.models.functions.text.Replace(django.db.models.functions.text.Replace('part_number', models.Value('-'), models.Value('')), models.Value(' '), models.Value('')), models.Value(' '), django.db.models.functions.text.Replace(django.db.models.functions.text.Replace('serial_number', models.Value('-'), models.Value('')), models.Value(' '), models.Value('')), models.Value(' '), django.db.models.functions.text.Replace('description', models.Value('-'), models.Value(''))), 700)), output_field=repairs.models.searched.SearchedText(max_length=700)),
        ),
        migrations.AddIndex(
            model_name='repairorder',
            index=models.Index(fields=['search', 'shop', 'sheet', 'number'], name='order_searched'),
        ),
    ]
