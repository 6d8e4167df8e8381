"""One part of an order at a time: claim it, look, ask AWS, record, follow it to its end.

Several workers do this beside each other, each with another part. Safe to call twice, late or after a crash: a request
whose answer was lost is looked for before it is sent again.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Min, Q, QuerySet

from policies.aws.connect import Aws
from policies.aws.errors import AmbiguousProblem, AwsProblem, PermanentProblem
from policies.aws.run_now import (
    RunState,
    find_command,
    read_command,
    read_execution,
    send_command,
    start_associations,
)
from policies.deploy.run import Next
from policies.domain.remedies import remedy_for
from policies.domain.resources import OVERRIDE_FILE
from policies.domain.status import DeploymentStatus, StepStatus
from policies.models import LostClaim, Policy, RunOrder, RunPart
from policies.models.claimed import LEASE, said

LOOK_AGAIN = timedelta(seconds=15)
SETTLES = timedelta(seconds=60)
"""After a lost answer: by then AWS lists what was begun, so that what is not listed was not."""
BEFORE = timedelta(seconds=5)
"""How much the clock that we read of AWS may be ahead."""
FOLLOWED = timedelta(hours=4)
"""How long a run is followed; nodes that are off may answer later."""
MOST_ATTEMPTS = 10
BAD = ("Failed", "TimedOut", "Cancelled")


def run_next_part(order_id: int, aws: Aws, now: datetime) -> Next | None:
    """Bring one part of the order one request further. None: nothing is left to do."""
    order = RunOrder.objects.select_related("policy").filter(pk=order_id, finished_at=None).first()
    if order is None:
        return None
    part = _claim_one(order, now)
    if part is None:
        return _wait_or_close(order, now)
    with suppress(LostClaim):
        _work_on(part, order, aws, now)
    return Next()


def find_neglected(now: datetime) -> list[int]:
    """The ids of open orders with a part that nobody works on although it is due."""
    return list(_due(now).filter(order__finished_at=None).values_list("order_id", flat=True).distinct())


def _due(now: datetime) -> QuerySet[RunPart]:
    is_due = Q(next_try_at=None) | Q(next_try_at__lte=now)
    is_free = Q(claimed_at=None) | Q(claimed_at__lte=now - LEASE)
    return RunPart.objects.filter(is_due, is_free, finished_at=None)


def _claim_one(order: RunOrder, now: datetime) -> RunPart | None:
    """A part that is due; another one when another worker was faster."""
    due = _due(now).filter(order=order).order_by("next_try_at", "number")
    return next((part for part in due[:50] if part.claim(now)), None)


def _wait_or_close(order: RunOrder, now: datetime) -> Next | None:
    open_parts = order.parts.filter(finished_at=None)
    if open_parts.exists():
        earliest = open_parts.aggregate(at=Min("next_try_at"))["at"]
        seconds = (earliest - now).total_seconds() if earliest else 0
        return Next(int(min(max(seconds, 1), LOOK_AGAIN.total_seconds())))
    statuses = set(order.parts.values_list("status", flat=True))
    well = statuses <= {StepStatus.SUCCEEDED}
    failed = statuses <= {StepStatus.FAILED}
    status = DeploymentStatus.SUCCEEDED if well else DeploymentStatus.FAILED if failed else DeploymentStatus.PARTIAL
    RunOrder.objects.filter(pk=order.pk, finished_at=None).update(status=status, finished_at=now)
    return None


def _work_on(part: RunPart, order: RunOrder, aws: Aws, now: datetime) -> None:
    try:
        there = aws.in_account(part.account_id, settings.AWS_RUN_ROLE_NAME)
        if part.begun_at is None:
            _begin(part, order, there, now)
        else:
            _follow(part, there, now)
    except PermanentProblem as problem:
        _fail(part, problem, now)
    except AwsProblem as problem:
        _try_again(part, problem, now)


def _begin(part: RunPart, order: RunOrder, aws: Aws, now: datetime) -> None:
    """Look for what an earlier try may have begun; else record that we ask, and ask."""
    begun = part.asked_at is not None and _was_begun(part, aws)
    if not begun:
        part.record(asked_at=aws.now())
        if part.associations:
            start_associations(aws, part.region, part.associations)
        else:
            part.record(command_id=_send(part, order, aws))
    part.record(
        begun_at=now, status=StepStatus.RUNNING, attempts=0, claimed_at=None, next_try_at=now + LOOK_AGAIN,
        **said("", ""),
    )  # fmt: skip


def _was_begun(part: RunPart, aws: Aws) -> bool:
    since = _since(part)
    if part.associations:
        return any(read_execution(aws, part.region, each, since) for each in part.associations)
    part.record(command_id=find_command(aws, part.region, part.comment, since))
    return bool(part.command_id)


def _send(part: RunPart, order: RunOrder, aws: Aws) -> str:
    policy = order.policy
    asked = policy.asked
    parameters = {"Operation": order.operation, "BaselineOverride": f"s3://{policy.bucket}/{OVERRIDE_FILE}"}
    if order.operation == "Install":
        parameters["RebootOption"] = "RebootIfNeeded" if asked.reboot_if_needed else "NoReboot"
    association = _association(part, policy, order.operation)
    if association:
        # With it the run counts as the policy's and its findings are kept (aws-facts 2.3, UNVERIFIED).
        parameters["AssociationId"] = association
    rate = {"MaxConcurrency": asked.rate.concurrency, "MaxErrors": asked.rate.error_threshold}
    return send_command(aws, part.region, part.instances, parameters, part.comment, **rate)


def _association(part: RunPart, policy: Policy, operation: str) -> str:
    rows = policy.associations.filter(shard__account_id=part.account_id, shard__region=part.region)
    return str(rows.filter(purpose=operation.lower()).values_list("association_id", flat=True).first() or "")


def _follow(part: RunPart, aws: Aws, now: datetime) -> None:
    states = _read(part, aws)
    counts: dict[str, int] = {}
    for state in states:
        for status, count in state.counts.items():
            counts[status] = counts.get(status, 0) + count
    is_over = bool(states) and all(state.is_over for state in states)
    if is_over or now - (part.begun_at or now) > FOLLOWED:
        bad = sum(counts.get(status, 0) for status in BAD)
        status = StepStatus.PARTIAL if bad or not is_over else StepStatus.SUCCEEDED
        part.record(status=status, counts=counts, claimed_at=None, finished_at=now)
        return
    part.record(counts=counts, attempts=0, claimed_at=None, next_try_at=now + LOOK_AGAIN, **said("", ""))


def _read(part: RunPart, aws: Aws) -> list[RunState]:
    if part.command_id:
        return [read_command(aws, part.region, part.command_id)]
    found = [read_execution(aws, part.region, each, _since(part)) for each in part.associations]
    return [state for state in found if state] if all(found) else []


def _since(part: RunPart) -> datetime:
    return part.asked_at - BEFORE if part.asked_at else datetime.max


def _try_again(part: RunPart, problem: AwsProblem, now: datetime) -> None:
    attempts = part.attempts + 1
    if attempts > MOST_ATTEMPTS:
        _fail(part, problem, now)
        return
    is_lost = isinstance(problem, AmbiguousProblem)
    pause = SETTLES if is_lost else timedelta(seconds=min(300, 2**attempts))
    part.record(
        status=StepStatus.UNKNOWN if is_lost else part.status, attempts=attempts, claimed_at=None,
        next_try_at=now + pause, **said(problem.code, f"{problem.action}: {problem.message}"),
    )  # fmt: skip


def _fail(part: RunPart, problem: AwsProblem, now: datetime) -> None:
    remedy = remedy_for(problem.action, problem.code, problem.message).to_dict()
    told = said(problem.code, f"{problem.action}: {problem.message}", remedy)
    part.record(status=StepStatus.FAILED, claimed_at=None, finished_at=now, **told)
