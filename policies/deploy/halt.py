"""Brings a step of a deployment that someone stops to rest: what AWS has begun goes to its end, nothing new begins.

What is recorded here is what Continue finds: only the places that were not reached are left to do.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Any

from policies.aws.connect import Aws
from policies.aws.stack_instances import count_results, read_instances, read_operation, stop_operation
from policies.deploy.drive import Outcome, Stopped, Wait, drive
from policies.deploy.instances import refresh_instances
from policies.deploy.operations import next_operation_id, to_retry
from policies.domain.resources import StackInstances, StackSet
from policies.models import Step
from policies.plan.changes import Change


def halt(step: Step, aws: Aws, now: datetime) -> Outcome:
    """Bring a claimed step one look nearer to rest. Raises AwsProblem and LostClaim as `apply` does.

    An operation that ended before the stop reached it ends its step as it would have without the stop.
    """
    resource = Change.from_dict(step.change).resource
    match resource:
        case StackInstances(stack_set=name, home_region=region) | StackSet(name=name, region=region):
            wanted = resource if isinstance(resource, StackSet) else None
            return _halt_operation(step, name, region, aws, now, wanted)
    return Stopped()


def _halt_operation(step: Step, name: str, region: str, aws: Aws, now: datetime, wanted: StackSet | None) -> Outcome:
    state = read_operation(aws, name, region, step.operation_id) if step.operations else None
    if state is None:
        return Stopped()
    if state.can_be_stopped:
        stop_operation(aws, name, region, step.operation_id)
        return Wait()
    if state.status != "STOPPED":
        return drive(step, name, region, aws, now, wanted)
    refresh_instances(step.deployment.policy, name, read_instances(aws, name, region), now)
    results = count_results(aws, name, region, step.operation_id)
    step.record(
        operations=_left_to_do(step, results),
        operation_id=next_operation_id(step.operation_id),
        reached=results["SUCCEEDED"],
        meant=results.total(),
    )
    return Stopped()


def _left_to_do(step: Step, results: Counter[str]) -> list[dict[str, Any]] | None:
    """What Continue does: the operation as it was when it never began, the places that it left out, or what follows."""
    if not results or not step.operations:
        return step.operations
    return to_retry(step.operations) if set(results) - {"SUCCEEDED"} else step.operations[1:]
