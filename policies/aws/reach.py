"""What nodes of one account and Region may do: instances with their roles, each role's policies and tags, S3 endpoints.

For the pre-flight, which asks only when somebody opens it. A role is read once, however many nodes have it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from policies.aws.connect import Aws
from policies.aws.errors import PermanentProblem, asking
from policies.domain.node_access import EndpointAccess, RoleAccess

PERMISSIONS = {
    "ec2:DescribeInstances",
    "ec2:DescribeVpcEndpoints",
    "iam:GetInstanceProfile",
    "iam:GetPolicy",
    "iam:GetPolicyVersion",
    "iam:GetRole",
    "iam:GetRolePolicy",
    "iam:ListAttachedRolePolicies",
    "iam:ListRolePolicies",
}

GONE = {"NoSuchEntity", "InvalidInstanceID.NotFound"}
LIVING = ["pending", "running", "stopping", "stopped"]


@dataclass(frozen=True)
class InstanceFact:
    """An EC2 instance; `profile` is its instance profile's name, `vpc_id` that of its VPC, "" without."""

    instance_id: str
    name: str
    state: str
    profile: str
    vpc_id: str


def list_instances(aws: Aws, region: str, instance_id: str = "") -> tuple[InstanceFact, ...]:
    """The instances that are not terminated, or the one that is named."""
    filters = [{"Name": "instance-state-name", "Values": LIVING}]
    named = [{"Name": "instance-id", "Values": [instance_id]}] if instance_id else []
    with asking("ec2:DescribeInstances"):
        pages = aws.client("ec2", region).get_paginator("describe_instances").paginate(Filters=filters + named)
        told = [i for page in pages for reservation in page["Reservations"] for i in reservation["Instances"]]
    return tuple(_instance(instance) for instance in told)


def _instance(told: Mapping[str, Any]) -> InstanceFact:
    names = [tag["Value"] for tag in told.get("Tags", []) if tag["Key"] == "Name"]
    profile = told.get("IamInstanceProfile", {}).get("Arn", "").rsplit("/", 1)[-1]
    name = names[0] if names else ""
    return InstanceFact(told["InstanceId"], name, told["State"]["Name"], profile, told.get("VpcId", ""))


def list_endpoints(aws: Aws, region: str) -> tuple[EndpointAccess, ...]:
    """The S3 endpoints of the account in a Region."""
    service = [{"Name": "service-name", "Values": [f"com.amazonaws.{region}.s3"]}]
    with asking("ec2:DescribeVpcEndpoints"):
        pages = aws.client("ec2", region).get_paginator("describe_vpc_endpoints").paginate(Filters=service)
        told = [endpoint for page in pages for endpoint in page["VpcEndpoints"]]
    return tuple(
        EndpointAccess(e["VpcEndpointId"], e["VpcId"], json.loads(e.get("PolicyDocument") or "{}")) for e in told
    )


def role_of_profile(aws: Aws, profile: str) -> str:
    """The role in an instance profile; "" when either is gone."""
    try:
        with asking("iam:GetInstanceProfile"):
            roles = aws.client("iam").get_instance_profile(InstanceProfileName=profile)["InstanceProfile"]["Roles"]
    except PermanentProblem as problem:
        if problem.code in GONE:
            return ""
        raise
    return str(roles[0]["RoleName"]) if roles else ""


def read_role(aws: Aws, name: str) -> RoleAccess | None:
    """A role with every policy that it has; None when it is gone."""
    try:
        with asking("iam:GetRole"):
            told = aws.client("iam").get_role(RoleName=name)["Role"]
    except PermanentProblem as problem:
        if problem.code in GONE:
            return None
        raise
    attached = _attached(aws, name)
    documents = (*_inline(aws, name), *(_managed(aws, arn) for arn in attached.values()))
    tags = {tag["Key"]: tag["Value"] for tag in told.get("Tags", [])}
    return RoleAccess(name, frozenset(attached), documents, tags)


def _attached(aws: Aws, role: str) -> dict[str, str]:
    with asking("iam:ListAttachedRolePolicies"):
        pages = aws.client("iam").get_paginator("list_attached_role_policies").paginate(RoleName=role)
        return {policy["PolicyName"]: policy["PolicyArn"] for page in pages for policy in page["AttachedPolicies"]}


def _inline(aws: Aws, role: str) -> Iterable[Mapping[str, Any]]:
    with asking("iam:ListRolePolicies"):
        pages = aws.client("iam").get_paginator("list_role_policies").paginate(RoleName=role)
        names = [name for page in pages for name in page["PolicyNames"]]
    for name in names:
        with asking("iam:GetRolePolicy"):
            yield aws.client("iam").get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]


def _managed(aws: Aws, arn: str) -> Mapping[str, Any]:
    with asking("iam:GetPolicy"):
        version = aws.client("iam").get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
    with asking("iam:GetPolicyVersion"):
        told = aws.client("iam").get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]
    document: Mapping[str, Any] = told["Document"]
    return document
