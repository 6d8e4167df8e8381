"""What mends a red light of the pre-flight, written for the shell, CloudFormation and Terraform, to be copied.

Each is for the account of the node, but for the bucket policy, which is for the policy's own account. A light without
such a remedy, as an operating system that cannot be patched, has words alone (domain/preflight.py).
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from policies.domain import iam, naming
from policies.domain.canonical import canonical, readable
from policies.domain.preflight import Check, NodeAccess, Outcome, Wanted
from policies.domain.roles import node_role
from policies.plan.groundwork import block, roles_commands, roles_template, roles_terraform

UPDATE_AGENT = "AWS-UpdateSSMAgent"
INLINE = "PatchPolicyBucket"
ROLE = "AWS::IAM::Role"
"""CloudFormation tags or attaches to a role only where it makes it: such a remedy is merged into that template."""


@dataclass(frozen=True)
class Remedy:
    """One remedy in three languages."""

    command: str
    cloudformation: str
    terraform: str


def remedy_of(outcome: Outcome, node: NodeAccess, wanted: Wanted) -> Remedy | None:
    """The remedy of a light that is not green; None where nothing can be deployed against it."""
    write = WRITERS.get(outcome.check)
    return write(node, wanted) if outcome.reason and write else None


def _template(kind: str, properties: Mapping[str, Any]) -> str:
    resource = {"Type": kind, "Properties": properties}
    return readable({"AWSTemplateFormatVersion": "2010-09-09", "Resources": {"Remedy": resource}})


def _role_name(node: NodeAccess) -> str:
    return node.role.name if node.role else ""


def _give_role(node: NodeAccess, wanted: Wanted) -> Remedy:
    role = node_role(wanted.place)
    attach = f"aws ec2 associate-iam-instance-profile --region {node.region} --instance-id {node.instance_id}"
    lines = (roles_commands([role]), f"{attach} --iam-instance-profile Name={role.name}")
    return Remedy("\n".join(lines), readable(roles_template([role])), roles_terraform([role]))


def _attach_core(node: NodeAccess, wanted: Wanted) -> Remedy:
    role, arn = _role_name(node), iam.managed_policy(iam.CORE_POLICY, wanted.place.partition)
    return Remedy(
        f"aws iam attach-role-policy --role-name {shlex.quote(role)} --policy-arn {arn}",
        _template(ROLE, {"RoleName": role, "ManagedPolicyArns": [arn]}),
        block("aws_iam_role_policy_attachment", "remedy", {"role": role, "policy_arn": arn}),
    )


def _tag_role(node: NodeAccess, wanted: Wanted) -> Remedy:
    role = _role_name(node)
    key, value = naming.role_tag(wanted.configuration_id)
    return Remedy(
        f"aws iam tag-role --role-name {shlex.quote(role)} --tags Key={key},Value={value}",
        _template(ROLE, {"RoleName": role, "Tags": [{"Key": key, "Value": value}]}),
        f'resource "aws_iam_role" "node" {{\n  tags = {{\n    "{key}" = "{value}"\n  }}\n}}',
    )


def _let_read(node: NodeAccess, wanted: Wanted) -> Remedy:
    role, document = _role_name(node), iam.node_policy(wanted.place, wanted.configuration_id)
    told = {"RoleName": role, "PolicyName": INLINE, "PolicyDocument": document}
    about = f"--role-name {shlex.quote(role)} --policy-name {INLINE}"
    return Remedy(
        f"aws iam put-role-policy {about} --policy-document {shlex.quote(canonical(document))}",
        _template("AWS::IAM::RolePolicy", told),
        block("aws_iam_role_policy", "remedy", {"role": role, "name": INLINE, "policy": document}),
    )


def _open_bucket(_: NodeAccess, wanted: Wanted) -> Remedy:
    """The policy as the portal writes it; an account outside of the targets must be made one of them first."""
    document = iam.bucket_policy(wanted.place, wanted.configuration_id, wanted.targets)
    return Remedy(
        f"aws s3api put-bucket-policy --bucket {wanted.bucket} --policy {shlex.quote(canonical(document))}",
        _template("AWS::S3::BucketPolicy", {"Bucket": wanted.bucket, "PolicyDocument": document}),
        block("aws_s3_bucket_policy", "remedy", {"bucket": wanted.bucket, "policy": document}),
    )


def _open_endpoint(node: NodeAccess, wanted: Wanted) -> Remedy:
    document = iam.endpoint_policy(wanted.place, wanted.configuration_id, node.region)
    change = f"aws ec2 modify-vpc-endpoint --region {node.region} --vpc-endpoint-id VPC_ENDPOINT_ID"
    told = {
        "VpcId": "VPC_ID", "VpcEndpointType": "Gateway", "PolicyDocument": document,
        "ServiceName": f"com.amazonaws.{node.region}.s3",
    }  # fmt: skip
    return Remedy(
        f"{change} --policy-document {shlex.quote(canonical(document))}",
        _template("AWS::EC2::VPCEndpoint", told),
        block("aws_vpc_endpoint_policy", "remedy", {"vpc_endpoint_id": "VPC_ENDPOINT_ID", "policy": document}),
    )


def _update_agent(node: NodeAccess, _: Wanted) -> Remedy:
    about = f"--region {node.region} --document-name {UPDATE_AGENT} --instance-ids {node.instance_id}"
    told = {"Name": UPDATE_AGENT, "Targets": [{"Key": "InstanceIds", "Values": [node.instance_id]}]}
    targets = f'  targets {{\n    key    = "InstanceIds"\n    values = ["{node.instance_id}"]\n  }}'
    return Remedy(
        f"aws ssm send-command {about}",
        _template("AWS::SSM::Association", told),
        f'resource "aws_ssm_association" "remedy" {{\n  name = "{UPDATE_AGENT}"\n{targets}\n}}',
    )


WRITERS: Mapping[Check, Callable[[NodeAccess, Wanted], Remedy]] = {
    Check.ROLE: _give_role,
    Check.CORE_POLICY: _attach_core,
    Check.AGENT: _update_agent,
    Check.ROLE_TAG: _tag_role,
    Check.FILE_READ: _let_read,
    Check.BUCKET_POLICY: _open_bucket,
    Check.ENDPOINT_POLICY: _open_endpoint,
}
