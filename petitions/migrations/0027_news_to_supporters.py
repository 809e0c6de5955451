# News in organizers' own words, to a part of the subscribers.

import django.contrib.postgres.fields
import django.core.validators
import django.db.models.deletion
import petitions.models.news_letter
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('petitions', '0024_petition_life'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='NewsText',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('language', models.CharField(choices=[('en', 'English'), ('uk', 'Українська'), ('ru', 'Русский'), ('be', 'Беларуская'), ('de', 'Deutsch'), ('fr', 'Français'), ('pl', 'Polski'), ('lt', 'Lietuvių')], max_length=8, verbose_name='language')),
                ('subject', models.CharField(help_text='Stands in the reader’s list of mails, and mail providers read along: no person’s name.', max_length=120, validators=[petitions.models.news_letter.check_subject], verbose_name='subject')),
                ('body', models.TextField(help_text='Markdown. The link that ends the news is added below it.', validators=[django.core.validators.MaxLengthValidator(20000), petitions.models.news_letter.check_news], verbose_name='mail')),
            ],
            options={
                'verbose_name': 'text',
                'verbose_name_plural': 'texts',
            },
        ),
        migrations.CreateModel(
            name='NewsTrial',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False)),
                ('language', models.CharField(blank=True, max_length=8, verbose_name='language')),
                ('box', models.BinaryField(null=True)),
                ('state', models.CharField(choices=[('waits', 'waits for the mailer'), ('sending', 'on its way'), ('sent', 'sent'), ('failed', 'not sent: the mail server did not take it')], default='waits', max_length=8, verbose_name='state')),
                ('asked_at', models.DateTimeField(verbose_name='time')),
            ],
            options={
                'verbose_name': 'test of news',
                'verbose_name_plural': 'tests of news',
                'default_permissions': (),
            },
        ),
        migrations.AddField(
            model_name='newsdelivery',
            name='booked',
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name='newsitem',
            name='ended',
            field=models.PositiveIntegerField(db_default=0, default=0, verbose_name='mailbox gone'),
        ),
        migrations.AddField(
            model_name='newsitem',
            name='resumed_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='newsitem',
            name='state',
            field=models.CharField(choices=[('going', 'going out'), ('paused', 'paused'), ('stopped', 'stopped')], db_default='going', default='going', max_length=8, verbose_name='state'),
        ),
        migrations.AddField(
            model_name='newssubscriber',
            name='country',
            field=models.CharField(blank=True, db_default='', default='', max_length=2, verbose_name='country'),
        ),
        migrations.AddField(
            model_name='newssubscriber',
            name='petition_ids',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), db_default=[], default=list, size=None),
        ),
        migrations.AddField(
            model_name='newssubscriber',
            name='refusals',
            field=models.PositiveSmallIntegerField(db_default=0, default=0),
        ),
        migrations.AlterField(
            model_name='auditentry',
            name='action',
            field=models.CharField(choices=[('export', 'exported signatures'), ('search', 'searched for an address'), ('read', "read a signer's details"), ('publish', 'showed names on the site'), ('hide', 'hid names on the site'), ('approve', 'approved letters'), ('pause', 'paused letters'), ('resume', 'resumed letters'), ('tell', 'told subscribers'), ('rights', 'changed who may do what'), ('sign_out', 'ended sessions'), ('reset', 'removed a second factor'), ('try_news', 'sent news as a test'), ('hold_news', 'paused news'), ('go_news', 'let news go on'), ('stop_news', 'stopped news'), ('state', 'opened or ended a petition'), ('address', "changed a petition's address")], max_length=10, verbose_name='what'),
        ),
        migrations.AlterField(
            model_name='newsitem',
            name='answer',
            field=models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='news', to='petitions.answer', verbose_name='answer'),
        ),
        migrations.CreateModel(
            name='NewsLetter',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('countries', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=2), blank=True, default=list, size=None, verbose_name='countries')),
                ('languages', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=8), blank=True, default=list, size=None, verbose_name='languages')),
                ('others', models.CharField(choices=[('first', 'They get it in the campaign’s first language.'), ('left_out', 'They get nothing.')], default='first', max_length=8, verbose_name='who reads another language')),
                ('changed_at', models.DateTimeField(auto_now=True, verbose_name='changed')),
                ('about', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='petitions.petition', verbose_name='link to the petition')),
                ('petitions', models.ManyToManyField(blank=True, related_name='+', to='petitions.petition', verbose_name='who signed')),
            ],
            options={
                'verbose_name': 'news in own words',
                'verbose_name_plural': 'news in own words',
                'ordering': ['-changed_at'],
            },
        ),
        migrations.AddField(
            model_name='newsitem',
            name='letter',
            field=models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='news', to='petitions.newsletter', verbose_name='own words'),
        ),
        migrations.AddConstraint(
            model_name='newsitem',
            constraint=models.CheckConstraint(condition=models.Q(('answer__isnull', True), ('letter__isnull', True), _connector='XOR'), name='news_item_of_one_thing'),
        ),
        migrations.AddField(
            model_name='newstext',
            name='letter',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='texts', to='petitions.newsletter'),
        ),
        migrations.AddField(
            model_name='newstrial',
            name='asked_by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='who'),
        ),
        migrations.AddField(
            model_name='newstrial',
            name='letter',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='trials', to='petitions.newsletter'),
        ),
        migrations.AddConstraint(
            model_name='newstext',
            constraint=models.UniqueConstraint(fields=('letter', 'language'), name='news_text_once_per_language'),
        ),
    ]
