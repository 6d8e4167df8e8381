"""The IAM of each account: roles, their policies and tags, instance profiles; sessions, and the keys they carry."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sandbox.engine.quick_setup_boundary import QUICK_SETUP_BOUNDARY
from sandbox.engine.quick_setup_deployment import QUICK_SETUP_DEPLOYMENT

ADMINISTRATOR_ACCESS = "arn:aws:iam::aws:policy/AdministratorAccess"
MANAGED_POLICIES: dict[str, dict[str, Any]] = {
    ADMINISTRATOR_ACCESS: {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
    },
    "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore": {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Action": ["ssm:DescribeAssociation", "ssm:GetDeployablePatchSnapshotForInstance", "ssm:GetDocument",
                           "ssm:DescribeDocument", "ssm:GetManifest", "ssm:GetParameter", "ssm:GetParameters",
                           "ssm:ListAssociations", "ssm:ListInstanceAssociations", "ssm:PutInventory",
                           "ssm:PutComplianceItems", "ssm:PutConfigurePackageResult", "ssm:UpdateAssociationStatus",
                           "ssm:UpdateInstanceAssociationStatus", "ssm:UpdateInstanceInformation",
                           "ssmmessages:*", "ec2messages:*"],
                "Resource": "*",
            }
        ],
    },
    "arn:aws:iam::aws:policy/AWSQuickSetupPatchPolicyBaselineAccess": {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::aws-quicksetup-patchpolicy-*",
             "Condition": {"StringEquals": {owner: caller}}}
            for owner, caller in (("aws:ResourceAccount", "${aws:PrincipalAccount}"),
                                  ("aws:ResourceOrgID", "${aws:PrincipalOrgID}"))
        ],
    },
    "arn:aws:iam::aws:policy/AWSQuickSetupPatchPolicyDeploymentRolePolicy": QUICK_SETUP_DEPLOYMENT,
    "arn:aws:iam::aws:policy/AWSQuickSetupPatchPolicyPermissionsBoundary": QUICK_SETUP_BOUNDARY,
}  # fmt: skip


@dataclass
class Role:
    """An IAM role of one account."""

    name: str
    role_id: str
    created_at: datetime
    trust: dict[str, Any]
    path: str = "/"
    description: str = ""
    tags: dict[str, str] = field(default_factory=dict)
    attached: list[str] = field(default_factory=list)
    inline: dict[str, dict[str, Any]] = field(default_factory=dict)
    boundary: str = ""
    max_session_seconds: int = 3600


@dataclass
class InstanceProfile:
    """An instance profile: the envelope in which an EC2 instance carries a role."""

    name: str
    profile_id: str
    created_at: datetime
    role_name: str = ""
    path: str = "/"
    tags: dict[str, str] = field(default_factory=dict)


@dataclass
class ManagedPolicy:
    """A customer managed policy; `versions` by id (v1, v2, ...), of which one is the default."""

    name: str
    policy_id: str
    created_at: datetime
    path: str = "/"
    description: str = ""
    versions: dict[str, PolicyVersion] = field(default_factory=dict)
    default: str = "v1"
    tags: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class PolicyVersion:
    """One version of a managed policy."""

    document: dict[str, Any]
    created_at: datetime


@dataclass
class AccountTrust:
    """The IAM of one account."""

    alias: str = ""
    roles: dict[str, Role] = field(default_factory=dict)
    profiles: dict[str, InstanceProfile] = field(default_factory=dict)
    policies: dict[str, ManagedPolicy] = field(default_factory=dict)
    # Of the administrator, the account's one user:
    user_tags: dict[str, str] = field(default_factory=dict)
    user_attached: list[str] = field(default_factory=lambda: [ADMINISTRATOR_ACCESS])
    user_inline: dict[str, dict[str, Any]] = field(default_factory=dict)

    def document_of(self, arn: str) -> dict[str, Any] | None:
        """What a managed policy says, AWS's own or the account's; None when there is no such policy."""
        policy = self.policies.get(arn)
        return policy.versions[policy.default].document if policy else MANAGED_POLICIES.get(arn)


@dataclass(frozen=True)
class Principal:
    """Who calls: the account's user ("" role), a session of one of its roles, or a service (a session of no role).

    `tags` are the session's own, beside its role's; `limits` are the session policies, which all must allow.
    """

    account_id: str
    role_name: str = ""
    session_name: str = ""
    expires_at: datetime | None = None
    tags: tuple[tuple[str, str], ...] = ()
    limits: tuple[str, ...] = ()

    @property
    def is_service(self) -> bool:
        """Whether it is an AWS service that works for itself, by its service-linked role."""
        return not self.role_name and bool(self.session_name)

    @property
    def arn(self) -> str:
        if not self.role_name:
            return f"arn:aws:iam::{self.account_id}:user/administrator"
        return f"arn:aws:sts::{self.account_id}:assumed-role/{self.role_name}/{self.session_name}"


def access_key(account_id: str, serial: int = 0) -> str:
    """An access key that carries its account, as real ones do; serial 0 is the account's administrator."""
    packed = int(account_id).to_bytes(5, "big") + serial.to_bytes(5, "big")
    return ("AKIA" if serial == 0 else "ASIA") + base64.b32encode(packed).decode()


def account_of(key: str) -> str:
    """The account an access key belongs to, or "" when it is none of ours."""
    if not re.fullmatch(r"A[KS]IA[A-Z2-7]{16}", key):
        return ""
    return f"{int.from_bytes(base64.b32decode(key[4:])[:5], 'big'):012d}"
