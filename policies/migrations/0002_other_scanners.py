import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('policies', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='OtherScanner',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('association_id', models.CharField(max_length=36)),
                ('name', models.CharField(blank=True, max_length=128)),
                ('document', models.CharField(max_length=128)),
                ('schedule', models.CharField(blank=True, max_length=256)),
                ('targets', models.JSONField(default=list)),
                ('shard', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='other_scanners', to='policies.shard')),
            ],
            options={
                'ordering': ['name', 'association_id'],
                'constraints': [models.UniqueConstraint(fields=('shard', 'association_id'), name='other_scanner_once')],
            },
        ),
    ]
