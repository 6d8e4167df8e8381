"""What onboarding makes: the observer's stack set, and any role written for CloudFormation, Terraform and the shell."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterable

from policies.domain import naming
from policies.domain.canonical import canonical, readable
from policies.domain.iam import Document
from policies.domain.resources import PermissionModel, Place, StackInstances, StackSet
from policies.domain.roles import Role

OBSERVER_TAGS = {"ManagedBy": "PatchPortal", "QuickSetupID": "observer"}
"""The tags by which the portal knows the observer's stack set as its own."""


def observer_set(place: Place, roles: Iterable[Role]) -> StackSet:
    """The set that brings the roles to every member account, those to come too."""
    return StackSet(
        name=naming.OBSERVER_SET,
        region=place.home_region,
        template=canonical(roles_template(roles)),
        permission_model=PermissionModel.SERVICE_MANAGED,
        tags=OBSERVER_TAGS,
        auto_deployment=True,
    )


def observer_instances(place: Place) -> StackInstances:
    """The whole organization, in one Region: IAM is global, and a second stack would meet the first one's role."""
    return StackInstances(naming.OBSERVER_SET, place.home_region, (place.home_region,), unit_ids=(place.root_id,))


def roles_template(roles: Iterable[Role]) -> Document:
    """A CloudFormation template that makes the roles."""
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": "Roles of PatchPortal.",
        "Resources": {name: resource for role in roles for name, resource in _resources(role)},
    }


def roles_terraform(roles: Iterable[Role]) -> str:
    """Terraform that makes the roles."""
    return "\n".join(block for role in roles for block in _blocks(role))


def roles_commands(roles: Iterable[Role]) -> str:
    """Commands of the AWS command line that make the roles."""
    return "\n".join(line for role in roles for line in _commands(role))


def block(kind: str, name: str, arguments: Document) -> str:
    """A resource in Terraform; an argument that is a policy document is written as its JSON."""
    lines = [f"  {key} = {_written(value)}" for key, value in arguments.items()]
    return "\n".join((f'resource "{kind}" "{name}" {{', *lines, "}"))


def _resources(role: Role) -> Iterable[tuple[str, Document]]:
    name = re.sub(r"[^A-Za-z0-9]", "", role.name)
    yield name, _resource(role)
    if role.has_profile:
        profile = {"InstanceProfileName": role.name, "Roles": [{"Ref": name}]}
        yield f"{name}Profile", {"Type": "AWS::IAM::InstanceProfile", "Properties": profile}


def _resource(role: Role) -> Document:
    properties: Document = {
        "RoleName": role.name,
        "Description": role.description,
        "AssumeRolePolicyDocument": role.trust,
    }
    if role.attached:
        properties["ManagedPolicyArns"] = list(role.attached)
    if role.inline:
        properties["Policies"] = [{"PolicyName": name, "PolicyDocument": doc} for name, doc in role.inline.items()]
    return {"Type": "AWS::IAM::Role", "Properties": properties}


def _blocks(role: Role) -> Iterable[str]:
    own = _resource_name(role)
    trust = {"name": role.name, "description": role.description, "assume_role_policy": role.trust}
    yield block("aws_iam_role", own, trust)
    for name, document in role.inline.items():
        yield block("aws_iam_role_policy", own, {"name": name, "role": _id_of(own), "policy": document})
    for arn in role.attached:
        yield block("aws_iam_role_policy_attachment", own, {"role": _id_of(own), "policy_arn": arn})
    if role.has_profile:
        yield block("aws_iam_instance_profile", own, {"name": role.name, "role": _id_of(own)})


def _id_of(name: str) -> str:
    return f"${{aws_iam_role.{name}.name}}"


def _written(value: object) -> str:
    return f"<<JSON\n{_literal(readable(value))}\nJSON" if isinstance(value, dict) else json.dumps(value)


def _literal(text: str) -> str:
    """The text as Terraform takes it without filling it: a policy's own variables are written like Terraform's."""
    return text.replace("${", "$${").replace("%{", "%%{")


def _commands(role: Role) -> Iterable[str]:
    about = f"--role-name {role.name}"
    trust = shlex.quote(canonical(role.trust))
    described = shlex.quote(role.description)
    yield f"aws iam create-role {about} --description {described} --assume-role-policy-document {trust}"
    for name, document in role.inline.items():
        policy = shlex.quote(canonical(document))
        yield f"aws iam put-role-policy {about} --policy-name {name} --policy-document {policy}"
    for arn in role.attached:
        yield f"aws iam attach-role-policy {about} --policy-arn {arn}"
    if role.has_profile:
        profile = f"--instance-profile-name {role.name}"
        yield f"aws iam create-instance-profile {profile}"
        yield f"aws iam add-role-to-instance-profile {profile} {about}"


def _resource_name(role: Role) -> str:
    return re.sub(r"\W", "_", role.name).lower()
