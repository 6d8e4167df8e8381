"""Organizations: the tree of units and accounts read and reshaped, and the tags of both."""

from __future__ import annotations

from typing import Any

from sandbox.engine.errors import AwsError
from sandbox.engine.membership import add_unit, check_unit_name, find_account, find_unit, move
from sandbox.engine.organization import Unit
from sandbox.engine.world import World
from sandbox.operations.organizations import arn_of, list_page, management_only, readers_only, show_account
from sandbox.registry import Call, Parameters, operation

NO_PARENT = "ParentNotFoundException"
MOST_TAGS = 50


def _show_unit(world: World, unit: Unit) -> dict[str, Any]:
    return {"Id": unit.unit_id, "Arn": arn_of(world, "ou", unit.unit_id), "Name": unit.name}


def _known_unit(world: World, unit_id: str) -> Unit:
    """A unit proper: the root is none."""
    unit = find_unit(world, unit_id)
    if not unit.parent_id:
        raise AwsError("OrganizationalUnitNotFoundException", f"{unit_id} is not an organizational unit.")
    return unit


@operation("organizations", "ListRoots", takes="MaxResults NextToken")
def list_roots(world: World, call: Call, parameters: Parameters) -> Parameters:
    """The one root."""
    readers_only(world, call)
    root_id = world.organization.root_id
    root = {"Id": root_id, "Arn": arn_of(world, "root", root_id), "Name": "Root", "PolicyTypes": []}
    return list_page("Roots", [root], parameters)


@operation("organizations", "ListOrganizationalUnitsForParent", takes="ParentId MaxResults NextToken")
def list_units(world: World, call: Call, parameters: Parameters) -> Parameters:
    """The units directly in a root or unit."""
    readers_only(world, call)
    parent = find_unit(world, parameters["ParentId"], NO_PARENT)
    units = [u for u in world.organization.units.values() if u.parent_id == parent.unit_id]
    return list_page("OrganizationalUnits", units, parameters, lambda unit: _show_unit(world, unit))


@operation("organizations", "ListAccountsForParent", takes="ParentId MaxResults NextToken")
def list_accounts_for_parent(world: World, call: Call, parameters: Parameters) -> Parameters:
    """The accounts directly in a root or unit."""
    readers_only(world, call)
    parent = find_unit(world, parameters["ParentId"], NO_PARENT)
    accounts = [a for a in world.organization.accounts.values() if a.parent_id == parent.unit_id]
    return list_page("Accounts", accounts, parameters, lambda account: show_account(world, account))


@operation("organizations", "ListAccounts", takes="MaxResults NextToken")
def list_accounts(world: World, call: Call, parameters: Parameters) -> Parameters:
    """All accounts."""
    readers_only(world, call)
    accounts = list(world.organization.accounts.values())
    return list_page("Accounts", accounts, parameters, lambda account: show_account(world, account))


@operation("organizations", "ListChildren", takes="ParentId ChildType MaxResults NextToken")
def list_children(world: World, call: Call, parameters: Parameters) -> Parameters:
    """The ids of the units or accounts directly in a root or unit."""
    readers_only(world, call)
    parent, kind = find_unit(world, parameters["ParentId"], NO_PARENT), parameters["ChildType"]
    organization = world.organization
    found: Any = organization.accounts if kind == "ACCOUNT" else organization.units
    children = [{"Id": i, "Type": kind} for i, child in found.items() if child.parent_id == parent.unit_id]
    return list_page("Children", children, parameters)


@operation("organizations", "ListParents", takes="ChildId MaxResults NextToken")
def list_parents(world: World, call: Call, parameters: Parameters) -> Parameters:
    """The unit or root that holds an account or unit."""
    readers_only(world, call)
    organization, child_id = world.organization, parameters["ChildId"]
    child = organization.accounts.get(child_id) or organization.units.get(child_id)
    if child is None or not child.parent_id:
        raise AwsError("ChildNotFoundException", "You specified a child that doesn't exist.")
    kind = "ROOT" if child.parent_id == organization.root_id else "ORGANIZATIONAL_UNIT"
    return list_page("Parents", [{"Id": child.parent_id, "Type": kind}], parameters)


@operation("organizations", "DescribeAccount", takes="AccountId")
def describe_account(world: World, call: Call, parameters: Parameters) -> Parameters:
    """One account."""
    readers_only(world, call)
    return {"Account": show_account(world, find_account(world, parameters["AccountId"]))}


@operation("organizations", "DescribeOrganizationalUnit", takes="OrganizationalUnitId")
def describe_unit(world: World, call: Call, parameters: Parameters) -> Parameters:
    """One unit."""
    readers_only(world, call)
    return {"OrganizationalUnit": _show_unit(world, _known_unit(world, parameters["OrganizationalUnitId"]))}


@operation("organizations", "CreateOrganizationalUnit", takes="ParentId Name Tags")
def create_unit(world: World, call: Call, parameters: Parameters) -> Parameters:
    """A new unit."""
    management_only(world, call)
    unit = add_unit(world, parameters["Name"], parameters["ParentId"])
    _tag(world, unit.unit_id, parameters)
    return {"OrganizationalUnit": _show_unit(world, unit)}


@operation("organizations", "UpdateOrganizationalUnit", takes="OrganizationalUnitId Name")
def update_unit(world: World, call: Call, parameters: Parameters) -> Parameters:
    """Give a unit another name."""
    management_only(world, call)
    unit, name = _known_unit(world, parameters["OrganizationalUnitId"]), parameters.get("Name")
    if name and name != unit.name:
        check_unit_name(world, name, unit.parent_id)
        unit.name = name
    return {"OrganizationalUnit": _show_unit(world, unit)}


@operation("organizations", "DeleteOrganizationalUnit", takes="OrganizationalUnitId")
def delete_unit(world: World, call: Call, parameters: Parameters) -> Parameters:
    """Remove a unit that holds nothing."""
    management_only(world, call)
    organization, unit = world.organization, _known_unit(world, parameters["OrganizationalUnitId"])
    parents = [a.parent_id for a in organization.accounts.values()] + [u.parent_id for u in organization.units.values()]
    if unit.unit_id in parents:
        raise AwsError("OrganizationalUnitNotEmptyException", "The specified OU is not empty.")
    del organization.units[unit.unit_id]
    organization.tags.pop(unit.unit_id, None)
    return {}


@operation("organizations", "MoveAccount", takes="AccountId SourceParentId DestinationParentId")
def move_account(world: World, call: Call, parameters: Parameters) -> Parameters:
    """Put an account from one unit into another."""
    management_only(world, call)
    account = find_account(world, parameters["AccountId"])
    source = find_unit(world, parameters["SourceParentId"], "SourceParentNotFoundException")
    target = find_unit(world, parameters["DestinationParentId"], "DestinationParentNotFoundException")
    if account.parent_id == target.unit_id:
        raise AwsError("DuplicateAccountException", "That account is already present in the specified destination.")
    if account.parent_id != source.unit_id:
        raise AwsError("AccountNotFoundException", "The account is not in the specified source parent.")
    move(world, account.account_id, target.unit_id)
    return {}


@operation("organizations", "TagResource", takes="ResourceId Tags")
def tag_resource(world: World, call: Call, parameters: Parameters) -> Parameters:
    """Tag an account or unit."""
    management_only(world, call)
    _tag(world, _known_resource(world, parameters), parameters)
    return {}


@operation("organizations", "UntagResource", takes="ResourceId TagKeys")
def untag_resource(world: World, call: Call, parameters: Parameters) -> Parameters:
    """Remove tags."""
    management_only(world, call)
    tags = world.organization.tags.get(_known_resource(world, parameters), {})
    for key in parameters["TagKeys"]:
        tags.pop(key, None)
    return {}


@operation("organizations", "ListTagsForResource", takes="ResourceId NextToken")
def list_tags(world: World, call: Call, parameters: Parameters) -> Parameters:
    """The tags of an account or unit."""
    readers_only(world, call)
    tags = world.organization.tags.get(_known_resource(world, parameters), {})
    return list_page("Tags", [{"Key": k, "Value": v} for k, v in tags.items()], parameters)


def _known_resource(world: World, parameters: Parameters) -> str:
    resource_id: str = parameters["ResourceId"]
    if resource_id not in world.organization.accounts and resource_id not in world.organization.units:
        raise AwsError("TargetNotFoundException", "You specified a target that doesn't exist.")
    return resource_id


def _tag(world: World, resource_id: str, parameters: Parameters) -> None:
    tags = {
        **world.organization.tags.get(resource_id, {}),
        **{t["Key"]: t["Value"] for t in parameters.get("Tags") or []},
    }
    if len(tags) > MOST_TAGS:
        raise AwsError("ConstraintViolationException", "MAX_TAG_LIMIT_EXCEEDED")
    world.organization.tags[resource_id] = tags
