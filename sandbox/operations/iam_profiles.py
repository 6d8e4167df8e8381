"""IAM: instance profiles, in which EC2 instances carry a role."""

from __future__ import annotations

from typing import Any

from sandbox.engine.errors import AwsError
from sandbox.engine.trust import InstanceProfile
from sandbox.engine.world import World
from sandbox.operations.iam import find_role, list_page, read_tags, show_role, show_tags, tell_nodes
from sandbox.registry import Call, Parameters, operation


@operation("iam", "CreateInstanceProfile", takes="InstanceProfileName Path Tags")
def create_instance_profile(world: World, call: Call, parameters: Parameters) -> Parameters:
    """A new profile, with no role yet."""
    profiles, name = world.account(call.account).profiles, parameters["InstanceProfileName"]
    if name in profiles:
        raise AwsError("EntityAlreadyExists", f"Instance Profile {name} already exists.", 409)
    profile_id = "AIPA" + world.uuid().replace("-", "")[:17].upper()
    path, tags = parameters.get("Path") or "/", read_tags(parameters)
    profiles[name] = InstanceProfile(name, profile_id, world.now(), path=path, tags=tags)
    return {"InstanceProfile": _show(world, call, profiles[name])}


@operation("iam", "GetInstanceProfile", takes="InstanceProfileName")
def get_instance_profile(world: World, call: Call, parameters: Parameters) -> Parameters:
    """An instance profile with its role."""
    return {"InstanceProfile": _show(world, call, _find(world, call, parameters))}


@operation("iam", "ListInstanceProfiles", takes="Marker MaxItems PathPrefix")
def list_instance_profiles(world: World, call: Call, parameters: Parameters) -> Parameters:
    """The account's instance profiles."""
    prefix = parameters.get("PathPrefix") or "/"
    profiles = [p for p in world.account(call.account).profiles.values() if p.path.startswith(prefix)]
    return list_page("InstanceProfiles", [_show(world, call, p) for p in profiles], parameters)


@operation("iam", "ListInstanceProfilesForRole", takes="Marker MaxItems RoleName")
def list_instance_profiles_for_role(world: World, call: Call, parameters: Parameters) -> Parameters:
    """The profiles that carry a role."""
    role = find_role(world, call, parameters["RoleName"])
    profiles = [p for p in world.account(call.account).profiles.values() if p.role_name == role.name]
    return list_page("InstanceProfiles", [_show(world, call, p) for p in profiles], parameters)


@operation("iam", "AddRoleToInstanceProfile", takes="InstanceProfileName RoleName")
def add_role(world: World, call: Call, parameters: Parameters) -> Parameters:
    """Put a role into a profile, which holds one."""
    profile, role = _find(world, call, parameters), find_role(world, call, parameters["RoleName"])
    if profile.role_name:
        raise AwsError("LimitExceeded", "Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1", 409)
    profile.role_name = role.name
    tell_nodes(world, call, role)
    return {}


@operation("iam", "RemoveRoleFromInstanceProfile", takes="InstanceProfileName RoleName")
def remove_role(world: World, call: Call, parameters: Parameters) -> Parameters:
    """Take the role out of a profile."""
    profile, name = _find(world, call, parameters), parameters["RoleName"]
    if profile.role_name != name:
        raise AwsError("NoSuchEntity", f"The role with name {name} is not in the instance profile.", 404)
    profile.role_name = ""
    return {}


@operation("iam", "DeleteInstanceProfile", takes="InstanceProfileName")
def delete_instance_profile(world: World, call: Call, parameters: Parameters) -> Parameters:
    """Remove a profile; DeleteConflict while it holds a role."""
    profile = _find(world, call, parameters)
    if profile.role_name:
        raise AwsError("DeleteConflict", "Cannot delete entity, must remove roles from instance profile first.", 409)
    del world.account(call.account).profiles[profile.name]
    return {}


def _find(world: World, call: Call, parameters: Parameters) -> InstanceProfile:
    name = parameters["InstanceProfileName"]
    profile = world.account(call.account).profiles.get(name)
    if profile is None:
        raise AwsError("NoSuchEntity", f"Instance Profile {name} cannot be found.", 404)
    return profile


def _show(world: World, call: Call, profile: InstanceProfile) -> dict[str, Any]:
    role = world.account(call.account).roles.get(profile.role_name)
    return {
        "Path": profile.path,
        "InstanceProfileName": profile.name,
        "InstanceProfileId": profile.profile_id,
        "Arn": f"arn:aws:iam::{call.account}:instance-profile{profile.path}{profile.name}",
        "CreateDate": profile.created_at,
        "Roles": [show_role(call, role)] if role else [],
        "Tags": show_tags(profile.tags),
    }
