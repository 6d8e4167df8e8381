from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def forget(apps: Apps, _: BaseDatabaseSchemaEditor) -> None:
    """Their keys told rows instead of places. What still holds is found again within minutes."""
    apps.get_model("policies", "Alert").objects.filter(kind__in=("sync-held", "shard-stale")).delete()


class Migration(migrations.Migration):
    dependencies = [
        ("policies", "0027_baselines_by_end_of_id"),
    ]

    operations = [
        migrations.RunPython(forget, migrations.RunPython.noop),
    ]
