"""CloudFormation: the operations of stack sets watched and stopped, and their drift detection."""

from __future__ import annotations

from typing import Any

from sandbox.engine.drift import set_drift
from sandbox.engine.errors import AwsError
from sandbox.engine.places import Place
from sandbox.engine.stack_set_runs import stop
from sandbox.engine.stack_set_start import begin, check_id
from sandbox.engine.stack_sets import Action, Operation, SetDrift, StackSet
from sandbox.engine.template import wrong
from sandbox.engine.world import World
from sandbox.operations.stack_reading import list_page, tell
from sandbox.operations.stack_set_access import find_set
from sandbox.registry import Call, Parameters, operation

EITHER = (
    ("FailureToleranceCount", "FailureTolerancePercentage"),
    ("MaxConcurrentCount", "MaxConcurrentPercentage"),
)


def check_preferences(parameters: Parameters) -> None:
    """Raises AwsError ValidationError for preferences that contradict each other."""
    preferences = parameters.get("OperationPreferences") or {}
    for count, percentage in EITHER:
        if count in preferences and percentage in preferences:
            raise wrong(f"You can specify either {count} or {percentage}, but not both.")


def _find(world: World, call: Call, parameters: Parameters) -> tuple[StackSet, Operation]:
    stack_set = find_set(world, call, parameters)
    found = stack_set.operations.get(parameters["OperationId"])
    if found is None:
        raise AwsError("OperationNotFoundException", f"Operation {parameters['OperationId']} not found", 404)
    return stack_set, found


def _common(found: Operation) -> dict[str, Any]:
    return tell({
        "OperationId": found.operation_id,
        "Action": str(found.action),
        "Status": found.status,
        "CreationTimestamp": found.created_at,
        "EndTimestamp": found.ended_at,
        "OperationPreferences": dict(found.preferences),
        "StatusDetails": {"FailedStackInstancesCount": found.failed},
    })  # fmt: skip


@operation("cloudformation", "DescribeStackSetOperation", takes="StackSetName OperationId CallAs")
def describe_operation(world: World, call: Call, parameters: Parameters) -> Parameters:
    """How an operation goes."""
    stack_set, found = _find(world, call, parameters)
    told = {**_common(found), "StackSetId": stack_set.stack_set_id}
    if found.action is Action.DELETE:
        told["RetainStacks"] = found.retain
    if found.wanted.targets and stack_set.is_service_managed:
        told["DeploymentTargets"] = found.wanted.targets
    if found.action is Action.DETECT_DRIFT:
        told["StackSetDriftDetectionDetails"] = show_drift(set_drift(stack_set, found))
    facts = stack_set.content.facts
    roles = {k: facts[k] for k in ("AdministrationRoleARN", "ExecutionRoleName") if k in facts}
    return {"StackSetOperation": {**told, **roles}}


@operation("cloudformation", "ListStackSetOperations", takes="StackSetName CallAs MaxResults NextToken")
def list_operations(world: World, call: Call, parameters: Parameters) -> Parameters:
    """The operations of a set, the newest first."""
    stack_set = find_set(world, call, parameters)
    return list_page("Summaries", list(reversed(stack_set.operations.values())), parameters, _common)


@operation(
    "cloudformation",
    "ListStackSetOperationResults",
    takes="StackSetName OperationId Filters CallAs MaxResults NextToken",
)
def list_operation_results(world: World, call: Call, parameters: Parameters) -> Parameters:
    """How each place of an operation fared, by status."""
    _, found = _find(world, call, parameters)
    filters = parameters.get("Filters") or []
    places = [p for p in found.places if all(_result(found, p)[0] == f.get("Values") for f in filters)]
    return list_page("Summaries", places, parameters, lambda place: _show_result(found, place))


def _result(found: Operation, place: Place) -> tuple[str, str]:
    return found.results.get(place) or ("RUNNING" if place in found.running else "PENDING", "")


def _show_result(found: Operation, place: Place) -> dict[str, Any]:
    status, reason = _result(found, place)
    return tell({
        "Account": place[0],
        "Region": place[1],
        "Status": status,
        "StatusReason": reason,
        "OrganizationalUnitId": found.places[place],
    })  # fmt: skip


@operation("cloudformation", "StopStackSetOperation", takes="StackSetName OperationId CallAs")
def stop_operation(world: World, call: Call, parameters: Parameters) -> Parameters:
    """Begin no further place; those that run go on to their end."""
    stop(world, *_find(world, call, parameters))
    return {}


@operation("cloudformation", "DetectStackSetDrift", takes="StackSetName OperationPreferences OperationId CallAs")
def detect_stack_set_drift(world: World, call: Call, parameters: Parameters) -> Parameters:
    """Check every instance of a set, as an operation."""
    stack_set = find_set(world, call, parameters)
    check_id(stack_set, parameters.get("OperationId") or "")
    check_preferences(parameters)
    started = Operation(
        parameters.get("OperationId") or world.uuid(),
        Action.DETECT_DRIFT,
        world.now(),
        parameters.get("OperationPreferences") or {},
    )
    begin(world, stack_set, started)
    return {"OperationId": started.operation_id}


def show_drift(drift: SetDrift | None) -> dict[str, Any]:
    """The drift of a set as it is told; one that was never checked has only its status."""
    if drift is None:
        return {"DriftStatus": "NOT_CHECKED"}
    return {
        "DriftStatus": drift.status,
        "DriftDetectionStatus": drift.detection,
        "LastDriftCheckTimestamp": drift.at,
        "TotalStackInstancesCount": drift.total,
        "DriftedStackInstancesCount": drift.drifted,
        "InSyncStackInstancesCount": drift.in_sync,
        "InProgressStackInstancesCount": drift.unfinished,
        "FailedStackInstancesCount": drift.failed,
    }
