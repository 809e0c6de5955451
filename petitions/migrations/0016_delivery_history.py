# What became of each try. Of letters that were sent before there was a history, their last line.

import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

SENT_BEFORE = """
INSERT INTO petitions_deliveryevent (delivery_id, at, state, try_number, words)
SELECT id, sent_at, state, tries, reply FROM petitions_delivery
WHERE state = 'sent' AND sent_at IS NOT NULL
ORDER BY sent_at, id
"""


class Migration(migrations.Migration):
    dependencies = [("petitions", "0015_returned_ways")]

    operations = [
        migrations.CreateModel(
            name="DeliveryEvent",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), verbose_name="when"
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("ready", "ready"),
                            ("sending", "sending"),
                            ("committing", "handing over"),
                            ("sent", "sent"),
                            ("failed", "failed"),
                            ("uncertain", "uncertain"),
                        ],
                        max_length=10,
                        verbose_name="state",
                    ),
                ),
                ("try_number", models.PositiveIntegerField(verbose_name="try")),
                ("words", models.TextField(blank=True, verbose_name="words")),
                (
                    "delivery",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="events",
                        to="petitions.delivery",
                    ),
                ),
            ],
            options={
                "verbose_name": "event",
                "verbose_name_plural": "history",
                "ordering": ["id"],
                "default_permissions": (),
            },
        ),
        migrations.RunSQL(SENT_BEFORE, migrations.RunSQL.noop),
    ]
