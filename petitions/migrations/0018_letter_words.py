# The words of letters hold placeholders, and are checked when they are saved.

import django.core.validators
from django.db import migrations, models

import petitions.models.letter_words


class Migration(migrations.Migration):

    dependencies = [
        ('petitions', '0017_pace_and_limit'),
    ]

    operations = [
        migrations.AlterField(
            model_name='petitiontext',
            name='letter_subject',
            field=models.CharField(max_length=120, validators=[petitions.models.letter_words.check_line], verbose_name='letter: subject'),
        ),
        migrations.AlterField(
            model_name='petitiontext',
            name='letter_salutation',
            field=models.CharField(max_length=150, validators=[petitions.models.letter_words.check_line], verbose_name='letter: salutation'),
        ),
        migrations.AlterField(
            model_name='petitiontext',
            name='letter',
            field=models.TextField(help_text='Markdown. The exact text that signers put their names to.', validators=[django.core.validators.MaxLengthValidator(10000), petitions.models.letter_words.check_letter], verbose_name='letter'),
        ),
    ]
