"""What mends a red light of the pre-flight, written for the shell, CloudFormation and Terraform, to be copied.

Each is for the account of the node, but for bucket policies, which are for the bucket's own account. A light without
such a remedy, as an operating system that cannot be patched, has words alone (domain/preflight.py).
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import reduce
from typing import Any

from policies.domain import iam, naming
from policies.domain.canonical import canonical, readable
from policies.domain.node_access import Check, Document, EndpointAccess, NodeAccess, Outcome, Wanted
from policies.domain.roles import node_role
from policies.domain.s3_access import check_endpoints, check_logs
from policies.domain.sentence import N_, Sentence
from policies.plan.groundwork import block, roles_commands, roles_template, roles_terraform

UPDATE_AGENT = "AWS-UpdateSSMAgent"
INLINE, INLINE_LOGS = "PatchPolicyBucket", "PatchPolicyLogs"
ONE_BUCKET = Sentence(N_("For this policy's bucket alone"))
ALL_BUCKETS = Sentence(N_("For the buckets of all patch policies"))
"""The two ways that the source page gives for a role and for an endpoint."""
ROLE = "AWS::IAM::Role"
MERGE = Sentence(N_("Merge the CloudFormation into the template that makes this resource."))
"""CloudFormation changes a role or an endpoint only where it makes it."""
MERGE_BOTH = Sentence(N_("Merge the CloudFormation or the Terraform into what makes the role."))
ASSOCIATE = Sentence(N_("CloudFormation and Terraform make the role alone; then run the last command of the AWS CLI."))


@dataclass(frozen=True)
class Remedy:
    """One remedy in three languages.

    `scope` tells it from others for the same light, `note` what else is to be done.
    """

    command: str
    cloudformation: str
    terraform: str
    scope: Sentence | None = None
    note: Sentence | None = None


def remedies_of(outcome: Outcome, node: NodeAccess, wanted: Wanted) -> tuple[Remedy, ...]:
    """The remedies of a light that is not green; none where nothing can be deployed.

    One of each scope is enough, but for each endpoint there is one, and all of them are needed.
    """
    write = WRITERS.get(outcome.check)
    return write(node, wanted) if outcome.reason and write else ()


def _template(kind: str, properties: Mapping[str, Any]) -> str:
    resource = {"Type": kind, "Properties": properties}
    return readable({"AWSTemplateFormatVersion": "2010-09-09", "Resources": {"Remedy": resource}})


def _role_name(node: NodeAccess) -> str:
    return node.role.name if node.role else ""


def _give_role(node: NodeAccess, wanted: Wanted) -> tuple[Remedy, ...]:
    role = node_role(wanted.place)
    attach = f"aws ec2 associate-iam-instance-profile --region {node.region} --instance-id {node.instance_id}"
    lines = (roles_commands([role]), f"{attach} --iam-instance-profile Name={role.name}")
    return (Remedy("\n".join(lines), readable(roles_template([role])), roles_terraform([role]), note=ASSOCIATE),)


def _attach_core(node: NodeAccess, wanted: Wanted) -> tuple[Remedy, ...]:
    role, arn = _role_name(node), iam.managed_policy(iam.CORE_POLICY, wanted.place.partition)
    remedy = Remedy(
        f"aws iam attach-role-policy --role-name {shlex.quote(role)} --policy-arn {arn}",
        _template(ROLE, {"RoleName": role, "ManagedPolicyArns": [arn]}),
        block("aws_iam_role_policy_attachment", "remedy", {"role": role, "policy_arn": arn}),
        note=MERGE,
    )
    return (remedy,)


def _tag_role(node: NodeAccess, wanted: Wanted) -> tuple[Remedy, ...]:
    role = _role_name(node)
    key, value = naming.role_tag(wanted.configuration_id)
    remedy = Remedy(
        f"aws iam tag-role --role-name {shlex.quote(role)} --tags Key={key},Value={value}",
        _template(ROLE, {"RoleName": role, "Tags": [{"Key": key, "Value": value}]}),
        f'resource "aws_iam_role" "node" {{\n  tags = {{\n    "{key}" = "{value}"\n  }}\n}}',
        note=MERGE_BOTH,
    )
    return (remedy,)


def _let_read(node: NodeAccess, wanted: Wanted) -> tuple[Remedy, ...]:
    one = iam.node_policy(wanted.place, wanted.configuration_id)
    every = iam.node_policy_for_all_buckets(wanted.place.partition)
    return _put_inline(node, INLINE, one, ONE_BUCKET), _put_inline(node, INLINE, every, ALL_BUCKETS)


def _let_write(node: NodeAccess, wanted: Wanted) -> tuple[Remedy, ...]:
    if wanted.logs is None:
        return ()
    return (_put_inline(node, INLINE_LOGS, iam.node_log_policy(wanted.logs, wanted.place.partition)),)


def _put_inline(node: NodeAccess, name: str, document: Document, scope: Sentence | None = None) -> Remedy:
    role = _role_name(node)
    about = f"--role-name {shlex.quote(role)} --policy-name {name}"
    return Remedy(
        f"aws iam put-role-policy {about} --policy-document {shlex.quote(canonical(document))}",
        _template("AWS::IAM::RolePolicy", {"RoleName": role, "PolicyName": name, "PolicyDocument": document}),
        block("aws_iam_role_policy", "remedy", {"role": role, "name": name, "policy": document}),
        scope,
    )


def _open_bucket(_: NodeAccess, wanted: Wanted) -> tuple[Remedy, ...]:
    """The policy as the portal writes it; an account outside of the targets must be made one of them first."""
    document = iam.bucket_policy(wanted.place, wanted.configuration_id, wanted.targets)
    return (_put_bucket_policy(wanted.bucket, document),)


def _open_log_bucket(_: NodeAccess, wanted: Wanted) -> tuple[Remedy, ...]:
    """None for a bucket whose policy cannot be seen: it would be written over."""
    if wanted.logs is None or wanted.log_policy is None:
        return ()
    document = iam.log_bucket_policy(wanted.place, wanted.logs, wanted.targets)
    return (_put_bucket_policy(wanted.logs.bucket, _added(wanted.log_policy, document)),)


def _put_bucket_policy(bucket: str, document: Document) -> Remedy:
    return Remedy(
        f"aws s3api put-bucket-policy --bucket {bucket} --policy {shlex.quote(canonical(document))}",
        _template("AWS::S3::BucketPolicy", {"Bucket": bucket, "PolicyDocument": document}),
        block("aws_s3_bucket_policy", "remedy", {"bucket": bucket, "policy": document}),
    )


def _open_endpoint(node: NodeAccess, wanted: Wanted) -> tuple[Remedy, ...]:
    """All that the endpoints lack, at whichever light: an endpoint has one policy, which each remedy writes whole.

    So a remedy that is copied after another one does not take back what that one gave.
    """
    outcomes = (*check_endpoints(node, wanted), *check_logs(node, wanted))
    lacking = {outcome.check for outcome in outcomes if outcome.reason}
    logs = [iam.endpoint_log_policy(wanted.logs, wanted.place.partition)] if wanted.logs else []
    needed = logs if Check.LOG_ENDPOINT in lacking else []
    own: list[tuple[Sentence | None, list[Document]]] = [(None, [])]
    if lacking & {Check.ENDPOINT_POLICY, Check.AWS_BUCKETS}:
        own = [
            (ONE_BUCKET, [iam.endpoint_policy(wanted.place, wanted.configuration_id, node.region)]),
            (ALL_BUCKETS, [iam.endpoint_policy_for_all_buckets(node.region, wanted.place.partition)]),
        ]
    return tuple(
        _put_endpoint_policy(node, endpoint, [*documents, *needed], scope)
        for endpoint in node.endpoints
        for scope, documents in own
    )


def _put_endpoint_policy(
    node: NodeAccess, endpoint: EndpointAccess, needed: Iterable[Document], scope: Sentence | None
) -> Remedy:
    document, endpoint_id = reduce(_added, needed, endpoint.policy), endpoint.endpoint_id
    change = f"aws ec2 modify-vpc-endpoint --region {node.region} --vpc-endpoint-id {endpoint_id}"
    told = {
        "VpcId": endpoint.vpc_id, "VpcEndpointType": "Gateway", "PolicyDocument": document,
        "ServiceName": f"com.amazonaws.{node.region}.s3",
    }  # fmt: skip
    return Remedy(
        f"{change} --policy-document {shlex.quote(canonical(document))}",
        _template("AWS::EC2::VPCEndpoint", told),
        block("aws_vpc_endpoint_policy", endpoint_id, {"vpc_endpoint_id": endpoint_id, "policy": document}),
        scope,
        MERGE,
    )


def _added(standing: Document, needed: Document) -> Document:
    """A policy with what it lacks: the statements that stand stay, but for those that are written anew."""
    told = standing.get("Statement", ())
    statements = [told] if isinstance(told, Mapping) else list(told)
    anew = {statement["Sid"] for statement in needed["Statement"]}
    kept = [statement for statement in statements if statement.get("Sid") not in anew]
    return {"Version": needed["Version"], "Statement": [*kept, *needed["Statement"]]}


def _update_agent(node: NodeAccess, _: Wanted) -> tuple[Remedy, ...]:
    about = f"--region {node.region} --document-name {UPDATE_AGENT} --instance-ids {node.instance_id}"
    told = {"Name": UPDATE_AGENT, "Targets": [{"Key": "InstanceIds", "Values": [node.instance_id]}]}
    targets = f'  targets {{\n    key    = "InstanceIds"\n    values = ["{node.instance_id}"]\n  }}'
    remedy = Remedy(
        f"aws ssm send-command {about}",
        _template("AWS::SSM::Association", told),
        f'resource "aws_ssm_association" "remedy" {{\n  name = "{UPDATE_AGENT}"\n{targets}\n}}',
    )
    return (remedy,)


WRITERS: Mapping[Check, Callable[[NodeAccess, Wanted], tuple[Remedy, ...]]] = {
    Check.ROLE: _give_role,
    Check.CORE_POLICY: _attach_core,
    Check.AGENT: _update_agent,
    Check.ROLE_TAG: _tag_role,
    Check.FILE_READ: _let_read,
    Check.BUCKET_POLICY: _open_bucket,
    Check.ENDPOINT_POLICY: _open_endpoint,
    Check.AWS_BUCKETS: _open_endpoint,
    Check.LOG_WRITE: _let_write,
    Check.LOG_BUCKET: _open_log_bucket,
    Check.LOG_ENDPOINT: _open_endpoint,
}
