from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def tell_places(apps: Apps, _: BaseDatabaseSchemaEditor) -> None:
    """Keys told rows and tell places from now on: hold:ID:MOMENT a policy, shard:ID an account-Region.

    An alert of a policy or an account-Region that is gone altogether has no place and is forgotten.
    """
    policies, shards = apps.get_model("policies", "Policy").objects, apps.get_model("policies", "Shard").objects
    by_name = dict(policies.order_by("pk").values_list("name", "configuration_id"))
    by_row = {str(pk): f"shard:{account_id}:{region}"
              for pk, account_id, region in shards.values_list("pk", "account_id", "region")}
    for alert in apps.get_model("policies", "Alert").objects.filter(kind__in=("sync-held", "shard-stale")):
        _kind, row, *moment = alert.key.split(":", 2)
        if alert.kind == "shard-stale":
            key = by_row.get(row)
        else:
            configuration_id = by_name.get(alert.values.get("policy"))
            key = ":".join(["hold", configuration_id, *moment]) if configuration_id else None
        if key is None:
            alert.delete()
        else:
            alert.key = key
            alert.save(update_fields=["key"])


class Migration(migrations.Migration):
    dependencies = [
        ("policies", "0027_baselines_by_end_of_id"),
    ]

    operations = [
        migrations.RunPython(tell_places, migrations.RunPython.noop),
    ]
