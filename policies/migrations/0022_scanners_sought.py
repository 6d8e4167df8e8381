from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('policies', '0021_missing_since'),
    ]

    operations = [
        migrations.RemoveField(
            model_name='otherscanner',
            name='traced_at',
        ),
        migrations.AddField(
            model_name='otherscanner',
            name='sought',
            field=models.JSONField(default=list),
        ),
    ]
