from django.db import migrations, models


class Migration(migrations.Migration):
    """The kinds of events are known to the program alone; the column stays as it is."""

    dependencies = [
        ('people', '0003_sign_in'),
    ]

    operations = [
        migrations.AlterField(
            model_name='accountevent',
            name='kind',
            field=models.CharField(choices=[
                ('signed in', 'Signed In'), ('signed out', 'Signed Out'), ('sign-in failed', 'Failed'),
                ('account made', 'Made'), ('account changed', 'Changed'), ('role given', 'Role Given'),
                ('role taken', 'Role Taken'), ('account deleted', 'Deleted'), ('invited', 'Invited'),
                ('invitation changed', 'Reinvited'), ('invitation used', 'Came'),
                ('invitation withdrawn', 'Uninvited'),
            ], max_length=20),
        ),
    ]
