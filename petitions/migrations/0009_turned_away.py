# How many forms get no mail, and why.

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('petitions', '0008_offer_epochs'),
    ]

    operations = [
        migrations.CreateModel(
            name='TurnedAway',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('hour', models.DateTimeField()),
                ('why', models.CharField(choices=[('network', 'Their network had mails waiting for two days'), ('domain', 'Their mail provider had mails waiting for two days'), ('address', 'Their address had all the mails of a day'), ('trap', 'They filled in a field that nobody sees')], max_length=7)),
                ('forms', models.PositiveIntegerField()),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('hour', 'why'), name='turned_away_once_an_hour')],
            },
        ),
    ]
