"""CloudFormation: stacks, their events, resources and exports read."""

from __future__ import annotations

from typing import Any

from sandbox.engine.stacks import STACK_KIND, Stack, StackEvent, StackResource
from sandbox.engine.template import wrong
from sandbox.engine.template_parameters import shown
from sandbox.engine.template_text import parse
from sandbox.engine.world import World
from sandbox.operations.stacks import find_stack
from sandbox.paging import Show, as_it_is, page
from sandbox.registry import Call, Parameters, operation

PAGE = 100


def list_page(name: str, items: list[Any], parameters: Parameters, show: Show = as_it_is) -> Parameters:
    """A page of a list, as CloudFormation pages. Only what is on the page is shown."""
    told, more = page(items, parameters, default=PAGE, error="ValidationError")
    return {name: [show(item) for item in told], **more}


def tell(told: dict[str, Any]) -> dict[str, Any]:
    """Without what there is nothing to tell of."""
    return {k: v for k, v in told.items() if v not in (None, "")}


def _stacks_of(world: World, call: Call) -> list[Stack]:
    return world.stack_sets.stacks.within(call.account, call.region)[::-1]


@operation("cloudformation", "DescribeStacks", takes="StackName NextToken")
def describe_stacks(world: World, call: Call, parameters: Parameters) -> Parameters:
    """The stacks of the account and Region; one by its name, or by its id even when it is deleted."""
    wanted = parameters.get("StackName")
    if wanted:
        return {"Stacks": [_stack(find_stack(world, call, wanted))]}
    return list_page("Stacks", [s for s in _stacks_of(world, call) if s.is_there], parameters, _stack)


def _stack(stack: Stack) -> dict[str, Any]:
    return tell({
        "StackId": stack.stack_id,
        "StackName": stack.name,
        "Description": parse(stack.template).get("Description"),
        "CreationTime": stack.created_at,
        "LastUpdatedTime": stack.updated_at,
        "DeletionTime": stack.deleted_at,
        "StackStatus": stack.status,
        "StackStatusReason": stack.reason,
        "Parameters": shown(parse(stack.template), stack.parameters),
        "Capabilities": stack.capabilities,
        "Outputs": [
            tell({"OutputKey": name, "OutputValue": o.value, "Description": o.description, "ExportName": o.export})
            for name, o in stack.outputs.items()
        ],
        "Tags": [{"Key": k, "Value": v} for k, v in stack.tags.items()],
        "DisableRollback": False,
        "EnableTerminationProtection": stack.is_protected,
        "NotificationARNs": [],
        "DriftInformation": _drift(stack),
    })  # fmt: skip


def _drift(stack: Stack) -> dict[str, Any]:
    return tell({"StackDriftStatus": stack.drift, "LastCheckTimestamp": stack.checked_at})


@operation("cloudformation", "ListStacks", takes="StackStatusFilter NextToken")
def list_stacks(world: World, call: Call, parameters: Parameters) -> Parameters:
    """All stacks with the deleted ones, by status."""
    wanted = parameters.get("StackStatusFilter")
    found = [s for s in _stacks_of(world, call) if not wanted or s.status in wanted]
    return list_page("StackSummaries", found, parameters, _summary)


def _summary(stack: Stack) -> dict[str, Any]:
    return tell({
        "StackId": stack.stack_id,
        "StackName": stack.name,
        "TemplateDescription": parse(stack.template).get("Description"),
        "CreationTime": stack.created_at,
        "LastUpdatedTime": stack.updated_at,
        "DeletionTime": stack.deleted_at,
        "StackStatus": stack.status,
        "StackStatusReason": stack.reason,
        "DriftInformation": _drift(stack),
    })  # fmt: skip


@operation("cloudformation", "DescribeStackEvents", takes="StackName NextToken")
def describe_stack_events(world: World, call: Call, parameters: Parameters) -> Parameters:
    """What happened to a stack, the newest first."""
    stack = find_stack(world, call, parameters["StackName"])
    numbered = list(enumerate(stack.events))[::-1]
    return list_page("StackEvents", numbered, parameters, lambda one: _event(world, stack, *one))


def _event(world: World, stack: Stack, number: int, happened: StackEvent) -> dict[str, Any]:
    is_own = happened.kind == STACK_KIND
    event_id = "" if is_own else f"{happened.logical_id}-{happened.status}-"
    return tell({
        "StackId": stack.stack_id,
        "StackName": stack.name,
        "EventId": event_id + world.uuid("event", stack.stack_id, number),
        "LogicalResourceId": happened.logical_id,
        "PhysicalResourceId": happened.physical_id,
        "ResourceType": happened.kind,
        "Timestamp": happened.at,
        "ResourceStatus": happened.status,
        "ResourceStatusReason": happened.reason,
    })  # fmt: skip


@operation("cloudformation", "DescribeStackResources", takes="StackName LogicalResourceId PhysicalResourceId")
def describe_stack_resources(world: World, call: Call, parameters: Parameters) -> Parameters:
    """The resources of a stack, named by itself or by the physical id of one of them."""
    wanted, physical_id = parameters.get("StackName"), parameters.get("PhysicalResourceId")
    if bool(wanted) == bool(physical_id):
        raise wrong("Either stack name or physical resource id must be specified, but not both.")
    stack = find_stack(world, call, wanted) if wanted else _holder(world, call, str(physical_id))
    logical_id = parameters.get("LogicalResourceId")
    found = [r for r in stack.resources.values() if logical_id in (None, r.logical_id)]
    return {"StackResources": [{**_named(stack), **_resource(r), "Timestamp": r.at} for r in found]}


def _holder(world: World, call: Call, physical_id: str) -> Stack:
    for stack in _stacks_of(world, call):
        if any(r.made.physical_id == physical_id for r in stack.resources.values()):
            return stack
    raise wrong(f"Stack for {physical_id} does not exist")


def _named(stack: Stack) -> dict[str, Any]:
    return {"StackName": stack.name, "StackId": stack.stack_id}


def _resource(resource: StackResource) -> dict[str, Any]:
    drift = {"StackResourceDriftStatus": resource.drift.status, "LastCheckTimestamp": resource.drift.at}
    return tell({
        "LogicalResourceId": resource.logical_id,
        "PhysicalResourceId": resource.made.physical_id,
        "ResourceType": resource.kind,
        "ResourceStatus": resource.status,
        "ResourceStatusReason": resource.reason,
        "DriftInformation": tell(drift),
    })  # fmt: skip


@operation("cloudformation", "DescribeStackResource", takes="StackName LogicalResourceId")
def describe_stack_resource(world: World, call: Call, parameters: Parameters) -> Parameters:
    """One resource of a stack."""
    stack, logical_id = find_stack(world, call, parameters["StackName"]), parameters["LogicalResourceId"]
    if logical_id not in stack.resources:
        raise wrong(f"Resource {logical_id} does not exist for stack {stack.name}")
    resource = stack.resources[logical_id]
    told = {**_named(stack), **_resource(resource), "LastUpdatedTimestamp": resource.at, "Metadata": "{}"}
    return {"StackResourceDetail": told}


@operation("cloudformation", "ListStackResources", takes="StackName NextToken")
def list_stack_resources(world: World, call: Call, parameters: Parameters) -> Parameters:
    """The resources of a stack, page by page."""
    stack = find_stack(world, call, parameters["StackName"])
    found = [{**_resource(r), "LastUpdatedTimestamp": r.at} for r in stack.resources.values()]
    return list_page("StackResourceSummaries", found, parameters)


@operation("cloudformation", "ListExports", takes="NextToken")
def list_exports(world: World, call: Call, parameters: Parameters) -> Parameters:
    """The outputs that stacks of the account and Region export."""
    exports = [
        {"ExportingStackId": s.stack_id, "Name": o.export, "Value": o.value}
        for s in _stacks_of(world, call)
        for o in s.outputs.values()
        if o.export
    ]
    return list_page("Exports", exports, parameters)
