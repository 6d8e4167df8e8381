"""CloudFormation: drift of stacks and of the resources in them."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from sandbox.engine.drift import check, detect, told
from sandbox.engine.errors import AwsError
from sandbox.engine.stacks import DriftDetection, Stack, StackResource
from sandbox.engine.template import wrong
from sandbox.engine.world import World, event
from sandbox.operations.stack_instances import find_instance
from sandbox.operations.stack_reading import list_page, tell
from sandbox.operations.stack_set_access import find_set
from sandbox.operations.stacks import find_stack
from sandbox.registry import Call, Parameters, operation

TAKES = timedelta(seconds=20)
CHECKABLE = {"CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "UPDATE_ROLLBACK_FAILED"}


def _checkable(world: World, call: Call, name: str) -> Stack:
    stack = find_stack(world, call, name)
    if stack.status not in CHECKABLE:
        raise wrong(f"Drift detection cannot be performed on stack [{stack.name}] in {stack.status} state")
    return stack


@operation("cloudformation", "DetectStackDrift", takes="StackName LogicalResourceIds")
def detect_stack_drift(world: World, call: Call, parameters: Parameters) -> Parameters:
    """Begin to check a stack, or some of its resources."""
    stack = _checkable(world, call, parameters["StackName"])
    wanted = parameters.get("LogicalResourceIds") or []
    unknown = sorted(set(wanted) - set(stack.resources))
    if unknown:
        raise wrong(f"Resources [{', '.join(unknown)}] do not exist in stack {stack.name}")
    found = DriftDetection(world.uuid(), stack.stack_id, world.now(), tuple(wanted))
    world.stack_sets.detections[found.detection_id] = found
    world.timeline.at(world.now() + TAKES, "drift looked for", found.detection_id)
    return {"StackDriftDetectionId": found.detection_id}


@event("drift looked for")
def drift_looked_for(world: World, detection_id: str) -> None:
    """A drift detection comes to its end; it fails for a stack that has gone or is being changed."""
    found = world.stack_sets.detections[detection_id]
    stack = world.stack_sets.stacks[found.stack_id]
    if stack.status in CHECKABLE:
        found.drifted = detect(world, stack, found.logical_ids)
        found.status, found.drift = "DETECTION_COMPLETE", stack.drift
    else:
        found.status, found.drift = "DETECTION_FAILED", "UNKNOWN"
        found.reason = f"The stack is in {stack.status} state"


@operation("cloudformation", "DescribeStackDriftDetectionStatus", takes="StackDriftDetectionId")
def describe_detection(world: World, call: Call, parameters: Parameters) -> Parameters:
    """How a drift detection goes and what it found."""
    found = world.stack_sets.detections.get(parameters["StackDriftDetectionId"])
    stack = world.stack_sets.stacks.get(found.stack_id) if found else None
    if found is None or stack is None or (stack.account_id, stack.region) != (call.account, call.region):
        words = f"Drift detection operation [{parameters['StackDriftDetectionId']}] does not exist"
        raise AwsError("ValidationError", words)
    return tell({
        "StackId": found.stack_id,
        "StackDriftDetectionId": found.detection_id,
        "DetectionStatus": found.status,
        "DetectionStatusReason": found.reason,
        "StackDriftStatus": found.drift,
        "DriftedStackResourceCount": found.drifted,
        "Timestamp": found.begun_at,
    })  # fmt: skip


@operation(
    "cloudformation",
    "DescribeStackResourceDrifts",
    takes="StackName StackResourceDriftStatusFilters MaxResults NextToken",
)
def describe_stack_resource_drifts(world: World, call: Call, parameters: Parameters) -> Parameters:
    """The drift of the resources of a stack that were checked."""
    stack = find_stack(world, call, parameters["StackName"])
    found = [r for r in stack.resources.values() if r.drift.at]
    return list_page("StackResourceDrifts", _drifts(stack, found, parameters.get("StackResourceDriftStatusFilters")),
                     parameters)  # fmt: skip


def _drifts(stack: Stack, resources: list[StackResource], wanted: list[str] | None) -> list[dict[str, Any]]:
    return [_show(stack, r) for r in resources if not wanted or r.drift.status in wanted]


@operation("cloudformation", "DetectStackResourceDrift", takes="StackName LogicalResourceId")
def detect_stack_resource_drift(world: World, call: Call, parameters: Parameters) -> Parameters:
    """Check one resource at once."""
    stack, logical_id = _checkable(world, call, parameters["StackName"]), parameters["LogicalResourceId"]
    if logical_id not in stack.resources:
        raise wrong(f"Resource {logical_id} does not exist for stack {stack.name}")
    check(world, stack, stack.resources[logical_id])
    return {"StackResourceDrift": _show(stack, stack.resources[logical_id])}


@operation(
    "cloudformation",
    "ListStackInstanceResourceDrifts",
    takes="StackSetName StackInstanceAccount StackInstanceRegion OperationId StackInstanceResourceDriftStatuses CallAs "
    "MaxResults NextToken",
)
def list_stack_instance_resource_drifts(world: World, call: Call, parameters: Parameters) -> Parameters:
    """The same for an instance of a stack set, as its administrator sees it after a drift detection."""
    stack_set = find_set(world, call, parameters)
    if parameters["OperationId"] not in stack_set.operations:
        raise AwsError("OperationNotFoundException", f"Operation {parameters['OperationId']} not found", 404)
    instance = find_instance(stack_set, (parameters["StackInstanceAccount"], parameters["StackInstanceRegion"]))
    stack = world.stack_sets.stacks.get(instance.stack_id)
    found = [r for r in stack.resources.values() if r.drift.at] if stack else []
    told_of = ("StackId", "LogicalResourceId", "PhysicalResourceId", "ResourceType", "PropertyDifferences",
               "StackResourceDriftStatus", "Timestamp")  # fmt: skip
    drifts = _drifts(stack, found, parameters.get("StackInstanceResourceDriftStatuses")) if stack else []
    return list_page("Summaries", [{k: v for k, v in d.items() if k in told_of} for d in drifts], parameters)


def _show(stack: Stack, resource: StackResource) -> dict[str, Any]:
    drift = resource.drift
    return tell({
        "StackId": stack.stack_id,
        "LogicalResourceId": resource.logical_id,
        "PhysicalResourceId": resource.made.physical_id,
        "ResourceType": resource.kind,
        "ExpectedProperties": json.dumps(resource.made.properties, sort_keys=True),
        "ActualProperties": told(drift.actual) if drift.actual is not None else None,
        "PropertyDifferences": [
            {"PropertyPath": d.path, "ExpectedValue": d.expected, "ActualValue": d.actual, "DifferenceType": d.kind}
            for d in drift.differences
        ],
        "StackResourceDriftStatus": drift.status,
        "Timestamp": drift.at or stack.created_at,
    })  # fmt: skip
