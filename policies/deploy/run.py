"""One step of a deployment at a time: claim it, apply its change, record what came of it, say when to come again.

A deployment that someone stops is brought to rest instead, and closed there.

Safe to call twice, late, or for a deployment that is finished or gone. Time and the connection are arguments.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import DatabaseError, transaction

from policies.aws.connect import Aws
from policies.aws.errors import AmbiguousProblem, AwsProblem, BusyProblem, PermanentProblem
from policies.deploy.apply import apply
from policies.deploy.drive import Done, Failed, Outcome, Stopped, Wait
from policies.deploy.finish import close, finish
from policies.deploy.halt import halt
from policies.domain.remedies import remedy_for
from policies.domain.status import DeploymentStatus, StepStatus
from policies.models import Deployment, LostClaim, Step
from policies.models.claimed import said
from policies.models.deployment import OPEN

log = logging.getLogger(__name__)

SHORTEST_WAIT, LONGEST_WAIT = 2, 30
"""Seconds between two looks at an operation that runs: the longer it has run, the rarer."""
LONGEST_PAUSE = 300
"""Seconds between two tries while AWS throttles or fails; they double from two."""
MOST_ATTEMPTS = 30
"""Tries in a row, about two hours, before a step that keeps failing for passing reasons is given up."""


@dataclass(frozen=True)
class Next:
    """Come again in so many seconds."""

    after_seconds: int = 0


def run_next_step(deployment_id: int, aws: Aws, now: datetime) -> Next | None:
    """Bring a deployment one step further. None: nothing to do, or someone else is doing it."""
    deployment = Deployment.objects.select_related("policy").filter(pk=deployment_id, status__in=OPEN).first()
    if deployment is None:
        return None
    step = deployment.next_step()
    if step is None:
        return _finish(deployment, aws, now)
    if not step.claim(now):
        return None
    Deployment.objects.filter(pk=deployment_id, status=DeploymentStatus.QUEUED).update(status=DeploymentStatus.RUNNING)
    try:
        return _work_on(step, aws, now)
    except LostClaim:
        log.warning("%s was taken over by another worker", step)
        return None


def _finish(deployment: Deployment, aws: Aws, now: datetime) -> Next | None:
    """What a deletion left is the affair of its last step: that one failed when AWS refuses the look for good."""
    last = deployment.steps.last()
    try:
        return Next() if finish(deployment, aws, now) else None
    except PermanentProblem as problem:
        if last is None:
            raise
        _fail(last, problem.action, problem.code, problem.message, now)
        return None


def _work_on(step: Step, aws: Aws, now: datetime) -> Next | None:
    try:
        is_stopping = step.deployment.status == DeploymentStatus.STOPPING
        outcome = halt(step, aws, now) if is_stopping else apply(step, aws, now)
    except BusyProblem:
        outcome = Wait(is_queued=True)
    except PermanentProblem as problem:
        outcome = Failed(problem.action, problem.code, problem.message)
    except AwsProblem as problem:
        return _try_again(step, problem, now)
    except (LostClaim, DatabaseError):
        raise
    except Exception as error:
        log.exception("%s failed by a fault of the portal", step)
        outcome = Failed("", type(error).__name__, str(error))
    return _record(step, outcome, now)


def _record(step: Step, outcome: Outcome, now: datetime) -> Next | None:
    match outcome:
        case Done(failed_instances=failed):
            status = StepStatus.PARTIAL if failed else StepStatus.SUCCEEDED
            step.record(status=status, finished_at=now, **_released(next_try_at=None), **said("", ""))
            return Next()
        case Wait(is_queued=is_queued):
            seconds = _patience(step, now)
            due = now + timedelta(seconds=seconds)
            status = StepStatus.WAITING if is_queued else StepStatus.RUNNING
            step.record(status=status, attempts=0, **_released(next_try_at=due), **said("", ""))
            return Next(seconds)
        case Stopped():
            _end(step, StepStatus.STOPPED, DeploymentStatus.STOPPED, now, **said("", ""))
            return None
        case Failed(action=action, code=code, message=message):
            _fail(step, action, code, message, now)
            return None


def _try_again(step: Step, problem: AwsProblem, now: datetime) -> Next | None:
    """Back off. After a lost answer nobody knows what happened: the step is unknown until the next look."""
    attempts = step.attempts + 1
    if attempts > MOST_ATTEMPTS:
        _fail(step, problem.action, problem.code, problem.message, now)
        return None
    seconds = min(LONGEST_PAUSE, 2**attempts)
    status = StepStatus.UNKNOWN if isinstance(problem, AmbiguousProblem) else StepStatus.RUNNING
    due = now + timedelta(seconds=seconds)
    told = said(problem.code, f"{problem.action}: {problem.message}")
    step.record(status=status, attempts=attempts, **_released(next_try_at=due), **told)
    return Next(seconds)


def _fail(step: Step, action: str, code: str, message: str, now: datetime) -> None:
    remedy = remedy_for(action, code, message).to_dict()
    told = said(code, f"{action}: {message}" if action else message, remedy)
    _end(step, StepStatus.FAILED, DeploymentStatus.FAILED, now, **told)


def _end(step: Step, status: StepStatus, deployment_status: DeploymentStatus, now: datetime, **told: object) -> None:
    """Here the deployment ends, although it is not done."""
    with transaction.atomic():
        step.record(status=status, finished_at=now, **_released(next_try_at=None), **told)
        close(step.deployment, deployment_status, now)


def _released(next_try_at: datetime | None) -> dict[str, datetime | None]:
    return {"claimed_at": None, "next_try_at": next_try_at}


def _patience(step: Step, now: datetime) -> int:
    waited = (now - (step.started_at or now)).total_seconds()
    return int(min(LONGEST_WAIT, max(SHORTEST_WAIT, waited // 10)))
