"""IAM: roles with their policies and tags, instance profiles, the account's alias."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

from sandbox.engine.errors import AwsError
from sandbox.engine.trust import MANAGED_POLICIES, InstanceProfile, Role, parse_document
from sandbox.engine.world import World
from sandbox.paging import page
from sandbox.registry import Call, Parameters, operation

PAGE = 100


def _role(world: World, call: Call, name: str) -> Role:
    role = world.account(call.account).roles.get(name)
    if role is None:
        raise AwsError("NoSuchEntity", f"The role with name {name} cannot be found.", 404)
    return role


def _document(text: str) -> dict[str, Any]:
    try:
        return parse_document(text)
    except ValueError as error:
        raise AwsError("MalformedPolicyDocument", str(error)) from error


def _shown(call: Call, role: Role) -> dict[str, Any]:
    return {
        "Path": role.path,
        "RoleName": role.name,
        "RoleId": role.role_id,
        "Arn": f"arn:aws:iam::{call.account}:role{role.path}{role.name}",
        "CreateDate": role.created_at,
        "AssumeRolePolicyDocument": quote(json.dumps(role.trust)),
        "Description": role.description,
        "MaxSessionDuration": role.max_session_seconds,
        "Tags": _tags(role.tags),
    }


def _tags(tags: dict[str, str]) -> list[dict[str, str]]:
    return [{"Key": k, "Value": v} for k, v in tags.items()]


def _listed(name: str, items: list[Any], parameters: Parameters) -> Parameters:
    shown, more = page(items, parameters, default=PAGE, limit="MaxItems", token="Marker", error="InvalidInput")  # noqa: S106
    return {name: shown, "IsTruncated": bool(more), **more}


@operation("iam", "ListAccountAliases")
def list_account_aliases(world: World, call: Call, parameters: Parameters) -> Parameters:
    """The account's alias, if it has one."""
    alias = world.account(call.account).alias
    return _listed("AccountAliases", [alias] if alias else [], parameters)


@operation("iam", "CreateRole")
def create_role(world: World, call: Call, parameters: Parameters) -> Parameters:
    """A new role; EntityAlreadyExists when the name is taken in the account."""
    roles, name = world.account(call.account).roles, parameters["RoleName"]
    if name in roles:
        raise AwsError("EntityAlreadyExists", f"Role with name {name} already exists.", 409)
    role = Role(
        name,
        "AROA" + world.uuid("role", call.account, name).replace("-", "")[:17].upper(),
        world.now(),
        _document(parameters["AssumeRolePolicyDocument"]),
        parameters.get("Path") or "/",
        parameters.get("Description") or "",
        {t["Key"]: t["Value"] for t in parameters.get("Tags") or []},
        boundary=parameters.get("PermissionsBoundary") or "",
    )
    roles[name] = role
    return {"Role": _shown(call, role)}


@operation("iam", "GetRole")
def get_role(world: World, call: Call, parameters: Parameters) -> Parameters:
    """A role with its tags."""
    return {"Role": _shown(call, _role(world, call, parameters["RoleName"]))}


@operation("iam", "ListRoles")
def list_roles(world: World, call: Call, parameters: Parameters) -> Parameters:
    """The account's roles by name."""
    prefix = parameters.get("PathPrefix") or "/"
    roles = [r for _, r in sorted(world.account(call.account).roles.items()) if r.path.startswith(prefix)]
    return _listed("Roles", [_shown(call, r) for r in roles], parameters)


@operation("iam", "DeleteRole")
def delete_role(world: World, call: Call, parameters: Parameters) -> Parameters:
    """DeleteConflict while policies or instance profiles hang on the role."""
    role = _role(world, call, parameters["RoleName"])
    account = world.account(call.account)
    if role.attached or role.inline:
        raise AwsError("DeleteConflict", "Cannot delete entity, must detach all policies first.", 409)
    if any(profile.role_name == role.name for profile in account.profiles.values()):
        raise AwsError("DeleteConflict", "Cannot delete entity, must remove roles from instance profile first.", 409)
    del account.roles[role.name]
    return {}


@operation("iam", "AttachRolePolicy")
def attach_role_policy(world: World, call: Call, parameters: Parameters) -> Parameters:
    """Attach a managed policy; attaching it again changes nothing."""
    role, arn = _role(world, call, parameters["RoleName"]), parameters["PolicyArn"]
    if arn not in MANAGED_POLICIES and arn not in world.account(call.account).policies:
        raise AwsError("NoSuchEntity", f"Policy {arn} does not exist or is not attachable.", 404)
    if arn not in role.attached:
        role.attached.append(arn)
        _tell_nodes(world, call, role)
    return {}


@operation("iam", "DetachRolePolicy")
def detach_role_policy(world: World, call: Call, parameters: Parameters) -> Parameters:
    """Detach a managed policy."""
    role, arn = _role(world, call, parameters["RoleName"]), parameters["PolicyArn"]
    if arn not in role.attached:
        raise AwsError("NoSuchEntity", f"Policy {arn} was not found.", 404)
    role.attached.remove(arn)
    return {}


@operation("iam", "ListAttachedRolePolicies")
def list_attached_role_policies(world: World, call: Call, parameters: Parameters) -> Parameters:
    """The managed policies of a role."""
    role = _role(world, call, parameters["RoleName"])
    attached = [{"PolicyName": arn.rsplit("/", 1)[-1], "PolicyArn": arn} for arn in role.attached]
    return _listed("AttachedPolicies", attached, parameters)


@operation("iam", "PutRolePolicy")
def put_role_policy(world: World, call: Call, parameters: Parameters) -> Parameters:
    """Write an inline policy."""
    role = _role(world, call, parameters["RoleName"])
    role.inline[parameters["PolicyName"]] = _document(parameters["PolicyDocument"])
    return {}


@operation("iam", "GetRolePolicy")
def get_role_policy(world: World, call: Call, parameters: Parameters) -> Parameters:
    """Read an inline policy."""
    role, name = _role(world, call, parameters["RoleName"]), parameters["PolicyName"]
    if name not in role.inline:
        raise AwsError("NoSuchEntity", f"The role policy with name {name} cannot be found.", 404)
    document = quote(json.dumps(role.inline[name]))
    return {"RoleName": role.name, "PolicyName": name, "PolicyDocument": document}


@operation("iam", "ListRolePolicies")
def list_role_policies(world: World, call: Call, parameters: Parameters) -> Parameters:
    """The names of a role's inline policies."""
    return _listed("PolicyNames", sorted(_role(world, call, parameters["RoleName"]).inline), parameters)


@operation("iam", "DeleteRolePolicy")
def delete_role_policy(world: World, call: Call, parameters: Parameters) -> Parameters:
    """Remove an inline policy."""
    role, name = _role(world, call, parameters["RoleName"]), parameters["PolicyName"]
    if role.inline.pop(name, None) is None:
        raise AwsError("NoSuchEntity", f"The role policy with name {name} cannot be found.", 404)
    return {}


@operation("iam", "TagRole")
def tag_role(world: World, call: Call, parameters: Parameters) -> Parameters:
    """Tag a role; its sessions carry the tags as principal tags."""
    role = _role(world, call, parameters["RoleName"])
    role.tags.update({t["Key"]: t["Value"] for t in parameters["Tags"]})
    _tell_nodes(world, call, role)
    return {}


@operation("iam", "UntagRole")
def untag_role(world: World, call: Call, parameters: Parameters) -> Parameters:
    """Remove tags from a role."""
    role = _role(world, call, parameters["RoleName"])
    for key in parameters["TagKeys"]:
        role.tags.pop(key, None)
    return {}


@operation("iam", "ListRoleTags")
def list_role_tags(world: World, call: Call, parameters: Parameters) -> Parameters:
    """A role's tags."""
    return _listed("Tags", _tags(_role(world, call, parameters["RoleName"]).tags), parameters)


@operation("iam", "TagUser")
def tag_user(world: World, call: Call, parameters: Parameters) -> Parameters:
    """Tag the account's one user, administrator: principal tags of whoever uses its key."""
    _only_administrator(parameters)
    world.account(call.account).user_tags.update({t["Key"]: t["Value"] for t in parameters["Tags"]})
    return {}


@operation("iam", "UntagUser")
def untag_user(world: World, call: Call, parameters: Parameters) -> Parameters:
    """Remove tags from the user."""
    _only_administrator(parameters)
    for key in parameters["TagKeys"]:
        world.account(call.account).user_tags.pop(key, None)
    return {}


@operation("iam", "ListUserTags")
def list_user_tags(world: World, call: Call, parameters: Parameters) -> Parameters:
    """The user's tags."""
    _only_administrator(parameters)
    return _listed("Tags", _tags(world.account(call.account).user_tags), parameters)


@operation("iam", "GetInstanceProfile")
def get_instance_profile(world: World, call: Call, parameters: Parameters) -> Parameters:
    """An instance profile with its role."""
    name = parameters["InstanceProfileName"]
    profile = world.account(call.account).profiles.get(name)
    if profile is None:
        raise AwsError("NoSuchEntity", f"Instance Profile {name} cannot be found.", 404)
    return {"InstanceProfile": _profile(world, call, profile)}


@operation("iam", "ListInstanceProfiles")
def list_instance_profiles(world: World, call: Call, parameters: Parameters) -> Parameters:
    """The account's instance profiles."""
    profiles = world.account(call.account).profiles.values()
    return _listed("InstanceProfiles", [_profile(world, call, p) for p in profiles], parameters)


def _profile(world: World, call: Call, profile: InstanceProfile) -> dict[str, Any]:
    role = world.account(call.account).roles.get(profile.role_name)
    return {
        "Path": profile.path,
        "InstanceProfileName": profile.name,
        "InstanceProfileId": profile.profile_id,
        "Arn": f"arn:aws:iam::{call.account}:instance-profile{profile.path}{profile.name}",
        "CreateDate": profile.created_at,
        "Roles": [_shown(call, role)] if role else [],
    }


def _only_administrator(parameters: Parameters) -> None:
    if parameters["UserName"] != "administrator":
        raise AwsError("NoSuchEntity", f"The user with name {parameters['UserName']} cannot be found.", 404)


def _tell_nodes(world: World, call: Call, role: Role) -> None:
    world.timeline.at(world.now(), "role changed", call.account, role.name)
