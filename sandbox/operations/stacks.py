"""CloudFormation: stacks made, changed and removed by their account."""

from __future__ import annotations

from sandbox.engine.errors import AwsError
from sandbox.engine.stack_changes import begin_create, begin_delete, begin_update, has_changes, let_go_on
from sandbox.engine.stack_steps import advance
from sandbox.engine.stacks import Stack
from sandbox.engine.template import wrong
from sandbox.engine.template_parameters import settle
from sandbox.engine.template_text import parse
from sandbox.engine.world import World, event
from sandbox.operations.template_source import accept_template
from sandbox.registry import Call, Parameters, operation

MOST_STACKS = 2000
MOST_TAGS = 50


def find_stack(world: World, call: Call, name: str) -> Stack:
    """A stack by its name, or by its id even after its deletion; raises AwsError ValidationError."""
    by_id = world.stack_sets.stacks.get(name)
    if by_id and (by_id.account_id, by_id.region) == (call.account, call.region):
        return by_id
    found = find_by_name(world, call, name)
    if found is None:
        raise wrong(f"Stack with id {name} does not exist")
    return found


def find_by_name(world: World, call: Call, name: str) -> Stack | None:
    """The stack that has the name now."""
    here = world.stack_sets.stacks.within(call.account, call.region)
    return next((s for s in here if s.name == name and s.is_there), None)


def read_tags(parameters: Parameters) -> dict[str, str]:
    """The tags of a request, 50 at most."""
    tags = {t["Key"]: t["Value"] for t in parameters.get("Tags") or []}
    if len(tags) > MOST_TAGS:
        raise wrong(f"Tags exceeded the limit of {MOST_TAGS}")
    return tags


@event("stack goes on")
def stack_goes_on(world: World, stack_id: str) -> None:
    """The next resource of a stack is made, changed or removed."""
    stack = world.stack_sets.stacks[stack_id]
    advance(world, stack)
    let_go_on(world, stack)


@operation(
    "cloudformation",
    "CreateStack",
    takes="StackName TemplateBody TemplateURL Parameters DisableRollback OnFailure Capabilities Tags "
    "ClientRequestToken EnableTerminationProtection",
)
def create_stack(world: World, call: Call, parameters: Parameters) -> Parameters:
    """A new stack, whose resources come one after another."""
    name, token = parameters["StackName"], parameters.get("ClientRequestToken") or ""
    existing = find_by_name(world, call, name)
    if existing:
        if token and existing.token == token:
            return {"StackId": existing.stack_id}
        raise AwsError("AlreadyExistsException", f"Stack [{name}] already exists")
    if sum(s.is_there for s in world.stack_sets.stacks.within(call.account, call.region)) >= MOST_STACKS:
        raise AwsError("LimitExceededException", f"Limit for stack has been exceeded: {MOST_STACKS}")
    if parameters.get("OnFailure") and "DisableRollback" in parameters:
        raise wrong("You can specify either DisableRollback or OnFailure, but not both.")
    template = accept_template(world, call, parameters)
    values = settle(parse(template), parameters.get("Parameters") or [], {})
    stack_id = f"arn:aws:cloudformation:{call.region}:{call.account}:stack/{name}/{world.uuid()}"
    stack = Stack(stack_id, name, call.account, call.region, world.now(), token=token)
    stack.capabilities = list(parameters.get("Capabilities") or [])
    stack.is_protected = bool(parameters.get("EnableTerminationProtection"))
    stack.acts_as = call.principal
    begin_create(world, stack, template, values, read_tags(parameters), _on_failure(parameters))
    let_go_on(world, stack)
    return {"StackId": stack_id}


def _on_failure(parameters: Parameters) -> str:
    return "DO_NOTHING" if parameters.get("DisableRollback") else parameters.get("OnFailure") or "ROLLBACK"


@operation(
    "cloudformation",
    "UpdateStack",
    takes="StackName TemplateBody TemplateURL UsePreviousTemplate Parameters Capabilities Tags ClientRequestToken",
)
def update_stack(world: World, call: Call, parameters: Parameters) -> Parameters:
    """Change a stack to another template, other parameters or tags; refused when there is nothing to do."""
    stack = find_by_name(world, call, parameters["StackName"]) or find_stack(world, call, parameters["StackName"])
    if not stack.is_there:
        raise wrong(f"Stack [{stack.name}] does not exist")
    token = parameters.get("ClientRequestToken") or ""
    if token and token == stack.token:
        return {"StackId": stack.stack_id}
    template = accept_template(world, call, parameters, stack.template)
    values = settle(parse(template), parameters.get("Parameters") or [], stack.parameters)
    tags = stack.tags if parameters.get("Tags") is None else read_tags(parameters)
    if not stack.is_busy and not has_changes(stack, template, values, tags):
        raise wrong("No updates are to be performed.")
    stack.acts_as = call.principal
    begin_update(world, stack, template, values, tags)
    stack.token, stack.capabilities = token, list(parameters.get("Capabilities") or [])
    let_go_on(world, stack)
    return {"StackId": stack.stack_id}


@operation("cloudformation", "DeleteStack", takes="StackName RetainResources", moot="ClientRequestToken")
def delete_stack(world: World, call: Call, parameters: Parameters) -> Parameters:
    """Remove a stack with its resources; one that is not there is a success, as on AWS."""
    name = parameters["StackName"]
    stack = find_by_name(world, call, name) or world.stack_sets.stacks.get(name)
    if stack is None or not stack.is_there or (stack.account_id, stack.region) != (call.account, call.region):
        return {}
    if stack.is_protected:
        raise wrong(f"Stack [{stack.name}] cannot be deleted while TerminationProtection is enabled")
    retained = frozenset(parameters.get("RetainResources") or [])
    if retained and stack.status != "DELETE_FAILED":
        raise wrong(f"Invalid operation on stack [{stack.stack_id}]: RetainResources needs a stack in DELETE_FAILED")
    if retained - set(stack.resources):
        raise wrong(f"Resources [{', '.join(sorted(retained - set(stack.resources)))}] do not exist in the stack")
    if stack.status == "DELETE_IN_PROGRESS":
        return {}
    stack.acts_as = call.principal
    was_going_on = stack.change is not None
    begin_delete(world, stack, retained)
    if not was_going_on:
        let_go_on(world, stack)
    return {}


@operation("cloudformation", "UpdateTerminationProtection", takes="StackName EnableTerminationProtection")
def update_termination_protection(world: World, call: Call, parameters: Parameters) -> Parameters:
    """Let a stack be deleted or not."""
    stack = find_stack(world, call, parameters["StackName"])
    stack.is_protected = bool(parameters["EnableTerminationProtection"])
    return {"StackId": stack.stack_id}
