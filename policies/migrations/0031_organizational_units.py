from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("policies", "0030_cause_of_a_gone_association")]

    operations = [
        migrations.CreateModel(
            name="OrganizationalUnit",
            fields=[
                ("unit_id", models.CharField(max_length=68, primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=128)),
                ("path", models.CharField(max_length=700)),
            ],
            options={"ordering": ["path"]},
        ),
    ]
