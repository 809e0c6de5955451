# The seven other languages of the site, and what offices are called in them.

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('petitions', '0006_bots'),
    ]

    operations = [
        migrations.AlterField(
            model_name='answer',
            name='language',
            field=models.CharField(choices=[('en', 'English'), ('uk', 'Українська'), ('ru', 'Русский'), ('be', 'Беларуская'), ('de', 'Deutsch'), ('fr', 'Français'), ('pl', 'Polski'), ('lt', 'Lietuvių')], default='en', max_length=8, verbose_name='language'),
        ),
        migrations.AlterField(
            model_name='office',
            name='language',
            field=models.CharField(choices=[('en', 'English'), ('uk', 'Українська'), ('ru', 'Русский'), ('be', 'Беларуская'), ('de', 'Deutsch'), ('fr', 'Français'), ('pl', 'Polski'), ('lt', 'Lietuvių')], default='en', max_length=8, verbose_name='language'),
        ),
        migrations.AlterField(
            model_name='page',
            name='language',
            field=models.CharField(choices=[('en', 'English'), ('uk', 'Українська'), ('ru', 'Русский'), ('be', 'Беларуская'), ('de', 'Deutsch'), ('fr', 'Français'), ('pl', 'Polski'), ('lt', 'Lietuvių')], max_length=8, verbose_name='language'),
        ),
        migrations.AlterField(
            model_name='petitiontext',
            name='language',
            field=models.CharField(choices=[('en', 'English'), ('uk', 'Українська'), ('ru', 'Русский'), ('be', 'Беларуская'), ('de', 'Deutsch'), ('fr', 'Français'), ('pl', 'Polski'), ('lt', 'Lietuvių')], max_length=8, verbose_name='language'),
        ),
        migrations.AlterField(
            model_name='petitionupdate',
            name='language',
            field=models.CharField(choices=[('en', 'English'), ('uk', 'Українська'), ('ru', 'Русский'), ('be', 'Беларуская'), ('de', 'Deutsch'), ('fr', 'Français'), ('pl', 'Polski'), ('lt', 'Lietuvių')], max_length=8, verbose_name='language'),
        ),
        migrations.AlterField(
            model_name='signature',
            name='language',
            field=models.CharField(choices=[('en', 'English'), ('uk', 'Українська'), ('ru', 'Русский'), ('be', 'Беларуская'), ('de', 'Deutsch'), ('fr', 'Français'), ('pl', 'Polski'), ('lt', 'Lietuvių')], max_length=8, verbose_name='language'),
        ),
        migrations.CreateModel(
            name='OfficeName',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('language', models.CharField(choices=[('en', 'English'), ('uk', 'Українська'), ('ru', 'Русский'), ('be', 'Беларуская'), ('de', 'Deutsch'), ('fr', 'Français'), ('pl', 'Polski'), ('lt', 'Lietuvių')], max_length=8, verbose_name='language')),
                ('name', models.CharField(max_length=150, verbose_name='office')),
                ('organisation', models.CharField(max_length=150, verbose_name='organisation')),
                ('office', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='names', to='petitions.office')),
            ],
            options={
                'verbose_name': 'name in another language',
                'verbose_name_plural': 'names in other languages',
                'ordering': ['language'],
                'constraints': [models.UniqueConstraint(fields=('office', 'language'), name='office_name_once_per_language')],
            },
        ),
    ]
