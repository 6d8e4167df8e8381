"""Finds the deployments that nobody works on although they are due: their worker died, or the queue forgot them."""

from __future__ import annotations

from datetime import datetime, timedelta

from policies.models import Deployment, Step
from policies.models.claimed import LEASE
from policies.models.deployment import OPEN

GRACE = timedelta(seconds=15)
"""How late a worker may be before a deployment counts as neglected."""


def find_neglected(now: datetime) -> list[int]:
    """The ids of open deployments whose next step is due, and was due for a while, with no living claim on it."""
    deployments = Deployment.objects.filter(status__in=OPEN).order_by("requested_at")
    return [deployment.pk for deployment in deployments if _is_neglected(deployment, deployment.next_step(), now)]


def _is_neglected(deployment: Deployment, step: Step | None, now: datetime) -> bool:
    if step is None:
        return True
    if step.claimed_at:
        return step.claimed_at <= now - LEASE
    return (step.next_try_at or deployment.requested_at) <= now - GRACE
