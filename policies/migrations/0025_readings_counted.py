from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('policies', '0024_shard_partly_read'),
    ]

    operations = [
        migrations.AddField(
            model_name='shard',
            name='readings',
            field=models.PositiveBigIntegerField(default=0),
        ),
        migrations.AddField(
            model_name='tally',
            name='readings',
            field=models.PositiveBigIntegerField(default=0),
        ),
    ]
