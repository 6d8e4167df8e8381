"""The Celery app and the whole timetable of periodic work."""

from __future__ import annotations

import os

from celery import Celery
from kombu.transport.redis import Channel

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "patchportal.settings")

# When Redis goes away kombu would put back what is not acknowledged over the connection that is gone, and the worker
# would end by that. Nobody needs it put back: the sweep finds what nobody works on.
setattr(Channel, "do_restore", False)  # noqa: B010 - a switch of the class

app = Celery("patchportal")
app.Task.Request = "patchportal.late_request:LateRequest"
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["policies.deploy", "policies.observe", "patchportal"], related_name="tasks")


@app.on_after_configure.connect
def set_timetable(sender: Celery, **_: object) -> None:
    """What runs when, in seconds."""
    from django.conf import settings

    sender.conf.beat_schedule = {
        "finish what a dead worker left": {
            "task": "policies.deploy.tasks.sweep_deployments",
            "schedule": settings.SWEEP_SECONDS,
        },
        "read the fleet": {"task": "policies.observe.tasks.collect_all", "schedule": settings.COLLECT_SECONDS},
        "count the fleet": {"task": "policies.observe.tasks.tally_fleet", "schedule": settings.TALLY_SECONDS},
        "forget what is over": {"task": "policies.observe.tasks.prune", "schedule": 3600},
        "sync the baselines that are due": {
            "task": "policies.deploy.tasks.sync_due",
            "schedule": min(60, settings.SYNC_SECONDS),
        },
        "compare AWS with what should stand there": {"task": "policies.deploy.tasks.check_drift_due", "schedule": 60},
        "tell people what holds": {"task": "policies.observe.tasks.send_alerts", "schedule": settings.ALERT_SECONDS},
        "tell that a worker lives": {"task": "patchportal.tasks.beat_heart", "schedule": 10},
    }
