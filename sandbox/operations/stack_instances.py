"""CloudFormation: the instances and operations of stack sets."""

from __future__ import annotations

from typing import Any

from sandbox.engine.errors import AwsError
from sandbox.engine.stack_sets import Instance, Operation, StackSet, begin, places_of, proceed
from sandbox.engine.world import World
from sandbox.paging import page
from sandbox.registry import Call, Parameters, operation


def _find(world: World, call: Call, parameters: Parameters) -> StackSet:
    return world.stack_sets.find(call.account, call.region, parameters["StackSetName"])


def _places(world: World, stack_set: StackSet, parameters: Parameters) -> list[tuple[tuple[str, str], str]]:
    targets = parameters.get("DeploymentTargets") or {"Accounts": parameters.get("Accounts") or []}
    if stack_set.is_service_managed and not targets.get("OrganizationalUnitIds"):
        raise AwsError(
            "ValidationError", "Message: Organizational unit IDs are required for service managed stack sets"
        )
    regions = parameters["Regions"]
    order = (parameters.get("OperationPreferences") or {}).get("RegionOrder") or []
    ordered = [r for r in order if r in regions] + [r for r in regions if r not in order]
    return places_of(world, stack_set, targets, ordered)


def _start(world: World, stack_set: StackSet, parameters: Parameters, action: str, waiting: Any) -> Parameters:
    started = Operation(
        parameters.get("OperationId") or world.uuid(),
        action,
        world.now(),
        parameters.get("OperationPreferences") or {},
        waiting,
        parameters.get("DeploymentTargets") or {},
        bool(parameters.get("RetainStacks")),
    )
    begin(world, stack_set, started)
    return {"OperationId": started.operation_id}


def _check_free(stack_set: StackSet, parameters: Parameters) -> None:
    if parameters.get("OperationId") in stack_set.operations:
        raise AwsError("OperationIdAlreadyExistsException", "The specified operation ID already exists.", 409)
    if stack_set.open_operation():
        raise AwsError(
            "OperationInProgressException", f"Another Operation on StackSet {stack_set.arn} is in progress", 409
        )


@operation("cloudformation", "CreateStackInstances")
def create_stack_instances(world: World, call: Call, parameters: Parameters) -> Parameters:
    """Deploy to accounts and Regions; places that have an instance already are deployed again."""
    stack_set = _find(world, call, parameters)
    _check_free(stack_set, parameters)
    places = _places(world, stack_set, parameters)
    for place, unit_id in places:
        stack_set.instances.setdefault(place, Instance(place[0], place[1], unit_id))
    for unit_id in (parameters.get("DeploymentTargets") or {}).get("OrganizationalUnitIds", []):
        if unit_id not in stack_set.unit_ids:
            stack_set.unit_ids.append(unit_id)
    return _start(world, stack_set, parameters, "CREATE", [place for place, _ in places])


@operation("cloudformation", "UpdateStackInstances")
def update_stack_instances(world: World, call: Call, parameters: Parameters) -> Parameters:
    """Deploy the set's template again to instances that exist."""
    stack_set = _find(world, call, parameters)
    _check_free(stack_set, parameters)
    places = [place for place, _ in _places(world, stack_set, parameters)]
    if any(place not in stack_set.instances for place in places):
        raise AwsError("StackInstanceNotFoundException", "A stack instance does not exist", 404)
    return _start(world, stack_set, parameters, "UPDATE", places)


@operation("cloudformation", "DeleteStackInstances")
def delete_stack_instances(world: World, call: Call, parameters: Parameters) -> Parameters:
    """Remove instances (and their stacks unless they are retained)."""
    stack_set = _find(world, call, parameters)
    _check_free(stack_set, parameters)
    places = [place for place, _ in _places(world, stack_set, parameters) if place in stack_set.instances]
    for unit_id in (parameters.get("DeploymentTargets") or {}).get("OrganizationalUnitIds", []):
        if unit_id in stack_set.unit_ids:
            stack_set.unit_ids.remove(unit_id)
    return _start(world, stack_set, parameters, "DELETE", places)


@operation("cloudformation", "ListStackInstances")
def list_stack_instances(world: World, call: Call, parameters: Parameters) -> Parameters:
    """The instances, by account, Region or detailed status."""
    stack_set = _find(world, call, parameters)
    shown = [i for i in stack_set.instances.values() if _wanted(i, parameters)]
    items, more = page(shown, parameters, default=100, error="ValidationError")
    return {"Summaries": [_summary(stack_set, i) for i in items], **more}


def _wanted(instance: Instance, parameters: Parameters) -> bool:
    if parameters.get("StackInstanceAccount") not in (None, instance.account_id):
        return False
    if parameters.get("StackInstanceRegion") not in (None, instance.region):
        return False
    read = {"DETAILED_STATUS": instance.detailed, "LAST_OPERATION_ID": instance.operation_id}
    return all(read.get(f["Name"]) == f["Values"] for f in parameters.get("Filters") or [])


def _summary(stack_set: StackSet, instance: Instance) -> dict[str, Any]:
    told = {
        "StackSetId": stack_set.stack_set_id,
        "Region": instance.region,
        "Account": instance.account_id,
        "Status": instance.status,
        "StatusReason": instance.reason,
        "StackInstanceStatus": {"DetailedStatus": instance.detailed},
        "OrganizationalUnitId": instance.unit_id,
        "DriftStatus": "NOT_CHECKED",
        "LastOperationId": instance.operation_id,
        "StackId": instance.stack_id,
    }
    return {k: v for k, v in told.items() if v}


@operation("cloudformation", "DescribeStackInstance")
def describe_stack_instance(world: World, call: Call, parameters: Parameters) -> Parameters:
    """One instance."""
    stack_set = _find(world, call, parameters)
    instance = stack_set.instances.get((parameters["StackInstanceAccount"], parameters["StackInstanceRegion"]))
    if instance is None:
        raise AwsError("StackInstanceNotFoundException", "The specified stack instance doesn't exist.", 404)
    return {"StackInstance": _summary(stack_set, instance)}


def _find_operation(world: World, call: Call, parameters: Parameters) -> tuple[StackSet, Operation]:
    stack_set = _find(world, call, parameters)
    found = stack_set.operations.get(parameters["OperationId"])
    if found is None:
        raise AwsError("OperationNotFoundException", f"Operation {parameters['OperationId']} not found", 404)
    return stack_set, found


@operation("cloudformation", "DescribeStackSetOperation")
def describe_operation(world: World, call: Call, parameters: Parameters) -> Parameters:
    """How an operation goes."""
    stack_set, found = _find_operation(world, call, parameters)
    told = {
        **_operation(found),
        "StackSetId": stack_set.stack_set_id,
        "RetainStacks": found.retain,
        "OperationPreferences": found.preferences,
        "StatusDetails": {"FailedStackInstancesCount": found.failed},
    }
    if found.targets:
        told["DeploymentTargets"] = found.targets
    return {"StackSetOperation": told}


def _operation(found: Operation) -> dict[str, Any]:
    told = {
        "OperationId": found.operation_id,
        "Action": found.action,
        "Status": found.status,
        "CreationTimestamp": found.created_at,
    }
    return {**told, "EndTimestamp": found.ended_at} if found.ended_at else told


@operation("cloudformation", "ListStackSetOperations")
def list_operations(world: World, call: Call, parameters: Parameters) -> Parameters:
    """The operations of a set, the newest first."""
    stack_set = _find(world, call, parameters)
    items, more = page(list(reversed(stack_set.operations.values())), parameters, default=100, error="ValidationError")
    return {"Summaries": [_operation(o) for o in items], **more}


@operation("cloudformation", "ListStackSetOperationResults")
def list_operation_results(world: World, call: Call, parameters: Parameters) -> Parameters:
    """How each place of an operation fared."""
    _, found = _find_operation(world, call, parameters)
    rows = [(p, "PENDING", "") for p in found.waiting] + [(p, "RUNNING", "") for p in found.running]
    rows += [(place, status, reason) for place, (status, reason) in found.results.items()]
    items, more = page(rows, parameters, default=100, error="ValidationError")
    summaries = [
        {"Account": account, "Region": region, "Status": status, "StatusReason": reason}
        for (account, region), status, reason in items
    ]
    return {"Summaries": summaries, **more}


@operation("cloudformation", "StopStackSetOperation")
def stop_operation(world: World, call: Call, parameters: Parameters) -> Parameters:
    """Begin no further place; those that run go on to their end."""
    stack_set, found = _find_operation(world, call, parameters)
    if found.status not in ("RUNNING", "QUEUED"):
        raise AwsError("InvalidOperationException", f"Operation {found.operation_id} is not running")
    found.status = "STOPPING"
    proceed(world, stack_set, found)
    return {}
