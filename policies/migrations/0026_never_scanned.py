from django.db import migrations, models
from django.db.models import Count, OuterRef, Subquery
from django.db.models.functions import Coalesce


def count_unscanned(apps, _schema_editor):
    """What each reading counts from now on, for shards that were read before."""
    nodes = apps.get_model("policies", "Node").objects.filter(shard=OuterRef("pk"), gone_at=None).order_by()
    unscanned = nodes.filter(compliance__findings="never_scanned").values("shard").annotate(count=Count("pk"))
    shards = apps.get_model("policies", "Shard").objects
    shards.update(unscanned_count=Coalesce(Subquery(unscanned.values("count")), 0))


class Migration(migrations.Migration):

    dependencies = [
        ('policies', '0025_readings_counted'),
    ]

    operations = [
        migrations.AddField(
            model_name='shard',
            name='unscanned_count',
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.RunPython(count_unscanned, migrations.RunPython.noop),
    ]
