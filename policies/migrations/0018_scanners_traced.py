from django.db import migrations, models


class Migration(migrations.Migration):
    """What a scanner targets is read anew, as alternatives, by the next reading of its account and Region."""

    dependencies = [
        ("policies", "0017_association_settings"),
    ]

    operations = [
        migrations.RemoveField(
            model_name="otherscanner",
            name="targets",
        ),
        migrations.AddField(
            model_name="otherscanner",
            name="alternatives",
            field=models.JSONField(default=list),
        ),
        migrations.AddField(
            model_name="otherscanner",
            name="commands",
            field=models.JSONField(default=dict),
        ),
        migrations.AddField(
            model_name="otherscanner",
            name="traced_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="shard",
            name="windows_left",
            field=models.JSONField(default=list),
        ),
        migrations.AddField(
            model_name="shard",
            name="windows_listed_at",
            field=models.DateTimeField(null=True),
        ),
    ]
