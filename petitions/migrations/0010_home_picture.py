# A share picture without a petition is the home page's.

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('petitions', '0009_turned_away'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='sharepicture',
            name='share_picture_once_per_language',
        ),
        migrations.AlterField(
            model_name='sharepicture',
            name='petition',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='pictures', to='petitions.petition', verbose_name='petition'),
        ),
        migrations.AddConstraint(
            model_name='sharepicture',
            constraint=models.UniqueConstraint(fields=('petition', 'language'), name='share_picture_once_per_language', nulls_distinct=False),
        ),
        # On the way back, before a petition is asked for again.
        migrations.RunSQL(
            migrations.RunSQL.noop,
            reverse_sql='DELETE FROM petitions_sharepicture WHERE petition_id IS NULL',
        ),
    ]
