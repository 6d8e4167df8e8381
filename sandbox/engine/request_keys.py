"""The condition keys that a request carries by what it asks for, in lower case; who asks it: callers.py."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sandbox.engine.conditions import as_list

if TYPE_CHECKING:
    from sandbox.engine.world import World
    from sandbox.registry import Call

Keys = dict[str, list[str]]

FROM_PARAMETERS = {
    ("cloudformation", "AdministrationRoleARN"): "cloudformation:rolearn",
    ("cloudformation", "Regions"): "cloudformation:targetregion",
    ("cloudformation", "TemplateURL"): "cloudformation:templateurl",
    ("iam", "PermissionsBoundary"): "iam:permissionsboundary",
    ("iam", "PolicyArn"): "iam:policyarn",
    ("organizations", "ServicePrincipal"): "organizations:serviceprincipal",
    ("sts", "ExternalId"): "sts:externalid",
    ("sts", "RoleSessionName"): "sts:rolesessionname",
}


def keys_of(world: World, call: Call, asked: Mapping[str, Any]) -> Keys:
    """Region, tags that are given or named, the tags of the role or node in question, and what a service adds."""
    keys = {"aws:requestedregion": [call.region], **_tags_asked(asked)}
    for (service, parameter), key in FROM_PARAMETERS.items():
        if service == call.service and asked.get(parameter):
            keys[key] = [str(value) for value in as_list(asked[parameter])]
    if call.service == "iam" and asked.get("RoleName"):
        keys |= _of_role(world, call, asked["RoleName"])
    if asked.get("InstanceId"):
        keys |= _of_node(world, call, asked["InstanceId"])
    return keys


def _tags_asked(asked: Mapping[str, Any]) -> Keys:
    tags = {t["Key"]: t.get("Value", "") for t in asked.get("Tags") or [] if isinstance(t, Mapping)}
    names = [*tags, *(asked.get("TagKeys") or [])]
    found = {f"aws:requesttag/{key.lower()}": [value] for key, value in tags.items()}
    return {**found, "aws:tagkeys": names} if names else found


def _of_role(world: World, call: Call, name: str) -> Keys:
    role = world.account(call.account).roles.get(name)
    if role is None:
        return {}
    found = {"iam:permissionsboundary": [role.boundary]} if role.boundary else {}
    for key, value in role.tags.items():
        found[f"aws:resourcetag/{key.lower()}"] = found[f"iam:resourcetag/{key.lower()}"] = [value]
    return found


def _of_node(world: World, call: Call, node_id: str) -> Keys:
    node = world.fleet.nodes.get(node_id)
    if node is None or node.account_id != call.account:
        return {}
    prefixes = ("aws:resourcetag", f"{call.service}:resourcetag")
    return {f"{prefix}/{key.lower()}": [value] for prefix in prefixes for key, value in node.tags.items()}
