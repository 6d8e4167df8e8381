"""Organizations: the tree of units and accounts, as its management account sees it."""

from __future__ import annotations

from typing import Any

from sandbox.engine.errors import AwsError, denied
from sandbox.engine.organization import Account, Unit
from sandbox.engine.world import World
from sandbox.paging import page
from sandbox.registry import Call, Parameters, operation

PAGE = 20


def _management_only(world: World, call: Call) -> None:
    _members_only(world, call)
    if call.account != world.organization.management_id:
        raise denied(call.principal.arn, f"organizations:{call.action}")


def _members_only(world: World, call: Call) -> None:
    if call.account not in world.organization.accounts:
        raise AwsError("AWSOrganizationsNotInUseException", "Your account is not a member of an organization.")


def _arn(world: World, kind: str, name: str) -> str:
    organization = world.organization
    return f"arn:aws:organizations::{organization.management_id}:{kind}/{organization.organization_id}/{name}"


@operation("organizations", "DescribeOrganization", takes="")
def describe_organization(world: World, call: Call, _parameters: Parameters) -> Parameters:
    """The organization; every member may ask."""
    _members_only(world, call)
    organization = world.organization
    return {
        "Organization": {
            "Id": organization.organization_id,
            "Arn": _arn(world, "organization", "").rstrip("/"),
            "FeatureSet": "ALL",
            "MasterAccountArn": _arn(world, "account", organization.management_id),
            "MasterAccountId": organization.management_id,
            "MasterAccountEmail": organization.accounts[organization.management_id].email,
        }
    }


@operation("organizations", "ListRoots", takes="")
def list_roots(world: World, call: Call, _parameters: Parameters) -> Parameters:
    """The one root."""
    _management_only(world, call)
    root_id = world.organization.root_id
    return {"Roots": [{"Id": root_id, "Arn": _arn(world, "root", root_id), "Name": "Root", "PolicyTypes": []}]}


@operation("organizations", "ListOrganizationalUnitsForParent", takes="ParentId MaxResults NextToken")
def list_units(world: World, call: Call, parameters: Parameters) -> Parameters:
    """The units directly in a root or unit."""
    _management_only(world, call)
    _known_parent(world, parameters["ParentId"])
    units = [u for u in world.organization.units.values() if u.parent_id == parameters["ParentId"]]
    items, more = page(units, parameters, default=PAGE, error="InvalidInputException")
    return {"OrganizationalUnits": [_unit(world, u) for u in items], **more}


@operation("organizations", "ListAccountsForParent", takes="ParentId MaxResults NextToken")
def list_accounts_for_parent(world: World, call: Call, parameters: Parameters) -> Parameters:
    """The accounts directly in a root or unit."""
    _management_only(world, call)
    _known_parent(world, parameters["ParentId"])
    accounts = [a for a in world.organization.accounts.values() if a.parent_id == parameters["ParentId"]]
    items, more = page(accounts, parameters, default=PAGE, error="InvalidInputException")
    return {"Accounts": [_account(world, a) for a in items], **more}


@operation("organizations", "ListAccounts", takes="MaxResults NextToken")
def list_accounts(world: World, call: Call, parameters: Parameters) -> Parameters:
    """All accounts."""
    _management_only(world, call)
    items, more = page(
        list(world.organization.accounts.values()), parameters, default=PAGE, error="InvalidInputException"
    )
    return {"Accounts": [_account(world, a) for a in items], **more}


@operation("organizations", "ListAWSServiceAccessForOrganization", takes="MaxResults NextToken")
def list_service_access(world: World, call: Call, parameters: Parameters) -> Parameters:
    """The services with trusted access."""
    _management_only(world, call)
    services = list(world.organization.trusted_services.items())
    items, more = page(services, parameters, default=PAGE, error="InvalidInputException")
    return {"EnabledServicePrincipals": [{"ServicePrincipal": s, "DateEnabled": at} for s, at in items], **more}


@operation("organizations", "EnableAWSServiceAccess", takes="ServicePrincipal")
def enable_service_access(world: World, call: Call, parameters: Parameters) -> Parameters:
    """Give a service trusted access."""
    _management_only(world, call)
    world.organization.trusted_services.setdefault(parameters["ServicePrincipal"], world.now())
    return {}


def _known_parent(world: World, parent_id: str) -> None:
    if parent_id not in world.organization.units:
        raise AwsError("ParentNotFoundException", "You specified parent that doesn't exist.")


def _unit(world: World, unit: Unit) -> dict[str, Any]:
    return {"Id": unit.unit_id, "Arn": _arn(world, "ou", unit.unit_id), "Name": unit.name}


def _account(world: World, account: Account) -> dict[str, Any]:
    return {
        "Id": account.account_id,
        "Arn": _arn(world, "account", account.account_id),
        "Email": account.email,
        "Name": account.name,
        "Status": account.status,
        "JoinedMethod": "CREATED",
        "JoinedTimestamp": account.joined_at,
    }
