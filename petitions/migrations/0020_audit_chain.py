# Bind each entry of the audit trail to the one before it, and let nobody change one by mistake.

import hashlib
import json

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


def link_all(apps, _schema_editor):
    link = bytes(32)
    for entry in apps.get_model("petitions", "AuditEntry").objects.order_by("id").iterator():
        said = [
            entry.at.isoformat(),
            entry.user_id,
            entry.action,
            entry.selection,
            entry.count,
            entry.reason,
        ]
        link = hashlib.sha256(link + json.dumps(said).encode()).digest()
        entry.link = link
        entry.save(update_fields=["link"])


class Migration(migrations.Migration):
    dependencies = [
        ("petitions", "0019_office_page"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterField(
            model_name="auditentry",
            name="at",
            field=models.DateTimeField(verbose_name="time"),
        ),
        migrations.AlterField(
            model_name="auditentry",
            name="user",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                to=settings.AUTH_USER_MODEL,
                verbose_name="who",
            ),
        ),
        migrations.AlterField(
            model_name="auditentry",
            name="action",
            field=models.CharField(
                choices=[
                    ("export", "exported signatures"),
                    ("search", "searched for an address"),
                    ("read", "read a signer's details"),
                    ("publish", "showed names on the site"),
                    ("hide", "hid names on the site"),
                    ("approve", "approved letters"),
                    ("pause", "paused letters"),
                    ("resume", "resumed letters"),
                    ("tell", "told subscribers of an answer"),
                    ("rights", "changed who may do what"),
                    ("sign_out", "ended sessions"),
                    ("reset", "removed a second factor"),
                ],
                max_length=10,
                verbose_name="what",
            ),
        ),
        migrations.AddField(
            model_name="auditentry",
            name="link",
            field=models.BinaryField(default=b"", max_length=32),
            preserve_default=False,
        ),
        migrations.RunPython(link_all, migrations.RunPython.noop),
        migrations.RunSQL(
            """
            CREATE FUNCTION petitions_audit_stays() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN RAISE EXCEPTION 'the audit trail is only added to'; END $$;
            CREATE TRIGGER petitions_audit_stays BEFORE UPDATE OR DELETE ON petitions_auditentry
            FOR EACH ROW EXECUTE FUNCTION petitions_audit_stays();
            """,
            """
            DROP TRIGGER petitions_audit_stays ON petitions_auditentry;
            DROP FUNCTION petitions_audit_stays();
            """,
        ),
    ]
