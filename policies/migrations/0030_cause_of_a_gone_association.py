from django.db import migrations, models

CAUSES = [
    "first-scan", "overwritten", "written-back", "baseline-changed", "install-ran", "install-failed", "reboot-pending",
    "rebooted", "new-patch", "delay-over", "newly-approved", "replaced", "changed-by-hand", "run-began",
    "run-succeeded", "run-failed", "run-unreached", "association-gone", "node-lost", "node-back", "result-lost",
    "unexplained",
]  # fmt: skip


class Migration(migrations.Migration):
    dependencies = [("policies", "0029_causes_of_lost_and_replaced")]

    operations = [
        migrations.RemoveConstraint(model_name="flip", name="flip_cause_is_known"),
        migrations.AddConstraint(
            model_name="flip",
            constraint=models.CheckConstraint(condition=models.Q(cause__in=CAUSES), name="flip_cause_is_known"),
        ),
    ]
