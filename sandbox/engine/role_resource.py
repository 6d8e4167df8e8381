"""AWS::IAM::Role in a stack: made whole or not at all, changed in place."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import unquote

from sandbox.engine.errors import AwsError
from sandbox.engine.resource_kind import (
    Ask,
    Made,
    Properties,
    ResourceType,
    Wish,
    all_tags,
    fixed,
    gone_is_fine,
    only,
    tag_list,
)

GONE = "NoSuchEntity"
SHORTEST_SESSION = 3600


def _create(ask: Ask, wish: Wish) -> Made:
    properties = wish.properties
    name = properties.get("RoleName") or wish.name
    request = {
        "RoleName": name,
        "AssumeRolePolicyDocument": _text(properties["AssumeRolePolicyDocument"]),
        "Tags": tag_list(all_tags(wish)),
        **only(properties, "Path", "Description", "PermissionsBoundary"),
    }
    if "MaxSessionDuration" in properties:
        request["MaxSessionDuration"] = int(properties["MaxSessionDuration"])
    told = ask("iam", "CreateRole", request)["Role"]
    made = Made(name, {"Arn": told["Arn"], "RoleId": told["RoleId"]}, properties, wish.tags)
    try:
        _change_policies(ask, name, {}, properties)
    except AwsError:
        _delete(ask, made)
        raise
    return made


def _text(document: Any) -> str:
    return document if isinstance(document, str) else json.dumps(document)


def _inline(properties: Properties) -> dict[str, Any]:
    return {p["PolicyName"]: p["PolicyDocument"] for p in properties.get("Policies", [])}


def _change_policies(ask: Ask, name: str, was: Properties, wanted: Properties) -> None:
    had, inline = _inline(was), _inline(wanted)
    for policy, document in inline.items():
        if had.get(policy) != document:
            ask("iam", "PutRolePolicy", {"RoleName": name, "PolicyName": policy, "PolicyDocument": _text(document)})
    for policy in set(had) - set(inline):
        _remove_inline(ask, name, policy)
    attached, arns = set(was.get("ManagedPolicyArns", [])), wanted.get("ManagedPolicyArns", [])
    for arn in attached - set(arns):
        _detach(ask, name, arn)
    for arn in arns:
        if arn not in attached:
            ask("iam", "AttachRolePolicy", {"RoleName": name, "PolicyArn": arn})


def _remove_inline(ask: Ask, name: str, policy: str) -> None:
    with gone_is_fine(GONE):
        ask("iam", "DeleteRolePolicy", {"RoleName": name, "PolicyName": policy})


def _detach(ask: Ask, name: str, arn: str) -> None:
    with gone_is_fine(GONE):
        ask("iam", "DetachRolePolicy", {"RoleName": name, "PolicyArn": arn})


def _update(ask: Ask, was: Made, wish: Wish) -> Made:
    name, had, wanted = was.physical_id, was.properties, wish.properties
    if had["AssumeRolePolicyDocument"] != wanted["AssumeRolePolicyDocument"]:
        document = _text(wanted["AssumeRolePolicyDocument"])
        ask("iam", "UpdateAssumeRolePolicy", {"RoleName": name, "PolicyDocument": document})
    if any(had.get(k) != wanted.get(k) for k in ("Description", "MaxSessionDuration")):
        seconds = int(wanted.get("MaxSessionDuration", SHORTEST_SESSION))
        facts = {"Description": wanted.get("Description", ""), "MaxSessionDuration": seconds}
        ask("iam", "UpdateRole", {"RoleName": name, **facts})
    _change_boundary(ask, name, had, wanted)
    _change_policies(ask, name, had, wanted)
    _change_tags(ask, was, wish)
    return Made(name, was.attributes, wanted, wish.tags)


def _change_boundary(ask: Ask, name: str, had: Properties, wanted: Properties) -> None:
    boundary = wanted.get("PermissionsBoundary")
    if boundary == had.get("PermissionsBoundary"):
        return
    if boundary:
        ask("iam", "PutRolePermissionsBoundary", {"RoleName": name, "PermissionsBoundary": boundary})
    else:
        ask("iam", "DeleteRolePermissionsBoundary", {"RoleName": name})


def _change_tags(ask: Ask, was: Made, wish: Wish) -> None:
    had, wanted = all_tags(Wish(was.properties, was.tags, "")), all_tags(wish)
    if gone := sorted(set(had) - set(wanted)):
        ask("iam", "UntagRole", {"RoleName": was.physical_id, "TagKeys": gone})
    if changed := {k: v for k, v in wanted.items() if had.get(k) != v}:
        ask("iam", "TagRole", {"RoleName": was.physical_id, "Tags": tag_list(changed)})


def _delete(ask: Ask, was: Made) -> None:
    """What the template gave the role goes with it; what others hung on it makes IAM refuse."""
    name = was.physical_id
    with gone_is_fine(GONE):
        for policy in _inline(was.properties):
            _remove_inline(ask, name, policy)
        for arn in was.properties.get("ManagedPolicyArns", []):
            _detach(ask, name, arn)
        ask("iam", "DeleteRole", {"RoleName": name})


def _read(ask: Ask, was: Made) -> Properties | None:
    with gone_is_fine(GONE):
        role = ask("iam", "GetRole", {"RoleName": was.physical_id})["Role"]
        names = ask("iam", "ListRolePolicies", {"RoleName": was.physical_id})["PolicyNames"]
        attached = ask("iam", "ListAttachedRolePolicies", {"RoleName": was.physical_id})["AttachedPolicies"]
        told = {
            "RoleName": role["RoleName"],
            "Path": role["Path"],
            "Description": role["Description"],
            "MaxSessionDuration": role["MaxSessionDuration"],
            "AssumeRolePolicyDocument": _document(role["AssumeRolePolicyDocument"]),
            "Policies": [_read_inline(ask, was.physical_id, name) for name in names],
            "ManagedPolicyArns": [p["PolicyArn"] for p in attached],
            "Tags": [t for t in role["Tags"] if was.tags.get(t["Key"]) != t["Value"]],
        }
        if "PermissionsBoundary" in role:
            told["PermissionsBoundary"] = role["PermissionsBoundary"]["PermissionsBoundaryArn"]
        return told
    return None


def _read_inline(ask: Ask, role: str, name: str) -> dict[str, Any]:
    told = ask("iam", "GetRolePolicy", {"RoleName": role, "PolicyName": name})
    return {"PolicyName": name, "PolicyDocument": _document(told["PolicyDocument"])}


def _document(told: Any) -> Any:
    return json.loads(unquote(told)) if isinstance(told, str) else told


ROLE = ResourceType(
    properties=frozenset({
        "AssumeRolePolicyDocument", "Description", "ManagedPolicyArns", "MaxSessionDuration", "Path",
        "PermissionsBoundary", "Policies", "RoleName", "Tags",
    }),
    required=frozenset({"AssumeRolePolicyDocument"}),
    fixed=fixed("RoleName", "Path"),
    create=_create,
    update=_update,
    delete=_delete,
    read=_read,
    named_by="RoleName",
    is_tagged=True,
)  # fmt: skip
