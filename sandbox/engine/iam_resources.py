"""AWS::IAM::Policy, AWS::IAM::ManagedPolicy and AWS::IAM::InstanceProfile in a stack."""

from __future__ import annotations

import json
from typing import Any

from sandbox.engine.errors import AwsError
from sandbox.engine.resource_kind import Ask, Made, Properties, ResourceType, Wish, fixed, gone_is_fine, only

GONE = "NoSuchEntity"
MOST_VERSIONS = 5


def _text(document: Any) -> str:
    return document if isinstance(document, str) else json.dumps(document)


def _create_policy(ask: Ask, wish: Wish) -> Made:
    if not wish.properties.get("Roles"):
        raise AwsError("ValidationError", "At least one of [Groups,Roles,Users] must be non-empty.")
    _write_policy(ask, wish.properties)
    return Made(wish.name, {}, wish.properties)


def _write_policy(ask: Ask, properties: Properties) -> None:
    policy = {"PolicyName": properties["PolicyName"], "PolicyDocument": _text(properties["PolicyDocument"])}
    for role in properties.get("Roles", []):
        ask("iam", "PutRolePolicy", {"RoleName": role, **policy})


def _update_policy(ask: Ask, was: Made, wish: Wish) -> Made:
    _write_policy(ask, wish.properties)
    _remove_policy(ask, was, [r for r in was.properties["Roles"] if r not in wish.properties.get("Roles", [])])
    return Made(was.physical_id, {}, wish.properties)


def _remove_policy(ask: Ask, was: Made, roles: list[str]) -> None:
    for role in roles:
        with gone_is_fine(GONE):
            ask("iam", "DeleteRolePolicy", {"RoleName": role, "PolicyName": was.properties["PolicyName"]})


def _create_managed(ask: Ask, wish: Wish) -> Made:
    properties = wish.properties
    request = only(properties, "Path", "Description")
    request["PolicyName"] = properties.get("ManagedPolicyName") or wish.name
    request["PolicyDocument"] = _text(properties["PolicyDocument"])
    arn = ask("iam", "CreatePolicy", request)["Policy"]["Arn"]
    made = Made(arn, {"PolicyArn": arn}, properties)
    try:
        _attach(ask, arn, properties.get("Roles", []))
    except AwsError:
        _delete_managed(ask, made)
        raise
    return made


def _attach(ask: Ask, arn: str, roles: list[str]) -> None:
    for role in roles:
        ask("iam", "AttachRolePolicy", {"RoleName": role, "PolicyArn": arn})


def _detach(ask: Ask, arn: str, roles: list[str]) -> None:
    for role in roles:
        with gone_is_fine(GONE):
            ask("iam", "DetachRolePolicy", {"RoleName": role, "PolicyArn": arn})


def _update_managed(ask: Ask, was: Made, wish: Wish) -> Made:
    arn, had, wanted = was.physical_id, was.properties, wish.properties
    if had["PolicyDocument"] != wanted["PolicyDocument"]:
        _make_room(ask, arn)
        document = _text(wanted["PolicyDocument"])
        ask("iam", "CreatePolicyVersion", {"PolicyArn": arn, "PolicyDocument": document, "SetAsDefault": True})
    roles = wanted.get("Roles", [])
    _detach(ask, arn, [r for r in had.get("Roles", []) if r not in roles])
    _attach(ask, arn, roles)
    return Made(arn, was.attributes, wanted)


def _make_room(ask: Ask, arn: str) -> None:
    """IAM keeps five versions: the oldest that is not the default one goes."""
    versions = ask("iam", "ListPolicyVersions", {"PolicyArn": arn})["Versions"]
    spare = [v["VersionId"] for v in versions if not v["IsDefaultVersion"]]
    if len(versions) >= MOST_VERSIONS:
        oldest = min(spare, key=lambda version: int(version[1:]))
        ask("iam", "DeletePolicyVersion", {"PolicyArn": arn, "VersionId": oldest})


def _delete_managed(ask: Ask, was: Made) -> None:
    arn = was.physical_id
    with gone_is_fine(GONE):
        _detach(ask, arn, was.properties.get("Roles", []))
        for version in ask("iam", "ListPolicyVersions", {"PolicyArn": arn})["Versions"]:
            if not version["IsDefaultVersion"]:
                ask("iam", "DeletePolicyVersion", {"PolicyArn": arn, "VersionId": version["VersionId"]})
        ask("iam", "DeletePolicy", {"PolicyArn": arn})


def _create_profile(ask: Ask, wish: Wish) -> Made:
    properties = wish.properties
    name = properties.get("InstanceProfileName") or wish.name
    request = {"InstanceProfileName": name, **only(properties, "Path")}
    told = ask("iam", "CreateInstanceProfile", request)["InstanceProfile"]
    made = Made(name, {"Arn": told["Arn"]}, properties)
    try:
        _put_roles(ask, name, properties["Roles"])
    except AwsError:
        _delete_profile(ask, made)
        raise
    return made


def _put_roles(ask: Ask, name: str, roles: list[str]) -> None:
    for role in roles:
        ask("iam", "AddRoleToInstanceProfile", {"InstanceProfileName": name, "RoleName": role})


def _take_roles(ask: Ask, name: str, roles: list[str]) -> None:
    for role in roles:
        with gone_is_fine(GONE):
            ask("iam", "RemoveRoleFromInstanceProfile", {"InstanceProfileName": name, "RoleName": role})


def _update_profile(ask: Ask, was: Made, wish: Wish) -> Made:
    _take_roles(ask, was.physical_id, was.properties["Roles"])
    _put_roles(ask, was.physical_id, wish.properties["Roles"])
    return Made(was.physical_id, was.attributes, wish.properties)


def _delete_profile(ask: Ask, was: Made) -> None:
    with gone_is_fine(GONE):
        _take_roles(ask, was.physical_id, was.properties["Roles"])
        ask("iam", "DeleteInstanceProfile", {"InstanceProfileName": was.physical_id})


POLICY = ResourceType(
    properties=frozenset({"PolicyDocument", "PolicyName", "Roles"}),
    required=frozenset({"PolicyDocument", "PolicyName"}),
    fixed=fixed("PolicyName"),
    create=_create_policy,
    update=_update_policy,
    delete=lambda ask, was: _remove_policy(ask, was, was.properties["Roles"]),
)
MANAGED_POLICY = ResourceType(
    properties=frozenset({"Description", "ManagedPolicyName", "Path", "PolicyDocument", "Roles"}),
    required=frozenset({"PolicyDocument"}),
    fixed=fixed("Description", "ManagedPolicyName", "Path"),
    create=_create_managed,
    update=_update_managed,
    delete=_delete_managed,
    named_by="ManagedPolicyName",
)
INSTANCE_PROFILE = ResourceType(
    properties=frozenset({"InstanceProfileName", "Path", "Roles"}),
    required=frozenset({"Roles"}),
    fixed=fixed("InstanceProfileName", "Path"),
    create=_create_profile,
    update=_update_profile,
    delete=_delete_profile,
    named_by="InstanceProfileName",
)
