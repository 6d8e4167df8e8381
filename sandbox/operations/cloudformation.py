"""CloudFormation: stack sets themselves, and organizations access."""

from __future__ import annotations

from typing import Any

from sandbox.engine.errors import AwsError
from sandbox.engine.organization import STACK_SETS_PRINCIPAL
from sandbox.engine.stack_sets import Operation, StackSet, begin
from sandbox.engine.template_checks import check_capabilities, check_template
from sandbox.engine.template_text import parse
from sandbox.engine.world import World
from sandbox.paging import page
from sandbox.registry import Call, Parameters, operation

KEPT = (
    "Description", "Parameters", "Capabilities", "AdministrationRoleARN", "ExecutionRoleName", "PermissionModel",
    "AutoDeployment", "ManagedExecution",
)  # fmt: skip


@operation("cloudformation", "DescribeOrganizationsAccess")
def describe_organizations_access(world: World, _call: Call, _parameters: Parameters) -> Parameters:
    """Whether StackSets may work in the whole organization."""
    is_on = STACK_SETS_PRINCIPAL in world.organization.trusted_services
    return {"Status": "ENABLED" if is_on else "DISABLED"}


@operation("cloudformation", "ActivateOrganizationsAccess")
def activate_organizations_access(world: World, call: Call, _parameters: Parameters) -> Parameters:
    """Let StackSets work in the whole organization."""
    if call.account != world.organization.management_id:
        raise AwsError("InvalidOperationException", "Only the management account can activate organizations access.")
    world.organization.trusted_services.setdefault(STACK_SETS_PRINCIPAL, world.now())
    return {}


@operation("cloudformation", "CreateStackSet")
def create_stack_set(world: World, call: Call, parameters: Parameters) -> Parameters:
    """A new stack set, with no instances yet."""
    name = parameters["StackSetName"]
    key = (call.account, call.region, name)
    existing = world.stack_sets.sets.get(key)
    if existing:
        if parameters.get("ClientRequestToken") and existing.facts.get("Token") == parameters["ClientRequestToken"]:
            return {"StackSetId": existing.stack_set_id}
        raise AwsError("NameAlreadyExistsException", f"StackSet {name} already exists", 409)
    _check_model(world, call, parameters)
    template = _checked_template(parameters, parameters["TemplateBody"])
    facts = {k: parameters[k] for k in KEPT if parameters.get(k) is not None}
    facts.setdefault("PermissionModel", "SELF_MANAGED")
    facts["Token"] = parameters.get("ClientRequestToken", "")
    made = StackSet(
        f"{name}:{world.uuid()}", name, call.account, call.region, template, facts, _read_tags(parameters), world.now()
    )
    world.stack_sets.sets[key] = made
    return {"StackSetId": made.stack_set_id}


def _check_model(world: World, call: Call, parameters: Parameters) -> None:
    if parameters.get("PermissionModel") == "SERVICE_MANAGED":
        if STACK_SETS_PRINCIPAL not in world.organization.trusted_services:
            raise AwsError(
                "ValidationError",
                "You must enable organizations access to operate a service managed stack set",
            )
        if call.account != world.organization.management_id:
            raise AwsError("ValidationError", "Account used is not a delegated administrator")
        return
    role = (parameters.get("AdministrationRoleARN") or "AWSCloudFormationStackSetAdministrationRole").rsplit("/", 1)[-1]
    if role not in world.account(call.account).roles:
        raise AwsError("ValidationError", f"Account {call.account} should have '{role}' role.")


def _checked_template(parameters: Parameters, body: str) -> str:
    template = parse(body)
    check_template(template)
    check_capabilities(template, parameters.get("Capabilities") or [])
    return body


def _read_tags(parameters: Parameters) -> dict[str, str]:
    return {t["Key"]: t["Value"] for t in parameters.get("Tags") or []}


@operation("cloudformation", "UpdateStackSet")
def update_stack_set(world: World, call: Call, parameters: Parameters) -> Parameters:
    """Store the new template and deploy it to every instance; those not done yet are OUTDATED."""
    stack_set = world.stack_sets.find(call.account, call.region, parameters["StackSetName"])
    if stack_set.open_operation():
        raise AwsError(
            "OperationInProgressException", f"Another Operation on StackSet {stack_set.arn} is in progress", 409
        )
    if not parameters.get("UsePreviousTemplate"):
        stack_set.template = _checked_template(parameters, parameters["TemplateBody"])
    stack_set.facts.update({k: parameters[k] for k in KEPT if parameters.get(k) is not None})
    if parameters.get("Tags") is not None:
        stack_set.tags = _read_tags(parameters)
    for instance in stack_set.instances.values():
        instance.status, instance.detailed = "OUTDATED", "PENDING"
    started = Operation(
        parameters.get("OperationId") or world.uuid(),
        "UPDATE",
        world.now(),
        parameters.get("OperationPreferences") or {},
        _by_region(stack_set),
    )
    begin(world, stack_set, started)
    return {"OperationId": started.operation_id}


def _by_region(stack_set: StackSet) -> list[tuple[str, str]]:
    return sorted(stack_set.instances, key=lambda place: (place[1], place[0]))


@operation("cloudformation", "DeleteStackSet")
def delete_stack_set(world: World, call: Call, parameters: Parameters) -> Parameters:
    """Gone for good, when it has no instances; deleting what is gone succeeds, as on AWS."""
    key = (call.account, call.region, parameters["StackSetName"].partition(":")[0])
    stack_set = world.stack_sets.sets.get(key)
    if stack_set is None:
        return {}
    if stack_set.instances:
        raise AwsError("StackSetNotEmptyException", "StackSet is not empty", 409)
    if stack_set.open_operation():
        raise AwsError("OperationInProgressException", "Another Operation is in progress", 409)
    del world.stack_sets.sets[key]
    return {}


@operation("cloudformation", "DescribeStackSet")
def describe_stack_set(world: World, call: Call, parameters: Parameters) -> Parameters:
    """A stack set with its template."""
    stack_set = world.stack_sets.find(call.account, call.region, parameters["StackSetName"])
    told: dict[str, Any] = {
        "StackSetName": stack_set.name,
        "StackSetId": stack_set.stack_set_id,
        "StackSetARN": stack_set.arn,
        "Status": "ACTIVE",
        "TemplateBody": stack_set.template,
        "Tags": [{"Key": k, "Value": v} for k, v in stack_set.tags.items()],
        "OrganizationalUnitIds": stack_set.unit_ids,
        "Regions": sorted({region for _, region in stack_set.instances}),
        **{k: v for k, v in stack_set.facts.items() if k in KEPT},
    }
    return {"StackSet": told}


@operation("cloudformation", "ListStackSets")
def list_stack_sets(world: World, call: Call, parameters: Parameters) -> Parameters:
    """The active stack sets of the account and Region."""
    shown = [s for (a, r, _), s in world.stack_sets.sets.items() if (a, r) == (call.account, call.region)]
    if parameters.get("Status") == "DELETED":
        shown = []
    items, more = page(shown, parameters, default=100, error="ValidationError")
    return {
        "Summaries": [
            {
                "StackSetName": s.name,
                "StackSetId": s.stack_set_id,
                "Status": "ACTIVE",
                "PermissionModel": s.facts["PermissionModel"],
            }
            for s in items
        ],
        **more,
    }
