"""Drives a step through its recorded stack set operations: begin the first, look how it stands, go on to the next."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from policies.aws.connect import Aws
from policies.aws.stack_instances import (
    InstanceFact,
    OperationState,
    create_instances,
    delete_instances,
    read_instances,
    read_operation,
    redeploy_instances,
)
from policies.aws.stack_sets import read_stack_set, update_stack_set
from policies.deploy.instances import refresh_instances
from policies.deploy.operations import Kind, SetOperation, is_broken, next_operation_id, to_mend, to_release, to_retry
from policies.domain.resources import StackSet
from policies.domain.status import InstanceStatus
from policies.models import Step, Verb
from policies.plan.changes import Action, Change


@dataclass(frozen=True)
class Done:
    """The change is true; some stack instances may have failed within the tolerance."""

    failed_instances: int = 0


@dataclass(frozen=True)
class Wait:
    """AWS is at it: look again later. `is_queued`: another operation on the stack set must end first."""

    is_queued: bool = False


@dataclass(frozen=True)
class Stopped:
    """Someone stopped the deployment, and AWS does nothing for the step any more."""


@dataclass(frozen=True)
class Failed:
    """AWS ended it badly; `action`, `code` and `message` as AWS would tell an error."""

    action: str
    code: str
    message: str


Outcome = Done | Wait | Stopped | Failed

ACTIONS = {
    Kind.CREATE: "cloudformation:CreateStackInstances",
    Kind.DELETE: "cloudformation:DeleteStackInstances",
    Kind.RELEASE: "cloudformation:DeleteStackInstances",
    Kind.REDEPLOY: "cloudformation:UpdateStackInstances",
    Kind.UPDATE_SET: "cloudformation:UpdateStackSet",
}


def drive(step: Step, name: str, region: str, aws: Aws, now: datetime, wanted: StackSet | None = None) -> Outcome:
    """Bring the step's operations on the stack set one look further. `wanted` is needed to update the set itself."""
    first = _first(step)
    while first and first.kind == Kind.MEND:
        first = _mend(step, first, name, region, aws, wanted)
    if first is None:
        return Done(step.failed_instances)
    state = read_operation(aws, name, region, step.operation_id)
    if state is None:
        _begin(step, first, name, region, aws, wanted)
        return Wait()
    instances = tuple(read_instances(aws, name, region))
    refresh_instances(step.deployment.policy, name, instances, now)
    if state.is_open:
        return Wait(state.is_queued)
    return _end(step, first, state, instances)


def _first(step: Step) -> SetOperation | None:
    return SetOperation.from_dict(step.operations[0]) if step.operations else None


def _mend(
    step: Step, mend: SetOperation, name: str, region: str, aws: Aws, wanted: StackSet | None
) -> SetOperation | None:
    """Replace MEND by the operations that touch only what failed, and record them before anything is begun."""
    stored = read_stack_set(aws, name, region)
    if mend.mends == Kind.UPDATE_SET and (stored is None or stored.resource != wanted):
        found = [SetOperation(Kind.UPDATE_SET)]
    else:
        found = to_mend(mend, read_instances(aws, name, region), Change.from_dict(step.change))
    step.record(operations=[*(operation.to_dict() for operation in found), *(step.operations or [])[1:]])
    return _first(step)


def _begin(step: Step, operation: SetOperation, name: str, region: str, aws: Aws, wanted: StackSet | None) -> None:
    where, operation_id = operation.where, step.operation_id
    match operation.kind:
        case Kind.CREATE:
            create_instances(aws, name, region, where, operation_id)
        case Kind.DELETE:
            delete_instances(aws, name, region, where, operation_id)
        case Kind.RELEASE:
            delete_instances(aws, name, region, where, operation_id, retains=True)
        case Kind.REDEPLOY:
            redeploy_instances(aws, name, region, where, operation_id)
        case Kind.UPDATE_SET if wanted:
            update_stack_set(aws, wanted, operation_id)
        case _:
            raise ValueError(f"{step} cannot begin {operation.kind}")


def _end(step: Step, operation: SetOperation, state: OperationState, instances: tuple[InstanceFact, ...]) -> Outcome:
    broken = [one for one in instances if is_broken(one)]
    must_all_succeed = step.change["action"] == Action.DELETE or step.deployment.verb == Verb.DELETE
    tried = [one for one in instances if operation.kind != Kind.UPDATE_SET or one.status != InstanceStatus.INOPERABLE]
    nobody_made_it = bool(tried) and all(is_broken(one) for one in tried)
    following = next_operation_id(step.operation_id)
    if state.status != "SUCCEEDED" or (broken and (must_all_succeed or nobody_made_it)):
        step.record(operations=to_retry(step.operations), operation_id=following)
        return Failed(ACTIONS[operation.kind], f"Operation{state.status.capitalize()}", _explain(state, broken))
    released = to_release(operation, instances) if operation.kind == Kind.DELETE else []
    rest = [*(one.to_dict() for one in released), *(step.operations or [])[1:]]
    step.record(operations=rest, operation_id=following, failed_instances=len(broken))
    return Wait() if rest else Done(step.failed_instances)


def _explain(state: OperationState, broken: list[InstanceFact]) -> str:
    """What CloudFormation said: of the operation, else of the stack instances, the most frequent reason first."""
    reasons = Counter(one.reason for one in broken if one.reason and not one.reason.startswith("Cancelled"))
    most = [reason for reason, _ in reasons.most_common(1)]
    return " ".join([state.reason, *most]).strip() or f"The operation ended as {state.status}."
