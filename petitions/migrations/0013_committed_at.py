from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("petitions", "0012_returns")]

    operations = [
        migrations.AddField(
            model_name="delivery",
            name="committed_at",
            field=models.DateTimeField(editable=False, null=True),
        ),
    ]
