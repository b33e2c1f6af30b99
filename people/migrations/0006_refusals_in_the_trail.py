from django.db import migrations, models


class Migration(migrations.Migration):
    """The kinds of events are known to the program alone; the column stays as it is."""

    dependencies = [
        ('people', '0005_links_in_the_trail'),
    ]

    operations = [
        migrations.AlterField(
            model_name='accountevent',
            name='kind',
            field=models.CharField(choices=[
                ('signed in', 'Signed In'), ('signed out', 'Signed Out'), ('sign-in failed', 'Failed'),
                ('sign-in refused', 'Refused'), ('account made', 'Made'), ('account changed', 'Changed'),
                ('role given', 'Role Given'), ('role taken', 'Role Taken'), ('account deleted', 'Deleted'),
                ('invited', 'Invited'), ('invitation changed', 'Reinvited'), ('invitation used', 'Came'),
                ('invitation withdrawn', 'Uninvited'), ('Microsoft linked', 'Linked'),
                ('Microsoft unlinked', 'Unlinked'),
            ], max_length=20),
        ),
    ]
