"""The CloudFormation resource types that stacks can make, each by the same operations that a person would call."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from sandbox.engine.errors import AwsError

Ask = Callable[[str, str, dict[str, Any]], dict[str, Any]]
Properties = dict[str, Any]
Tags = dict[str, str]


@dataclass
class Made:
    """A resource that was made: its physical id (Ref) and attributes (Fn::GetAtt)."""

    physical_id: str
    attributes: dict[str, Any] = field(default_factory=dict)
    properties: Properties = field(default_factory=dict)


@dataclass(frozen=True)
class ResourceType:
    """How a type is made, changed and removed."""

    create: Callable[[Ask, Properties, Tags], Made]
    update: Callable[[Ask, Made, Properties, Tags], Made]
    delete: Callable[[Ask, Made], None]


@contextlib.contextmanager
def _gone_is_fine(*codes: str) -> Iterator[None]:
    try:
        yield
    except AwsError as error:
        if error.code not in codes:
            raise


def _create_association(ask: Ask, properties: Properties, _tags: Tags) -> Made:
    wanted = {k: v for k, v in properties.items() if k != "WaitForSuccessTimeoutSeconds"}
    made = ask("ssm", "CreateAssociation", wanted)["AssociationDescription"]["AssociationId"]
    return Made(made, {"AssociationId": made}, properties)


def _update_association(ask: Ask, was: Made, properties: Properties, _tags: Tags) -> Made:
    wanted = {k: v for k, v in properties.items() if k not in ("WaitForSuccessTimeoutSeconds", "InstanceId")}
    ask("ssm", "UpdateAssociation", {**wanted, "AssociationId": was.physical_id})
    return Made(was.physical_id, was.attributes, properties)


def _delete_association(ask: Ask, was: Made) -> None:
    with _gone_is_fine("AssociationDoesNotExist"):
        ask("ssm", "DeleteAssociation", {"AssociationId": was.physical_id})


def _create_document(ask: Ask, properties: Properties, tags: Tags) -> Made:
    content = properties["Content"]
    ask("ssm", "CreateDocument", {
        "Name": properties["Name"],
        "Content": content if isinstance(content, str) else json.dumps(content),
        "DocumentType": properties.get("DocumentType", "Command"),
        "DocumentFormat": properties.get("DocumentFormat", "JSON"),
        "Tags": [{"Key": k, "Value": v} for k, v in tags.items()],
    })  # fmt: skip
    return Made(properties["Name"], {}, properties)


def _update_document(ask: Ask, was: Made, properties: Properties, tags: Tags) -> Made:
    _delete_document(ask, was)
    return _create_document(ask, properties, tags)


def _delete_document(ask: Ask, was: Made) -> None:
    with _gone_is_fine("InvalidDocument"):
        ask("ssm", "DeleteDocument", {"Name": was.physical_id})


def _create_role(ask: Ask, properties: Properties, tags: Tags) -> Made:
    name = properties["RoleName"]
    own = {t["Key"]: t["Value"] for t in properties.get("Tags", [])}
    made = ask("iam", "CreateRole", {
        "RoleName": name,
        "Path": properties.get("Path", "/"),
        "AssumeRolePolicyDocument": json.dumps(properties["AssumeRolePolicyDocument"]),
        "Tags": [{"Key": k, "Value": v} for k, v in {**tags, **own}.items()],
    })["Role"]  # fmt: skip
    try:
        _fill_role(ask, properties)
    except AwsError:
        _delete_role(ask, Made(name, {}, properties))
        raise
    return Made(name, {"Arn": made["Arn"], "RoleId": made["RoleId"]}, properties)


def _fill_role(ask: Ask, properties: Properties) -> None:
    name = properties["RoleName"]
    for policy in properties.get("Policies", []):
        document = json.dumps(policy["PolicyDocument"])
        ask("iam", "PutRolePolicy",
            {"RoleName": name, "PolicyName": policy["PolicyName"], "PolicyDocument": document})  # fmt: skip
    for arn in properties.get("ManagedPolicyArns", []):
        ask("iam", "AttachRolePolicy", {"RoleName": name, "PolicyArn": arn})


def _update_role(ask: Ask, was: Made, properties: Properties, tags: Tags) -> Made:
    _delete_role(ask, was)
    return _create_role(ask, properties, tags)


def _delete_role(ask: Ask, was: Made) -> None:
    name = was.physical_id
    with _gone_is_fine("NoSuchEntity"):
        for policy in was.properties.get("Policies", []):
            with _gone_is_fine("NoSuchEntity"):
                ask("iam", "DeleteRolePolicy", {"RoleName": name, "PolicyName": policy["PolicyName"]})
        for arn in was.properties.get("ManagedPolicyArns", []):
            with _gone_is_fine("NoSuchEntity"):
                ask("iam", "DetachRolePolicy", {"RoleName": name, "PolicyArn": arn})
        ask("iam", "DeleteRole", {"RoleName": name})


TYPES = {
    "AWS::SSM::Association": ResourceType(_create_association, _update_association, _delete_association),
    "AWS::SSM::Document": ResourceType(_create_document, _update_document, _delete_document),
    "AWS::IAM::Role": ResourceType(_create_role, _update_role, _delete_role),
}
