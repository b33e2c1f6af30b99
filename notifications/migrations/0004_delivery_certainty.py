from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('notifications', '0003_delivery_draft_begun'),
    ]

    operations = [
        migrations.RenameField(model_name='delivery', old_name='insisted', new_name='overwrites'),
        migrations.AlterField(
            model_name='delivery',
            name='overwrites',
            field=models.BooleanField(default=False, help_text='Its draft in Outlook may hold words that were approved before.'),
        ),
        migrations.AddField(
            model_name='delivery',
            name='may_be_gone',
            field=models.BooleanField(default=False, help_text='A person answered that it was not sent: that its draft is gone is no question.'),
        ),
        migrations.AddField(
            model_name='delivery',
            name='removing',
            field=models.BooleanField(default=False, help_text='We remove its draft from Outlook: that it lies in the bin is no question.'),
        ),
        migrations.AddField(
            model_name='delivery',
            name='outlook_at_send',
            field=models.DateTimeField(blank=True, help_text="The time by Outlook's own clock right before it was told to send.", null=True),
        ),
        migrations.AddField(
            model_name='delivery',
            name='sends_in_vain',
            field=models.PositiveIntegerField(default=0, help_text='After how many sends nothing but the draft was found.'),
        ),
        migrations.AlterField(
            model_name='delivery',
            name='failures',
            field=models.PositiveIntegerField(default=0, help_text='How often in a row Outlook was no help.'),
        ),
    ]
