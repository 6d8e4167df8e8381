"""IAM: roles with their trust and tags, the account's alias and its one user."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

from sandbox.bucket_policies import is_known_principal
from sandbox.engine.errors import AwsError
from sandbox.engine.policy_documents import parse_document, principals_of
from sandbox.engine.trust import Role
from sandbox.engine.world import World
from sandbox.paging import page
from sandbox.registry import Call, Parameters, operation

PAGE = 100
MOST_TAGS = 50
LONGEST_TRUST = 2048


def find_role(world: World, call: Call, name: str) -> Role:
    """A role of the caller's account; raises AwsError NoSuchEntity."""
    role = world.account(call.account).roles.get(name)
    if role is None:
        raise AwsError("NoSuchEntity", f"The role with name {name} cannot be found.", 404)
    return role


def show_role(call: Call, role: Role) -> dict[str, Any]:
    """A role as IAM tells it."""
    told = {
        "Path": role.path,
        "RoleName": role.name,
        "RoleId": role.role_id,
        "Arn": f"arn:aws:iam::{call.account}:role{role.path}{role.name}",
        "CreateDate": role.created_at,
        "AssumeRolePolicyDocument": quote(json.dumps(role.trust)),
        "Description": role.description,
        "MaxSessionDuration": role.max_session_seconds,
        "Tags": show_tags(role.tags),
    }
    boundary = {"PermissionsBoundaryType": "PermissionsBoundaryPolicy", "PermissionsBoundaryArn": role.boundary}
    return {**told, "PermissionsBoundary": boundary} if role.boundary else told


def show_tags(tags: dict[str, str]) -> list[dict[str, str]]:
    """Tags as IAM tells them."""
    return [{"Key": k, "Value": v} for k, v in tags.items()]


def list_page(name: str, items: list[Any], parameters: Parameters) -> Parameters:
    """A page of a list in IAM's way: MaxItems, Marker, IsTruncated."""
    shown, more = page(items, parameters, default=PAGE, limit="MaxItems", token="Marker", error="InvalidInput")  # noqa: S106
    return {name: shown, "IsTruncated": bool(more), **more}


def tell_nodes(world: World, call: Call, role: Role) -> None:
    """What a role may do has changed: nodes that work with it may have become managed."""
    world.timeline.at(world.now(), "role changed", call.account, role.name)


def _trust(world: World, text: str) -> dict[str, Any]:
    if len(text) > LONGEST_TRUST:
        raise AwsError("LimitExceeded", f"Cannot exceed quota for ACLSizePerRole: {LONGEST_TRUST}", 409)
    try:
        document = parse_document(text, principals=True, resources=False)
    except ValueError as error:
        raise AwsError("MalformedPolicyDocument", str(error)) from error
    for name in principals_of(document):
        if not is_known_principal(world, name):
            raise AwsError("MalformedPolicyDocument", f'Invalid principal in policy: "AWS":"{name}"')
    return document


def read_tags(parameters: Parameters, existing: dict[str, str] | None = None) -> dict[str, str]:
    """The tags given, with those there are; raises AwsError LimitExceeded beyond 50."""
    tags = {**(existing or {}), **{t["Key"]: t["Value"] for t in parameters.get("Tags") or []}}
    if len(tags) > MOST_TAGS:
        raise AwsError("LimitExceeded", f"The number of tags has reached the maximum limit of {MOST_TAGS}.", 409)
    return tags


@operation("iam", "ListAccountAliases", takes="Marker MaxItems")
def list_account_aliases(world: World, call: Call, parameters: Parameters) -> Parameters:
    """The account's alias, if it has one."""
    alias = world.account(call.account).alias
    return list_page("AccountAliases", [alias] if alias else [], parameters)


@operation(
    "iam",
    "CreateRole",
    takes="AssumeRolePolicyDocument Description MaxSessionDuration Path PermissionsBoundary RoleName Tags",
)
def create_role(world: World, call: Call, parameters: Parameters) -> Parameters:
    """A new role; EntityAlreadyExists when the name is taken in the account, in whatever case."""
    account, name = world.account(call.account), parameters["RoleName"]
    if name.lower() in {taken.lower() for taken in account.roles}:
        raise AwsError("EntityAlreadyExists", f"Role with name {name} already exists.", 409)
    boundary = parameters.get("PermissionsBoundary") or ""
    if boundary and account.document_of(boundary) is None:
        raise AwsError("NoSuchEntity", f"Scope ARN: {boundary} does not exist or is not attachable.", 404)
    role = Role(
        name,
        "AROA" + world.uuid().replace("-", "")[:17].upper(),
        world.now(),
        _trust(world, parameters["AssumeRolePolicyDocument"]),
        parameters.get("Path") or "/",
        parameters.get("Description") or "",
        read_tags(parameters),
        boundary=boundary,
        max_session_seconds=parameters.get("MaxSessionDuration") or 3600,
    )
    account.roles[name] = role
    return {"Role": show_role(call, role)}


@operation("iam", "GetRole", takes="RoleName")
def get_role(world: World, call: Call, parameters: Parameters) -> Parameters:
    """A role with its tags."""
    return {"Role": show_role(call, find_role(world, call, parameters["RoleName"]))}


@operation("iam", "ListRoles", takes="Marker MaxItems PathPrefix")
def list_roles(world: World, call: Call, parameters: Parameters) -> Parameters:
    """The account's roles by name."""
    prefix = parameters.get("PathPrefix") or "/"
    roles = [r for _, r in sorted(world.account(call.account).roles.items()) if r.path.startswith(prefix)]
    return list_page("Roles", [show_role(call, r) for r in roles], parameters)


@operation("iam", "UpdateAssumeRolePolicy", takes="PolicyDocument RoleName")
def update_assume_role_policy(world: World, call: Call, parameters: Parameters) -> Parameters:
    """Replace a role's trust policy."""
    role = find_role(world, call, parameters["RoleName"])
    role.trust = _trust(world, parameters["PolicyDocument"])
    return {}


@operation("iam", "DeleteRole", takes="RoleName")
def delete_role(world: World, call: Call, parameters: Parameters) -> Parameters:
    """DeleteConflict while policies or instance profiles hang on the role."""
    role = find_role(world, call, parameters["RoleName"])
    account = world.account(call.account)
    if role.attached:
        raise AwsError("DeleteConflict", "Cannot delete entity, must detach all policies first.", 409)
    if role.inline:
        raise AwsError("DeleteConflict", "Cannot delete entity, must delete policies first.", 409)
    if any(profile.role_name == role.name for profile in account.profiles.values()):
        raise AwsError("DeleteConflict", "Cannot delete entity, must remove roles from instance profile first.", 409)
    del account.roles[role.name]
    return {}


@operation("iam", "TagRole", takes="RoleName Tags")
def tag_role(world: World, call: Call, parameters: Parameters) -> Parameters:
    """Tag a role; its sessions carry the tags as principal tags."""
    role = find_role(world, call, parameters["RoleName"])
    role.tags = read_tags(parameters, role.tags)
    tell_nodes(world, call, role)
    return {}


@operation("iam", "UntagRole", takes="RoleName TagKeys")
def untag_role(world: World, call: Call, parameters: Parameters) -> Parameters:
    """Remove tags from a role."""
    role = find_role(world, call, parameters["RoleName"])
    for key in parameters["TagKeys"]:
        role.tags.pop(key, None)
    return {}


@operation("iam", "ListRoleTags", takes="Marker MaxItems RoleName")
def list_role_tags(world: World, call: Call, parameters: Parameters) -> Parameters:
    """A role's tags."""
    return list_page("Tags", show_tags(find_role(world, call, parameters["RoleName"]).tags), parameters)


@operation("iam", "TagUser", takes="Tags UserName")
def tag_user(world: World, call: Call, parameters: Parameters) -> Parameters:
    """Tag the account's one user, administrator: principal tags of whoever uses its key."""
    only_administrator(parameters)
    account = world.account(call.account)
    account.user_tags = read_tags(parameters, account.user_tags)
    return {}


@operation("iam", "UntagUser", takes="TagKeys UserName")
def untag_user(world: World, call: Call, parameters: Parameters) -> Parameters:
    """Remove tags from the user."""
    only_administrator(parameters)
    for key in parameters["TagKeys"]:
        world.account(call.account).user_tags.pop(key, None)
    return {}


@operation("iam", "ListUserTags", takes="Marker MaxItems UserName")
def list_user_tags(world: World, call: Call, parameters: Parameters) -> Parameters:
    """The user's tags."""
    only_administrator(parameters)
    return list_page("Tags", show_tags(world.account(call.account).user_tags), parameters)


def only_administrator(parameters: Parameters) -> None:
    """Raises AwsError NoSuchEntity for any other user."""
    if parameters["UserName"] != "administrator":
        raise AwsError("NoSuchEntity", f"The user with name {parameters['UserName']} cannot be found.", 404)
