"""CloudFormation: whether StackSets may work in the organization, and on whose stack sets a request works."""

from __future__ import annotations

from sandbox.engine.errors import AwsError
from sandbox.engine.organization import STACK_SETS_PRINCIPAL
from sandbox.engine.stack_sets import StackSet
from sandbox.engine.template import wrong
from sandbox.engine.world import World
from sandbox.registry import Call, Parameters, operation

NOT_DELEGATED = "Account used is not a delegated administrator"


def administrator_of(world: World, call: Call, parameters: Parameters) -> str:
    """The account whose sets are meant: the caller's, or the management account's for a delegated administrator."""
    if parameters.get("CallAs") != "DELEGATED_ADMIN":
        return call.account
    if not world.organization.is_delegated(call.account, STACK_SETS_PRINCIPAL):
        raise wrong(NOT_DELEGATED)
    return world.organization.management_id


def find_set(world: World, call: Call, parameters: Parameters) -> StackSet:
    """The set that a request names; a delegated administrator sees service-managed ones alone."""
    name = parameters["StackSetName"]
    found = world.stack_sets.find(administrator_of(world, call, parameters), call.region, name)
    if parameters.get("CallAs") == "DELEGATED_ADMIN" and not found.is_service_managed:
        raise AwsError("StackSetNotFoundException", f"StackSet {name} not found", 404)
    return found


def check_organization(world: World, administrator: str) -> None:
    """Raises AwsError ValidationError unless an account may have service-managed sets."""
    if STACK_SETS_PRINCIPAL not in world.organization.trusted_services:
        raise wrong("You must enable organizations access to operate a service managed stack set")
    if administrator != world.organization.management_id:
        raise wrong(NOT_DELEGATED)


def _management_only(world: World, call: Call) -> None:
    if call.account != world.organization.management_id:
        words = "Only the management account can change the organizations access of StackSets."
        raise AwsError("InvalidOperationException", words)


@operation("cloudformation", "DescribeOrganizationsAccess", takes="CallAs")
def describe_organizations_access(world: World, call: Call, parameters: Parameters) -> Parameters:
    """Whether StackSets may work in the whole organization; for the management account and delegated administrators."""
    if administrator_of(world, call, parameters) != world.organization.management_id:
        words = "Only the management account or a delegated administrator can see the organizations access."
        raise AwsError("InvalidOperationException", words)
    is_on = STACK_SETS_PRINCIPAL in world.organization.trusted_services
    return {"Status": "ENABLED" if is_on else "DISABLED"}


@operation("cloudformation", "ActivateOrganizationsAccess", takes="")
def activate_organizations_access(world: World, call: Call, _parameters: Parameters) -> Parameters:
    """Let StackSets work in the whole organization."""
    _management_only(world, call)
    world.organization.trusted_services.setdefault(STACK_SETS_PRINCIPAL, world.now())
    return {}


@operation("cloudformation", "DeactivateOrganizationsAccess", takes="")
def deactivate_organizations_access(world: World, call: Call, _parameters: Parameters) -> Parameters:
    """End that; refused while someone administers it for the organization."""
    _management_only(world, call)
    if any(STACK_SETS_PRINCIPAL in services for services in world.organization.delegated.values()):
        raise AwsError("InvalidOperationException", "Deregister the delegated administrators of StackSets first.")
    world.organization.trusted_services.pop(STACK_SETS_PRINCIPAL, None)
    return {}
