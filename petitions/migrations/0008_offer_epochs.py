# Which offers hold details that are lost with a key.

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('petitions', '0007_languages'),
    ]

    operations = [
        migrations.AddField(
            model_name='offer',
            name='epoch',
            field=models.CharField(blank=True, db_default='', default='', max_length=8),
        ),
    ]
