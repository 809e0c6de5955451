# How fast letters follow each other to a mail domain, and how long one is tried.

import datetime

import django.db.models.functions.text
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("petitions", "0016_delivery_history")]

    operations = [
        migrations.CreateModel(
            name="ReceivingDomain",
            fields=[
                ("name", models.CharField(max_length=254, primary_key=True, serialize=False)),
                ("next_at", models.DateTimeField()),
            ],
            options={"default_permissions": ()},
        ),
        migrations.AddField(
            model_name="office",
            name="domain",
            field=models.GeneratedField(
                db_persist=True,
                expression=django.db.models.functions.text.Lower(
                    models.Func(
                        "email", models.Value("@"), models.Value(-1), function="split_part"
                    )
                ),
                output_field=models.CharField(max_length=254),
            ),
        ),
        migrations.AddField(
            model_name="delivery",
            name="put_off_for",
            field=models.DurationField(
                db_default=datetime.timedelta(0), default=datetime.timedelta, editable=False
            ),
        ),
        migrations.RemoveIndex(model_name="delivery", name="delivery_due"),
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(
                condition=models.Q(("state", "ready")),
                fields=["due_at", "id"],
                name="delivery_due",
            ),
        ),
    ]
