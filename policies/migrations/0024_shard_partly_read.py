from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('policies', '0023_missing_patches'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='shard',
            name='shard_status_is_known',
        ),
        migrations.AddConstraint(
            model_name='shard',
            constraint=models.CheckConstraint(
                condition=models.Q(status__in=['never', 'fresh', 'partial', 'failed']), name='shard_status_is_known'
            ),
        ),
    ]
