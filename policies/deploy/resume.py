"""What is done with a deployment that was begun: stop it, go on with it, try again what failed.

Each writes its rows in one transaction and then wakes a worker. Nothing is changed in AWS here.
"""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from policies.deploy.operations import has_ended, next_operation_id, to_retry
from policies.deploy.start import CannotStart, tell, wake
from policies.domain.sentence import N_
from policies.domain.status import BROKEN, DeploymentStatus, StepStatus
from policies.models import Deployment, StackInstanceState, Step, What
from policies.models.deployment import OPEN, STOPPABLE, UNFINISHED


def stop(deployment: Deployment, by: str, now: datetime) -> None:
    """Begin nothing more, and let what AWS works on come to its end. Raises CannotStart when it has ended."""
    with transaction.atomic():
        stopped = Deployment.objects.filter(pk=deployment.pk, status__in=STOPPABLE)
        if not stopped.update(status=DeploymentStatus.STOPPING):
            raise CannotStart(N_("This deployment cannot be stopped: it has ended, or is being stopped."))
        deployment.steps.filter(status__in=UNFINISHED).update(next_try_at=None)
        tell(deployment.policy, What.STOP_DEPLOYMENT, by, now, after={"deployment": deployment.pk})
        wake(deployment)
    deployment.refresh_from_db()


def go_on(deployment: Deployment, by: str, now: datetime) -> None:
    """Go on where it was stopped. Raises CannotStart when it was not."""
    if not deployment.can_be_continued:
        raise CannotStart(N_("This deployment cannot be continued: it was not stopped, or another one followed it."))
    with transaction.atomic():
        _reopen(deployment, What.CONTINUE_DEPLOYMENT, by, now)
        _forget_end(deployment.steps.filter(status=StepStatus.STOPPED))
    deployment.refresh_from_db()


def retry(deployment: Deployment, by: str, now: datetime, signature: str = "") -> None:
    """Try again what failed, and go on from there; with a signature, only the places that failed like that.

    Raises CannotStart when there is nothing to retry.
    """
    if not deployment.can_be_retried:
        raise CannotStart(N_("This deployment cannot be retried: nothing failed in it, or another one followed it."))
    with transaction.atomic():
        _reopen(deployment, What.RETRY_DEPLOYMENT, by, now)
        for step in deployment.steps.filter(status__in=(StepStatus.FAILED, StepStatus.PARTIAL)):
            places = _places_that_failed(step, signature)
            if step.status == StepStatus.FAILED or places or not signature:
                _forget_end(deployment.steps.filter(pk=step.pk), **_again(step, places))
    deployment.refresh_from_db()


def _again(step: Step, places: list[StackInstanceState]) -> dict[str, object]:
    """The operations with which a step begins again, and the id of the first."""
    if not has_ended(step.operations):
        return {}
    return {"operations": to_retry(step.operations, places), "operation_id": next_operation_id(step.operation_id)}


def _places_that_failed(step: Step, signature: str) -> list[StackInstanceState]:
    """Accounts and Regions that failed alike; none without a signature."""
    rows = step.deployment.policy.stack_instances.filter(stack_set=step.reaches, status__in=BROKEN)
    return list(rows.filter(signature=signature)) if signature else []


def _reopen(deployment: Deployment, what: What, by: str, now: datetime) -> None:
    """Queue it once more; of two requests at once one does."""
    closed = Deployment.objects.filter(pk=deployment.pk).exclude(status__in=OPEN)
    try:
        with transaction.atomic():
            reopened = closed.update(status=DeploymentStatus.QUEUED, finished_at=None)
    except IntegrityError:
        reopened = 0
    if not reopened:
        raise CannotStart(N_("A deployment of this policy is under way. Wait until it has ended."))
    tell(deployment.policy, what, by, now, after={"deployment": deployment.pk})
    wake(deployment)


def _forget_end(steps: QuerySet[Step], **facts: object) -> None:
    """Make the steps as if they had not been begun, but for their operations."""
    steps.update(
        status=StepStatus.WAITING,
        attempts=0,
        failed_instances=0,
        reached=0,
        meant=0,
        claimed_at=None,
        next_try_at=None,
        started_at=None,
        finished_at=None,
        aws_code="",
        aws_message="",
        remedy=None,
        **facts,
    )
