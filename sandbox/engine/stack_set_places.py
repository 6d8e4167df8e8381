"""What an operation of a stack set does at one account-Region, and what may stand in its way there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.enforcement import admit_call
from sandbox.engine.authorization import judge
from sandbox.engine.callers import context_of, is_trusted, names_of
from sandbox.engine.drift import detect
from sandbox.engine.errors import AwsError
from sandbox.engine.organization import STACK_SETS_PRINCIPAL
from sandbox.engine.places import Place
from sandbox.engine.stack_changes import StackFailed, deploy, remove
from sandbox.engine.stack_sets import Action, Instance, Operation, StackSet
from sandbox.engine.stacks import Stack
from sandbox.engine.template_parameters import settle
from sandbox.engine.template_text import parse
from sandbox.engine.trust import Principal
from sandbox.registry import Call

if TYPE_CHECKING:
    from sandbox.engine.world import World

SKIPPED = "SKIPPED_SUSPENDED_ACCOUNT"
MOST_STACKS = 2000
ADMINISTRATION_ROLE = "AWSCloudFormationStackSetAdministrationRole"
EXECUTION_ROLE = "AWSCloudFormationStackSetExecutionRole"
CLOUDFORMATION = "cloudformation.amazonaws.com"
SESSION = "AWSCloudFormation"


def work_at(world: World, stack_set: StackSet, operation: Operation, place: Place) -> tuple[str, str]:
    """Deploy, remove or check the stack at a place; the result's status and its reason."""
    instance = stack_set.instances[place]
    try:
        if operation.action is Action.DELETE:
            _remove_at(world, stack_set, operation, instance)
        elif operation.action is Action.DETECT_DRIFT:
            _detect_at(world, stack_set, instance)
        else:
            _deploy_at(world, stack_set, instance)
    except StackFailed as failure:
        _note_failure(operation, instance, str(failure))
        return "FAILED", str(failure)
    return "SUCCEEDED", ""


def _note_failure(operation: Operation, instance: Instance, reason: str) -> None:
    """A deletion that failed leaves the stack in a state that only a deletion with RetainStacks ends (aws-facts 9)."""
    if operation.action is Action.DETECT_DRIFT:
        return
    instance.reason = reason
    if operation.action is Action.DELETE:
        instance.status = instance.detailed = "INOPERABLE"
    else:
        instance.status, instance.detailed = "OUTDATED", "FAILED"


def is_suspended(world: World, stack_set: StackSet, account_id: str) -> bool:
    """Whether a service-managed set passes over an account."""
    account = world.organization.accounts.get(account_id)
    return stack_set.is_service_managed and account is not None and account.status != "ACTIVE"


def _deploy_at(world: World, stack_set: StackSet, instance: Instance) -> None:
    check_access(world, stack_set, instance)
    stack = _stack_at(world, stack_set, instance)
    instance.stack_id = stack.stack_id
    content = stack_set.content
    given = [{"ParameterKey": k, "ParameterValue": v} for k, v in {**content.parameters, **instance.overrides}.items()]
    try:
        parameters = settle(parse(content.template), given, {})
    except AwsError as error:
        raise StackFailed(error.message) from error
    _act(world, stack_set, stack, "UpdateStack" if stack.status else "CreateStack")
    deploy(world, stack, content.template, parameters, content.tags)
    instance.status, instance.detailed, instance.reason = "CURRENT", "SUCCEEDED", ""


def _act(world: World, stack_set: StackSet, stack: Stack, action: str) -> None:
    """The execution role of a self-managed set works on the stack; raises StackFailed when it may not."""
    if stack_set.is_service_managed:
        return
    stack.acts_as = Principal(stack.account_id, _execution_role(stack_set), SESSION)
    call = Call(stack.acts_as, stack.region, "cloudformation", action)
    if world.enforces_iam:
        try:
            admit_call(world, call, {"StackName": stack.stack_id})
        except AwsError as error:
            raise StackFailed(error.message) from error


def _execution_role(stack_set: StackSet) -> str:
    return stack_set.content.facts.get("ExecutionRoleName") or EXECUTION_ROLE


def _stack_at(world: World, stack_set: StackSet, instance: Instance) -> Stack:
    """The instance's stack; one that never came to be is removed and begun anew, as StackSets does."""
    stack = world.stack_sets.stacks.get(instance.stack_id)
    if stack and stack.status == "ROLLBACK_COMPLETE":
        remove(world, stack)
    if stack and stack.is_there:
        return stack
    account_id, region = instance.account_id, instance.region
    if sum(s.is_there for s in world.stack_sets.stacks.within(account_id, region)) >= MOST_STACKS:
        raise StackFailed(f"Limit for stack has been exceeded: {MOST_STACKS}")
    name = f"StackSet-{stack_set.name}-{world.uuid()}"
    stack_id = f"arn:aws:cloudformation:{region}:{account_id}:stack/{name}/{world.uuid()}"
    return Stack(stack_id, name, account_id, region, world.now(), capabilities=list(_capabilities(stack_set)))


def _capabilities(stack_set: StackSet) -> list[str]:
    return stack_set.content.facts.get("Capabilities") or []


def _remove_at(world: World, stack_set: StackSet, operation: Operation, instance: Instance) -> None:
    stack = world.stack_sets.stacks.get(instance.stack_id)
    if stack and stack.is_there and not operation.retain:
        check_access(world, stack_set, instance, left_is_fine=operation.is_automatic)
        _act(world, stack_set, stack, "DeleteStack")
        remove(world, stack)
    del stack_set.instances[instance.account_id, instance.region]


def _detect_at(world: World, stack_set: StackSet, instance: Instance) -> None:
    stack = world.stack_sets.stacks.get(instance.stack_id)
    if stack is None or not stack.is_there:
        raise StackFailed("The stack does not exist")
    check_access(world, stack_set, instance)
    detect(world, stack)
    instance.drift, instance.checked_at = stack.drift, stack.checked_at


def check_access(world: World, stack_set: StackSet, instance: Instance, *, left_is_fine: bool = False) -> None:
    """Raises StackFailed when StackSets cannot act at a place: Region, membership, or the roles of a self-managed set.

    A stack that goes because its account has left is removed all the same.
    """
    account_id, region = instance.account_id, instance.region
    if region not in world.organization.regions:
        raise StackFailed(f"Account {account_id} has not opted in to Region {region}")
    if not stack_set.is_service_managed:
        _check_roles(world, stack_set, account_id)
    elif STACK_SETS_PRINCIPAL not in world.organization.trusted_services:
        raise StackFailed("You must enable organizations access to operate a service managed stack set")
    elif account_id not in world.organization.accounts and not left_is_fine:
        raise StackFailed(f"Account {account_id} is not a member of the organization")


def administration_role(facts: dict[str, str]) -> str:
    """The name of the role by which CloudFormation administers a self-managed set."""
    return (facts.get("AdministrationRoleARN") or ADMINISTRATION_ROLE).rsplit("/", 1)[-1]


def _check_roles(world: World, stack_set: StackSet, account_id: str) -> None:
    facts, owner = stack_set.content.facts, stack_set.account_id
    administration = administration_role(facts)
    execution = _execution_role(stack_set)
    context = {"aws:sourceaccount": [owner], "aws:sourcearn": [stack_set.arn]}
    if not is_trusted(world, owner, administration, context, frozenset({CLOUDFORMATION})):
        raise StackFailed(
            f"Account {owner} should have '{administration}' role with trust relationship to CloudFormation service."
        )
    session, arn = Principal(owner, administration, SESSION), f"arn:aws:iam::{account_id}:role/{execution}"
    context = context_of(world, session)
    may = not world.enforces_iam or judge(world, session, "sts:AssumeRole", arn, context).answer
    if not may or not is_trusted(world, account_id, execution, context, names_of(world, session)):
        raise StackFailed(
            f"Account {account_id} should have '{execution}' role with trust relationship to Role '{administration}'."
        )
