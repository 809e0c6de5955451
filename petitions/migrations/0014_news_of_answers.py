# What those who asked for news hear of, and the mails that are on their way to them.

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('petitions', '0013_committed_at'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterField(
            model_name='auditentry',
            name='action',
            field=models.CharField(choices=[('export', 'exported signatures'), ('search', 'searched for an address'), ('read', "read a signer's details"), ('publish', 'showed names on the site'), ('approve', 'approved letters'), ('pause', 'paused letters'), ('resume', 'resumed letters'), ('tell', 'told subscribers of an answer')], max_length=10, verbose_name='what'),
        ),
        migrations.CreateModel(
            name='NewsItem',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('told_at', models.DateTimeField(verbose_name='told')),
                ('recipients', models.PositiveIntegerField(verbose_name='recipients')),
                ('sent', models.PositiveIntegerField(default=0, verbose_name='sent')),
                ('failed', models.PositiveIntegerField(default=0, verbose_name='failed')),
                ('answer', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='news', to='petitions.answer', verbose_name='answer')),
                ('told_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='who')),
            ],
            options={
                'verbose_name': 'news item',
                'verbose_name_plural': 'news',
                'ordering': ['-told_at'],
                'permissions': [('tell_subscribers', 'Can tell subscribers of an answer')],
            },
        ),
        migrations.CreateModel(
            name='NewsDelivery',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('state', models.CharField(choices=[('ready', 'ready'), ('sending', 'sending'), ('committing', 'handing over'), ('uncertain', 'uncertain')], default='ready', max_length=10)),
                ('due_at', models.DateTimeField()),
                ('tries', models.PositiveIntegerField(db_default=0, default=0)),
                ('fence', models.PositiveIntegerField(db_default=0, default=0)),
                ('lease_until', models.DateTimeField(null=True)),
                ('committed_at', models.DateTimeField(null=True)),
                ('subscriber', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='deliveries', to='petitions.newssubscriber')),
                ('item', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='deliveries', to='petitions.newsitem')),
            ],
            options={
                'verbose_name': 'delivery of news',
                'verbose_name_plural': 'deliveries of news',
                'indexes': [models.Index(condition=models.Q(('state', 'ready')), fields=['due_at', 'id'], name='news_delivery_due'), models.Index(condition=models.Q(('lease_until__isnull', False)), fields=['lease_until'], name='news_delivery_lease')],
                'constraints': [models.UniqueConstraint(fields=('item', 'subscriber'), name='news_delivery_once_per_subscriber')],
            },
        ),
    ]
