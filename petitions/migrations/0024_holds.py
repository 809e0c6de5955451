# Signatures out of the count, what looks suspicious, and names that were looked at.

import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('petitions', '0023_news_to_supporters'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='BlockedWord',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('language', models.CharField(choices=[('en', 'English'), ('uk', 'Українська'), ('ru', 'Русский'), ('be', 'Беларуская'), ('de', 'Deutsch'), ('fr', 'Français'), ('pl', 'Polski'), ('lt', 'Lietuvių')], max_length=8, verbose_name='language')),
                ('word', models.CharField(help_text='As it is written; an asterisk at its end stands for any ending.', max_length=60, verbose_name='word')),
            ],
            options={
                'verbose_name': 'word to look at',
                'verbose_name_plural': 'words to look at',
                'ordering': ['language', 'word'],
            },
        ),
        migrations.CreateModel(
            name='Hold',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('why', models.CharField(choices=[('burst', 'too many in an hour'), ('network', 'a crowd from one network'), ('throw_away', 'throw-away addresses'), ('look_alike', 'addresses that look alike'), ('names', 'names that look alike'), ('other', 'another reason')], max_length=10, verbose_name='why')),
                ('reason', models.CharField(max_length=500, validators=[django.core.validators.MinLengthValidator(10)], verbose_name='in words')),
                ('at', models.DateTimeField(auto_now_add=True, verbose_name='since')),
                ('taken', models.PositiveIntegerField(default=0, verbose_name='taken out')),
            ],
            options={
                'verbose_name': 'hold of signatures',
                'verbose_name_plural': 'holds of signatures',
                'ordering': ['-at', '-id'],
            },
        ),
        migrations.CreateModel(
            name='SignedHour',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('hour', models.DateTimeField()),
                ('signed', models.PositiveIntegerField()),
                ('throw_away', models.PositiveIntegerField()),
            ],
        ),
        migrations.CreateModel(
            name='Suspicion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('burst', 'many times more than usual in an hour'), ('network', 'a crowd from one network'), ('throw_away', 'many throw-away addresses in an hour')], max_length=10, verbose_name='what')),
                ('hour', models.DateTimeField(verbose_name='hour')),
                ('mark', models.BinaryField(default=b'', max_length=8)),
                ('count', models.PositiveIntegerField(verbose_name='signatures')),
                ('usual', models.PositiveIntegerField(null=True, verbose_name='usual')),
                ('settled_at', models.DateTimeField(null=True)),
                ('settled_count', models.PositiveIntegerField(db_default=0, default=0)),
            ],
            options={
                'verbose_name': 'suspicion',
                'verbose_name_plural': 'suspicious patterns',
                'ordering': ['-hour', 'kind', 'petition'],
            },
        ),
        migrations.AlterModelOptions(
            name='signature',
            options={'ordering': ['-confirmed_hour', 'id'], 'permissions': [('read_details', 'Can read and search for signers'), ('export_signature', 'Can export signatures'), ('publish_name', "Can show signers' names on the site"), ('hold_signature', 'Can take signatures out of the count')], 'verbose_name': 'signature', 'verbose_name_plural': 'signatures'},
        ),
        migrations.RemoveIndex(
            model_name='signature',
            name='signature_not_in_batch',
        ),
        migrations.RemoveIndex(
            model_name='signature',
            name='signature_named_in_public',
        ),
        migrations.AddField(
            model_name='signature',
            name='crowd',
            field=models.BinaryField(max_length=8, null=True),
        ),
        migrations.AddField(
            model_name='signature',
            name='name_hidden',
            field=models.BooleanField(db_default=False, default=False, help_text='An organizer has looked at the name and does not show it.'),
        ),
        migrations.AddField(
            model_name='signrequest',
            name='crowd',
            field=models.BinaryField(max_length=8, null=True),
        ),
        migrations.AddField(
            model_name='tally',
            name='held',
            field=models.IntegerField(db_default=0, default=0),
        ),
        migrations.AddConstraint(
            model_name='blockedword',
            constraint=models.UniqueConstraint(fields=('language', 'word'), name='blocked_word_once', violation_error_message='This word is in the list already.'),
        ),
        migrations.AddField(
            model_name='hold',
            name='by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, to=settings.AUTH_USER_MODEL, verbose_name='who'),
        ),
        migrations.AddField(
            model_name='signature',
            name='hold',
            field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='signatures', to='petitions.hold', verbose_name='taken out of the count'),
        ),
        migrations.AddIndex(
            model_name='signature',
            index=models.Index(condition=models.Q(('batch__isnull', True), ('hold__isnull', True)), fields=['petition'], name='signature_not_in_batch'),
        ),
        migrations.AddIndex(
            model_name='signature',
            index=models.Index(condition=models.Q(models.Q(('public_name', ''), _negated=True), ('hold__isnull', True)), fields=['petition', '-confirmed_hour', 'id'], name='signature_named_in_public'),
        ),
        migrations.AddIndex(
            model_name='signature',
            index=models.Index(condition=models.Q(('hold__isnull', True), ('name_hidden', False), ('public_name', ''), ('visibility', 'public')), fields=['-confirmed_hour', 'id'], name='signature_name_to_look_at'),
        ),
        migrations.AddIndex(
            model_name='signature',
            index=models.Index(condition=models.Q(('hold__isnull', False)), fields=['hold'], name='signature_held'),
        ),
        migrations.AddIndex(
            model_name='signature',
            index=models.Index(condition=models.Q(('crowd__isnull', False)), fields=['petition', 'crowd'], name='signature_in_a_crowd'),
        ),
        migrations.AddField(
            model_name='signedhour',
            name='petition',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, to='petitions.petition'),
        ),
        migrations.AddField(
            model_name='suspicion',
            name='petition',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to='petitions.petition', verbose_name='petition'),
        ),
        migrations.AddField(
            model_name='suspicion',
            name='settled_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddConstraint(
            model_name='signedhour',
            constraint=models.UniqueConstraint(fields=('petition', 'hour'), name='signed_hour_once'),
        ),
        migrations.AddConstraint(
            model_name='suspicion',
            constraint=models.UniqueConstraint(fields=('kind', 'petition', 'hour', 'mark'), name='suspicion_once'),
        ),
    ]
