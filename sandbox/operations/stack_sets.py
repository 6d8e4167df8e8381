"""CloudFormation: stack sets made, changed, removed and read."""

from __future__ import annotations

from typing import Any

from sandbox.engine.errors import AwsError
from sandbox.engine.stack_set_places import administration_role
from sandbox.engine.stack_set_start import begin, check_id, in_progress
from sandbox.engine.stack_sets import Action, Content, Operation, StackSet, Wanted
from sandbox.engine.template import wrong
from sandbox.engine.template_parameters import settle, shown
from sandbox.engine.template_text import parse
from sandbox.engine.world import World
from sandbox.operations.stack_instances import limited_places, need_instances
from sandbox.operations.stack_reading import list_page, tell
from sandbox.operations.stack_set_access import administrator_of, check_organization, find_set
from sandbox.operations.stack_set_operations import check_preferences, show_drift
from sandbox.operations.stacks import read_tags
from sandbox.operations.template_source import accept_template
from sandbox.registry import Call, Parameters, operation

FACTS = (
    "Description", "Capabilities", "AdministrationRoleARN", "ExecutionRoleName", "PermissionModel", "AutoDeployment",
    "ManagedExecution",
)  # fmt: skip
MOST_SETS = 1000


@operation(
    "cloudformation",
    "CreateStackSet",
    takes="StackSetName Description TemplateBody TemplateURL Parameters Capabilities Tags AdministrationRoleARN "
    "ExecutionRoleName PermissionModel AutoDeployment CallAs ClientRequestToken ManagedExecution",
)
def create_stack_set(world: World, call: Call, parameters: Parameters) -> Parameters:
    """A new stack set, with no instances yet."""
    name, administrator = parameters["StackSetName"], administrator_of(world, call, parameters)
    content = _content(world, call, parameters, Content("", {}, {}, {"PermissionModel": "SELF_MANAGED"}))
    _check_model(world, administrator, content, parameters)
    existing = world.stack_sets.sets.get((administrator, call.region, name))
    if existing:
        return _same_request(existing, content, parameters)
    if sum(key[:2] == (administrator, call.region) for key in world.stack_sets.sets) >= MOST_SETS:
        raise AwsError("LimitExceededException", f"At most {MOST_SETS} stack sets per administrator account")
    made = StackSet(
        f"{name}:{world.uuid()}", name, administrator, call.region, content, world.now(),
        parameters.get("ClientRequestToken") or "",
    )  # fmt: skip
    world.stack_sets.sets[made.key] = made
    return {"StackSetId": made.stack_set_id}


def _same_request(existing: StackSet, content: Content, parameters: Parameters) -> Parameters:
    """A repeated request is the same one by its token, unless the set has been changed since."""
    token = parameters.get("ClientRequestToken")
    if not token or token != existing.token:
        raise AwsError("NameAlreadyExistsException", f"StackSet {existing.name} already exists", 409)
    if content != existing.content:
        words = f"StackSet {existing.name} was created with this token and has been modified"
        raise AwsError("CreatedButModifiedException", words, 409)
    return {"StackSetId": existing.stack_set_id}


def _content(world: World, call: Call, parameters: Parameters, was: Content) -> Content:
    """What the set shall deploy; tags and facts that are left out stay, as AWS keeps them."""
    template = accept_template(world, call, parameters, was.template)
    values = settle(parse(template), parameters.get("Parameters") or [], was.parameters)
    tags = was.tags if parameters.get("Tags") is None else read_tags(parameters)
    facts = {k: parameters[k] for k in FACTS if parameters.get(k) is not None}
    if "AutoDeployment" in facts:
        _check_automatic({**was.facts, **facts}, facts["AutoDeployment"])
    return Content(template, values, tags, {**was.facts, **facts})


def _check_automatic(facts: dict[str, Any], wanted: dict[str, Any]) -> None:
    if wanted.get("DependsOn"):
        raise AwsError("NotImplemented", "The sandbox does not honour DependsOn of AutoDeployment", 501)
    if facts["PermissionModel"] != "SERVICE_MANAGED":
        raise wrong("AutoDeployment is only supported for service managed stack sets")
    if not wanted.get("Enabled") and "RetainStacksOnAccountRemoval" in wanted:
        raise wrong("RetainStacksOnAccountRemoval can only be specified when AutoDeployment is enabled")


def _check_model(world: World, administrator: str, content: Content, parameters: Parameters) -> None:
    if content.facts["PermissionModel"] == "SERVICE_MANAGED":
        if parameters.get("AdministrationRoleARN") or parameters.get("ExecutionRoleName"):
            raise wrong("Roles cannot be specified for service managed stack sets")
        check_organization(world, administrator)
        return
    if parameters.get("CallAs") == "DELEGATED_ADMIN":
        raise wrong("Delegated administrators can only work with service managed stack sets")
    role = administration_role(content.facts)
    if role not in world.account(administrator).roles:
        raise wrong(f"Account {administrator} should have '{role}' role.")


@operation(
    "cloudformation",
    "UpdateStackSet",
    takes="StackSetName Description TemplateBody TemplateURL UsePreviousTemplate Parameters Capabilities Tags "
    "OperationPreferences AdministrationRoleARN ExecutionRoleName DeploymentTargets PermissionModel AutoDeployment "
    "OperationId Accounts Regions CallAs ManagedExecution",
)
def update_stack_set(world: World, call: Call, parameters: Parameters) -> Parameters:
    """Change the set and deploy it to its instances, or to those that are named; the others become OUTDATED."""
    stack_set = find_set(world, call, parameters)
    check_id(stack_set, parameters.get("OperationId") or "")
    check_preferences(parameters)
    content = _content(world, call, parameters, stack_set.content)
    _check_change(stack_set, content)
    _check_model(world, stack_set.account_id, content, parameters)
    wanted = Wanted()
    if {"Accounts", "DeploymentTargets", "Regions"} & set(parameters):
        wanted = limited_places(stack_set, parameters)
        need_instances(world, stack_set, wanted)
    started = Operation(
        parameters.get("OperationId") or world.uuid(),
        Action.UPDATE,
        world.now(),
        parameters.get("OperationPreferences") or {},
        wanted,
        content,
    )
    begin(world, stack_set, started)
    return {"OperationId": started.operation_id}


def _check_change(stack_set: StackSet, content: Content) -> None:
    was = stack_set.content.facts
    if content.facts["PermissionModel"] != was["PermissionModel"] and stack_set.instances:
        raise wrong("The permission model of a stack set with instances cannot be changed")
    managed = [bool((facts.get("ManagedExecution") or {}).get("Active")) for facts in (was, content.facts)]
    if managed[0] != managed[1] and stack_set.open_operations():
        words = "ManagedExecution cannot be changed while operations run or wait"
        raise AwsError("InvalidOperationException", words)


@operation("cloudformation", "DeleteStackSet", takes="StackSetName CallAs")
def delete_stack_set(world: World, call: Call, parameters: Parameters) -> Parameters:
    """Gone for good, when it has no instances; deleting what is gone succeeds, as on AWS."""
    try:
        stack_set = find_set(world, call, parameters)
    except AwsError as error:
        if error.code != "StackSetNotFoundException":
            raise
        return {}
    if stack_set.instances:
        raise AwsError("StackSetNotEmptyException", "StackSet is not empty", 409)
    if stack_set.open_operations():
        raise in_progress(stack_set)
    del world.stack_sets.sets[stack_set.key]
    stack_set.status = "DELETED"
    world.stack_sets.deleted.append(stack_set)
    return {}


@operation("cloudformation", "DescribeStackSet", takes="StackSetName CallAs")
def describe_stack_set(world: World, call: Call, parameters: Parameters) -> Parameters:
    """A stack set with its template; a deleted one by its id."""
    administrator, name = administrator_of(world, call, parameters), parameters["StackSetName"]
    deleted = [s for s in world.stack_sets.deleted if (s.stack_set_id, s.account_id) == (name, administrator)]
    stack_set = deleted[0] if deleted else find_set(world, call, parameters)
    content = stack_set.content
    return {
        "StackSet": {
            **_common(stack_set),
            **{k: content.facts[k] for k in FACTS if k in content.facts},
            "StackSetARN": stack_set.arn,
            "TemplateBody": content.template,
            "Parameters": shown(parse(content.template), content.parameters),
            "Tags": [{"Key": k, "Value": v} for k, v in content.tags.items()],
            "OrganizationalUnitIds": list(stack_set.targets),
            "Regions": sorted({region for _, region in stack_set.instances}),
            "StackSetDriftDetectionDetails": show_drift(stack_set.drift),
        }
    }


def _common(stack_set: StackSet) -> dict[str, Any]:
    return {"StackSetName": stack_set.name, "StackSetId": stack_set.stack_set_id, "Status": stack_set.status}


@operation("cloudformation", "ListStackSets", takes="Status CallAs MaxResults NextToken")
def list_stack_sets(world: World, call: Call, parameters: Parameters) -> Parameters:
    """The stack sets of the account and Region by status; deleted ones are told of too."""
    administrator = administrator_of(world, call, parameters)
    is_delegated = parameters.get("CallAs") == "DELEGATED_ADMIN"
    found = [
        s
        for s in [*world.stack_sets.sets.values(), *world.stack_sets.deleted]
        if (s.account_id, s.region) == (administrator, call.region)
        and parameters.get("Status") in (None, s.status)
        and (s.is_service_managed or not is_delegated)
    ]
    return list_page("Summaries", found, parameters, _summary)


def _summary(stack_set: StackSet) -> dict[str, Any]:
    facts, drift = stack_set.content.facts, stack_set.drift
    kept = ("Description", "PermissionModel", "AutoDeployment", "ManagedExecution")
    return tell({
        **_common(stack_set),
        **{k: facts[k] for k in kept if k in facts},
        "DriftStatus": drift.status if drift else "NOT_CHECKED",
        "LastDriftCheckTimestamp": drift.at if drift else None,
    })  # fmt: skip
