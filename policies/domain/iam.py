"""The policy documents that the portal writes or hands out, as dicts (aws-facts 2.6, 8.2, 11). JSON: `canonical`.

Account and partition may be CloudFormation's "${AWS::AccountId}" and "${AWS::Partition}": the template resolves them.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from policies.domain import naming
from policies.domain.resources import OVERRIDE_FILE, Place
from policies.domain.spec import AccountScope, LogStorage, Targets

VERSION = "2012-10-17"
EVERYONE = "*"
ALL_BUCKETS = "aws-quicksetup-patchpolicy-*"
CORE_POLICY = "AmazonSSMManagedInstanceCore"
BASELINE_ACCESS_POLICY = "AWSQuickSetupPatchPolicyBaselineAccess"
NODE_POLICIES = (CORE_POLICY, BASELINE_ACCESS_POLICY)
"""What a node's role needs beside the policy's tag (aws-facts 11.3)."""
CHANGES_OF_POLICIES = ["iam:AttachRolePolicy", "iam:DetachRolePolicy"]
CHANGES_OF_ROLES = [*CHANGES_OF_POLICIES, "iam:TagRole", "iam:UntagRole"]
AUTOMATION_BOUNDARY = "AWSQuickSetupPatchPolicyPermissionsBoundary"

Document = dict[str, Any]


def bucket_policy(place: Place, configuration_id: str, targets: Targets) -> Document:
    """The override bucket's policy: TLS only, tagged roles only, and of those the target accounts' alone.

    The tag on a node's role is the key to the file: the Deny also hits administrators who read it without the tag.
    Raises ValueError when units or the organization are targets and the place has no organization.
    """
    bucket = naming.override_bucket(place.account_id, configuration_id)
    file = f"{_bucket_arn(place.partition, bucket)}/{OVERRIDE_FILE}"
    key, value = naming.role_tag(configuration_id)
    unless_tagged = {"StringNotEquals": {f"aws:PrincipalTag/{key}": value}}
    return _document(
        _deny_plain_http(place.partition, bucket),
        _deny("DenyAllButPrincipalsWithTag", "s3:GetObject", [file], unless_tagged),
        _allow("Target", "s3:GetObject", file, _target_principals(place, targets)),
    )


def access_log_bucket_policy(place: Place, configuration_id: str) -> Document:
    """S3 itself may write the override bucket's access log, nobody else's."""
    log_bucket = naming.access_log_bucket(place.account_id, configuration_id)
    source = _bucket_arn(place.partition, naming.override_bucket(place.account_id, configuration_id))
    conditions = {"ArnLike": {"aws:SourceArn": source}, "StringEquals": {"aws:SourceAccount": place.account_id}}
    logging = {"Principal": {"Service": "logging.s3.amazonaws.com"}, "Condition": conditions}
    return _document(
        _deny_plain_http(place.partition, log_bucket),
        _allow("AccessLog", "s3:PutObject", f"{_bucket_arn(place.partition, log_bucket)}/*", logging),
    )


def node_policy(place: Place, configuration_id: str) -> Document:
    """For a node's role: read this policy's bucket. The source page names the bucket alone, which matches no object."""
    arn = _bucket_arn(place.partition, naming.override_bucket(place.account_id, configuration_id))
    return _document(_allow("AccessToMyPatchPolicyRelatedBucket", "s3:GetObject", [arn, f"{arn}/*"]))


def node_policy_for_all_buckets(partition: str = "aws") -> Document:
    """For a node's role: read every patch policy's bucket; the asterisk spans the slash before the object's key."""
    arn = _bucket_arn(partition, ALL_BUCKETS)
    return _document(_allow("AccessToAllPatchPolicyRelatedBuckets", "s3:GetObject", arn))


def node_log_policy(logs: LogStorage, partition: str = "aws") -> Document:
    """For a node's role: write the output of patching operations, as the agent does (aws-facts 3.3)."""
    return _document(
        _allow("WritePatchLogs", ["s3:PutObject", "s3:PutObjectAcl"], _log_objects(logs, partition)),
        _allow("ReadBucketEncryption", "s3:GetEncryptionConfiguration", _bucket_arn(partition, logs.bucket)),
    )


def log_bucket_policy(place: Place, logs: LogStorage, targets: Targets) -> Document:
    """For the log bucket's owner: every target account may write output, the policy's account may read it."""
    bucket, objects = _bucket_arn(place.partition, logs.bucket), _log_objects(logs, place.partition)
    writers = _target_principals(place, targets)
    reader = {"Principal": {"AWS": _account_root(place.partition, place.account_id)}}
    return _document(
        _allow("PatchLogWriters", ["s3:PutObject", "s3:PutObjectAcl"], objects, writers),
        _allow("PatchLogWritersReadEncryption", "s3:GetEncryptionConfiguration", bucket, writers),
        _allow("PatchLogReader", "s3:GetObject", objects, reader),
        _allow("PatchLogReaderLists", ["s3:ListBucket", "s3:GetBucketLocation"], bucket, reader),
    )


def endpoint_policy(place: Place, configuration_id: str, region: str) -> Document:
    """For an S3 VPC endpoint of a Region: the policy's bucket, and the buckets of AWS that patching reads."""
    return _endpoint(naming.override_bucket(place.account_id, configuration_id), place.partition, region)


def endpoint_policy_for_all_buckets(region: str, partition: str = "aws") -> Document:
    """The same for every patch policy's bucket."""
    return _endpoint(ALL_BUCKETS, partition, region)


def endpoint_log_policy(logs: LogStorage, partition: str = "aws") -> Document:
    """For an S3 VPC endpoint of the log bucket's Region: output to the log bucket."""
    objects = [_bucket_arn(partition, logs.bucket), _log_objects(logs, partition)]
    actions = ["s3:PutObject", "s3:PutObjectAcl", "s3:GetEncryptionConfiguration"]
    return _document(_allow("PatchLogBucket", actions, objects, {"Principal": EVERYONE}))


def objects_of_every_run(region: str, partition: str = "aws") -> tuple[str, ...]:
    """ARNs of all objects in those buckets of AWS that a run reads on any system (aws-facts 11.4)."""
    return tuple(f"{_bucket_arn(partition, bucket)}/*" for bucket in _aws_buckets(region)[:2])


def _endpoint(bucket: str, partition: str, region: str) -> Document:
    anyone, own = {"Principal": EVERYONE}, f"{_bucket_arn(partition, bucket)}/*"
    managed = [f"{_bucket_arn(partition, bucket)}/*" for bucket in _aws_buckets(region)]
    return _document(
        _allow("PatchPolicyBucket", "s3:GetObject", own, anyone),
        _allow("AwsManagedBuckets", "s3:GetObject", managed, anyone),
    )


def automation_trust(account_id: str, partition: str) -> Document:
    """Who may take the automation role: Systems Manager, for automations of this account alone."""
    conditions = {
        "StringEquals": {"aws:SourceAccount": account_id},
        "ArnLike": {"aws:SourceArn": f"arn:{partition}:ssm:*:{account_id}:automation-execution/*"},
    }
    principal = {"Service": "ssm.amazonaws.com"}
    return _document({"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole", "Condition": conditions})


def automation_policy(account_id: str, partition: str, configuration_id: str) -> Document:
    """What the automation role may do: find a node's role; attach two managed policies and tags, and remove them again.

    Not to itself. To see what a role has is asked for, but on AWS the boundary may not allow it (its version 5 does
    not): what cannot be seen is neither noted nor taken away.
    """
    key, value = naming.role_tag(configuration_id)
    roles = f"arn:{partition}:iam::{account_id}:role/*"
    attachable = [managed_policy(name, partition) for name in NODE_POLICIES]
    holdings = [f"arn:{partition}:iam::*:policy/{name}" for name in NODE_POLICIES]
    only_ours = {"ForAllValues:StringEquals": {"aws:TagKeys": [key, *map(naming.attached_tag, NODE_POLICIES)]}}
    only_the_tag = {"StringEquals": {f"aws:RequestTag/{key}": value}, **only_ours}
    own_kind = f"arn:{partition}:iam::{account_id}:role/{naming.AUTOMATION_ROLE_PREFIX}*"
    return _document(
        _allow("FindNodes", ["ec2:DescribeInstances", "ssm:DescribeInstanceInformation"], "*"),
        _allow("FindRoles", "iam:GetInstanceProfile", f"arn:{partition}:iam::{account_id}:instance-profile/*"),
        _allow("FindRolesOfNodesThatAreGone", "iam:ListEntitiesForPolicy", holdings),
        _allow("SeeRoles", ["iam:ListAttachedRolePolicies", "iam:ListRoleTags"], roles),
        _allow("ChangeRoles", CHANGES_OF_POLICIES, roles, _if({"ArnEquals": {"iam:PolicyARN": attachable}})),
        _allow("TagRoles", "iam:TagRole", roles, _if(only_the_tag)),
        _allow("UntagRoles", "iam:UntagRole", roles, _if(only_ours)),
        {"Sid": "NotItself", "Effect": "Deny", "Action": CHANGES_OF_ROLES, "Resource": own_kind},
    )


def managed_policy(name: str, partition: str) -> str:
    """The ARN of a policy that AWS manages."""
    return f"arn:{partition}:iam::aws:policy/{name}"


def _target_principals(place: Place, targets: Targets) -> Document:
    """Principal and Condition that mean "the target accounts", in the three forms of aws-facts 2.6."""
    if targets.account_scope is AccountScope.ACCOUNT:
        return {"Principal": {"AWS": _account_root(place.partition, place.account_id)}}
    if not place.organization_id:
        raise ValueError("targets beyond the account need an organization")
    if targets.account_scope is AccountScope.ORGANIZATION:
        return {"Principal": EVERYONE, **_if({"StringEquals": {"aws:PrincipalOrgID": [place.organization_id]}})}
    paths = [f"{place.organization_id}/*/{unit_id}/*" for unit_id in sorted(targets.unit_ids)]
    return {"Principal": EVERYONE, **_if({"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": paths}})}


def _aws_buckets(region: str) -> tuple[str, ...]:
    """Buckets that the agent and the patching code read (aws-facts 11.4)."""
    return (
        f"patch-baseline-snapshot-{region}", f"aws-ssm-{region}", f"amazon-ssm-{region}",
        f"{region}-birdwatcher-prod", f"aws-ssm-document-attachments-{region}", f"aws-windows-downloads-{region}",
        f"aws-patchmanager-macos-{region}", f"aws-patch-manager-{region}-*",
    )  # fmt: skip


def _log_objects(logs: LogStorage, partition: str) -> str:
    prefix = f"{logs.prefix.strip('/')}/" if logs.prefix.strip("/") else ""
    return f"{_bucket_arn(partition, logs.bucket)}/{prefix}*"


def _document(*statements: Document) -> Document:
    return {"Version": VERSION, "Statement": list(statements)}


def _allow(sid: str, action: str | list[str], resource: str | Iterable[str], more: Document | None = None) -> Document:
    wanted = resource if isinstance(resource, str) else list(resource)
    return {"Sid": sid, "Effect": "Allow", "Action": action, "Resource": wanted, **(more or {})}


def _deny(sid: str, action: str, resources: list[str], conditions: Document) -> Document:
    return {
        "Sid": sid, "Effect": "Deny", "Principal": EVERYONE, "Action": action, "Resource": resources,
        "Condition": conditions,
    }  # fmt: skip


def _deny_plain_http(partition: str, bucket: str) -> Document:
    objects = [f"{_bucket_arn(partition, bucket)}/*"]
    return _deny("DenyInsecureTransport", "s3:*", objects, {"Bool": {"aws:SecureTransport": "false"}})


def _if(conditions: Document) -> Document:
    return {"Condition": conditions}


def _account_root(partition: str, account_id: str) -> str:
    return f"arn:{partition}:iam::{account_id}:root"


def _bucket_arn(partition: str, bucket: str) -> str:
    return f"arn:{partition}:s3:::{bucket}"
