# When letters go out: office hours, approval, pauses, and batches by number.

import django.core.validators
import django.db.models.deletion
import petitions.models.office
from django.conf import settings
from django.db import migrations, models
from django.utils import timezone


def approve_what_was_sent(apps, schema_editor):
    """Who has sent letters before has approved them."""
    petitions = apps.get_model('petitions', 'Petition').objects
    petitions.filter(batches__deliveries__state='sent').update(letters_approved_at=timezone.now())


class Migration(migrations.Migration):

    dependencies = [
        ('petitions', '0010_home_picture'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Pause',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reason', models.CharField(max_length=500, validators=[django.core.validators.MinLengthValidator(10)], verbose_name='why')),
                ('since', models.DateTimeField(auto_now_add=True, verbose_name='since')),
            ],
            options={
                'verbose_name': 'pause of letters',
                'verbose_name_plural': 'pauses of letters',
                'ordering': ['since'],
            },
        ),
        migrations.AlterModelOptions(
            name='petition',
            options={'ordering': ['number'], 'permissions': [('approve_letters', "Can approve a petition's letters")], 'verbose_name': 'petition', 'verbose_name_plural': 'petitions'},
        ),
        migrations.AddField(
            model_name='delivery',
            name='waits_for_hours',
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name='office',
            name='time_zone',
            field=models.CharField(blank=True, default='UTC', help_text='For example “Europe/Vilnius”: letters arrive there from Monday to Friday, 8:00 to 18:00. Empty: at any time.', max_length=64, validators=[petitions.models.office.validate_time_zone], verbose_name='time zone'),
        ),
        migrations.AddField(
            model_name='petition',
            name='batch_signatures',
            field=models.PositiveIntegerField(blank=True, help_text='As soon as so many are new, letters go out earlier. Empty: they never do.', null=True, verbose_name='signatures between letters'),
        ),
        migrations.AddField(
            model_name='petition',
            name='letters_approved_at',
            field=models.DateTimeField(editable=False, null=True, verbose_name='letters approved'),
        ),
        migrations.AddField(
            model_name='petition',
            name='letters_approved_by',
            field=models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='approved by'),
        ),
        migrations.AlterField(
            model_name='auditentry',
            name='action',
            field=models.CharField(choices=[('export', 'exported signatures'), ('search', 'searched for an address'), ('read', "read a signer's details"), ('publish', 'showed names on the site'), ('approve', 'approved letters'), ('pause', 'paused letters'), ('resume', 'resumed letters')], max_length=10, verbose_name='what'),
        ),
        migrations.AddConstraint(
            model_name='petition',
            constraint=models.CheckConstraint(condition=models.Q(('batch_signatures__gt', 0)), name='petition_batch_signatures_positive'),
        ),
        migrations.AddField(
            model_name='pause',
            name='by',
            field=models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, to=settings.AUTH_USER_MODEL, verbose_name='who'),
        ),
        migrations.AddField(
            model_name='pause',
            name='office',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, to='petitions.office', verbose_name='office'),
        ),
        migrations.AddField(
            model_name='pause',
            name='petition',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, to='petitions.petition', verbose_name='petition'),
        ),
        migrations.AddConstraint(
            model_name='pause',
            constraint=models.CheckConstraint(condition=models.Q(('petition', None), ('office', None), _connector='OR'), name='pause_of_one_thing', violation_error_message='Choose a petition or an office, or neither for all.'),
        ),
        migrations.AddConstraint(
            model_name='pause',
            constraint=models.UniqueConstraint(fields=('petition', 'office'), name='pause_once', nulls_distinct=False, violation_error_message='These letters are paused already.'),
        ),
        migrations.RunPython(approve_what_was_sent, migrations.RunPython.noop),
    ]
