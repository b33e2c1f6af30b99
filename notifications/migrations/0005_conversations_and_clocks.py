from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('notifications', '0004_delivery_certainty'),
    ]

    operations = [
        migrations.AddField(
            model_name='notification',
            name='own_subject',
            field=models.BooleanField(default=False, help_text='A person wrote the subject: the mail begins a conversation of its own.'),
        ),
        migrations.AddField(
            model_name='delivery',
            name='given_subject',
            field=models.TextField(blank=True, default='', help_text='The subject that Outlook gave it, where it answers a mail.'),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name='delivery',
            name='look_at',
            field=models.DateTimeField(blank=True, help_text='When Outlook is asked again about a mail of which it is not known.', null=True),
        ),
        migrations.AddField(
            model_name='outlookbox',
            name='asked_at',
            field=models.DateTimeField(blank=True, help_text='When Microsoft asked for that.', null=True),
        ),
        migrations.RemoveField(model_name='outlookbox', name='trouble'),
    ]
