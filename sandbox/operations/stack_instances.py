"""CloudFormation: the instances of stack sets."""

from __future__ import annotations

from typing import Any

from sandbox.engine.errors import AwsError
from sandbox.engine.places import Place
from sandbox.engine.stack_set_start import MOST_INSTANCES, begin, check_id
from sandbox.engine.stack_set_targets import check_targets, existing_places, places_of
from sandbox.engine.stack_sets import Action, Instance, Operation, StackSet, Wanted
from sandbox.engine.template import wrong
from sandbox.engine.template_text import parse
from sandbox.engine.world import World
from sandbox.operations.stack_reading import list_page, tell
from sandbox.operations.stack_set_access import check_organization, find_set
from sandbox.operations.stack_set_operations import check_preferences
from sandbox.registry import Call, Parameters, operation

COMMON = "StackSetName Accounts DeploymentTargets Regions OperationPreferences OperationId CallAs"
NOT_FOUND = "StackInstanceNotFoundException"


def limited_places(stack_set: StackSet, parameters: Parameters, *, is_creation: bool = False) -> Wanted:
    """The places that a request names; raises AwsError for a way of naming them that StackSets does not take."""
    targets, accounts = parameters.get("DeploymentTargets"), parameters.get("Accounts")
    if targets and accounts:
        raise wrong("You can specify Accounts or DeploymentTargets, but not both.")
    if accounts and stack_set.is_service_managed:
        raise wrong("Message: Organizational unit IDs are required for service managed stack sets")
    meant = targets or {"Accounts": accounts or []}
    check_targets(stack_set, meant, is_creation=is_creation)
    regions = parameters.get("Regions") or []
    if not regions:
        raise wrong("Regions must be specified")
    order = (parameters.get("OperationPreferences") or {}).get("RegionOrder") or []
    ordered = [r for r in order if r in regions] + [r for r in regions if r not in order]
    return Wanted(meant, tuple(dict.fromkeys(ordered)))


def need_instances(world: World, stack_set: StackSet, wanted: Wanted) -> None:
    """Raises AwsError unless there is an instance at each place that is named by its account."""
    named = set(wanted.targets.get("Accounts", []))
    if wanted.targets.get("AccountFilterType") == "DIFFERENCE":
        named = set()
    for place, _ in places_of(world, stack_set, wanted):
        if place[0] in named and place not in stack_set.instances:
            raise AwsError(NOT_FOUND, f"Stack instance {place[0]} in {place[1]} was not found", 404)
    if not existing_places(world, stack_set, wanted):
        raise AwsError(NOT_FOUND, "No stack instance matches the accounts and Regions", 404)


def _prepare(world: World, call: Call, parameters: Parameters, *, is_creation: bool = False) -> tuple[StackSet, Wanted]:
    stack_set = find_set(world, call, parameters)
    check_id(stack_set, parameters.get("OperationId") or "")
    check_preferences(parameters)
    if stack_set.is_service_managed:
        check_organization(world, stack_set.account_id)
    return stack_set, limited_places(stack_set, parameters, is_creation=is_creation)


def _start(
    world: World, stack_set: StackSet, parameters: Parameters, action: Action, wanted: Wanted,
    overrides: dict[str, str] | None = None,
) -> Parameters:  # fmt: skip
    started = Operation(
        parameters.get("OperationId") or world.uuid(),
        action,
        world.now(),
        parameters.get("OperationPreferences") or {},
        wanted,
        overrides=overrides,
        retain=bool(parameters.get("RetainStacks")),
    )
    begin(world, stack_set, started)
    return {"OperationId": started.operation_id}


def _overrides(stack_set: StackSet, parameters: Parameters) -> dict[str, str] | None:
    """The overrides of a request, None when it speaks of none; UsePreviousValue gives the set's own value."""
    given = parameters.get("ParameterOverrides")
    if given is None:
        return None
    declared = parse(stack_set.content.template).get("Parameters", {})
    unknown = sorted({each["ParameterKey"] for each in given} - set(declared))
    if unknown:
        raise wrong(f"Parameters: [{', '.join(unknown)}] do not exist in the template")
    return {each["ParameterKey"]: each.get("ParameterValue", "") for each in given if not each.get("UsePreviousValue")}


@operation("cloudformation", "CreateStackInstances", takes=f"{COMMON} ParameterOverrides")
def create_stack_instances(world: World, call: Call, parameters: Parameters) -> Parameters:
    """Deploy to accounts and Regions; places that have an instance already are deployed again."""
    stack_set, wanted = _prepare(world, call, parameters, is_creation=True)
    added = {place for place, _ in places_of(world, stack_set, wanted)} - set(stack_set.instances)
    if len(stack_set.instances) + len(added) > MOST_INSTANCES:
        raise AwsError("LimitExceededException", f"At most {MOST_INSTANCES} stack instances per stack set")
    return _start(world, stack_set, parameters, Action.CREATE, wanted, _overrides(stack_set, parameters))


@operation("cloudformation", "UpdateStackInstances", takes=f"{COMMON} ParameterOverrides")
def update_stack_instances(world: World, call: Call, parameters: Parameters) -> Parameters:
    """Deploy the set's template again to instances that exist."""
    stack_set, wanted = _prepare(world, call, parameters)
    need_instances(world, stack_set, wanted)
    return _start(world, stack_set, parameters, Action.UPDATE, wanted, _overrides(stack_set, parameters))


@operation("cloudformation", "DeleteStackInstances", takes=f"{COMMON} RetainStacks")
def delete_stack_instances(world: World, call: Call, parameters: Parameters) -> Parameters:
    """Remove instances (and their stacks unless they are retained)."""
    stack_set, wanted = _prepare(world, call, parameters)
    return _start(world, stack_set, parameters, Action.DELETE, wanted)


@operation(
    "cloudformation",
    "ListStackInstances",
    takes="StackSetName Filters StackInstanceAccount StackInstanceRegion CallAs MaxResults NextToken",
)
def list_stack_instances(world: World, call: Call, parameters: Parameters) -> Parameters:
    """The instances, by account, Region, detailed status, last operation or drift."""
    stack_set = find_set(world, call, parameters)
    narrow = {"Filters", "StackInstanceAccount", "StackInstanceRegion"} & set(parameters)
    found = [i for i in stack_set.instances.values() if not narrow or _passes(i, parameters)]
    return list_page("Summaries", found, parameters, lambda instance: _show(stack_set, instance))


def _passes(instance: Instance, parameters: Parameters) -> bool:
    if parameters.get("StackInstanceAccount") not in (None, instance.account_id):
        return False
    if parameters.get("StackInstanceRegion") not in (None, instance.region):
        return False
    facts = {"DETAILED_STATUS": instance.detailed, "LAST_OPERATION_ID": instance.operation_id,
             "DRIFT_STATUS": instance.drift}  # fmt: skip
    return all(facts.get(f.get("Name", "")) == f.get("Values") for f in parameters.get("Filters") or [])


def _show(stack_set: StackSet, instance: Instance) -> dict[str, Any]:
    return tell({
        "StackSetId": stack_set.stack_set_id,
        "Region": instance.region,
        "Account": instance.account_id,
        "Status": instance.status,
        "StatusReason": instance.reason,
        "StackInstanceStatus": {"DetailedStatus": instance.detailed},
        "OrganizationalUnitId": instance.unit_id,
        "DriftStatus": instance.drift,
        "LastDriftCheckTimestamp": instance.checked_at,
        "LastOperationId": instance.operation_id,
        "StackId": instance.stack_id,
    })  # fmt: skip


@operation(
    "cloudformation", "DescribeStackInstance", takes="StackSetName StackInstanceAccount StackInstanceRegion CallAs"
)
def describe_stack_instance(world: World, call: Call, parameters: Parameters) -> Parameters:
    """One instance with the parameters that it overrides."""
    stack_set = find_set(world, call, parameters)
    instance = find_instance(stack_set, (parameters["StackInstanceAccount"], parameters["StackInstanceRegion"]))
    overrides = [{"ParameterKey": k, "ParameterValue": v} for k, v in instance.overrides.items()]
    return {"StackInstance": {**_show(stack_set, instance), "ParameterOverrides": overrides}}


def find_instance(stack_set: StackSet, place: Place) -> Instance:
    """The instance at a place; raises AwsError StackInstanceNotFoundException."""
    instance = stack_set.instances.get(place)
    if instance is None:
        raise AwsError(NOT_FOUND, "The specified stack instance doesn't exist.", 404)
    return instance


@operation("cloudformation", "ListStackSetAutoDeploymentTargets", takes="StackSetName CallAs MaxResults NextToken")
def list_auto_deployment_targets(world: World, call: Call, parameters: Parameters) -> Parameters:
    """The units whose new accounts get instances by themselves, each with its Regions."""
    stack_set = find_set(world, call, parameters)
    if not stack_set.automatic:
        return {"Summaries": []}
    targets = [{"OrganizationalUnitId": u, "Regions": sorted(r)} for u, r in stack_set.targets.items()]
    return list_page("Summaries", targets, parameters)
