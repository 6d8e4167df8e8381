"""Who may do what: roles, their policies and tags, sessions, and the evaluation of policy documents.

Covers what patching needs: trust policies with external ids, identity policies (managed and inline), bucket policies.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from fnmatch import fnmatchcase
from typing import Any

Document = Mapping[str, Any]

MANAGED_POLICIES: dict[str, dict[str, Any]] = {
    "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore": {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Action": ["ssm:UpdateInstanceInformation", "ssm:GetDeployablePatchSnapshotForInstance",
                           "ssm:PutInventory", "ssm:PutComplianceItems", "ssm:ListInstanceAssociations",
                           "ssm:UpdateInstanceAssociationStatus", "ssm:GetDocument", "ssmmessages:*", "ec2messages:*"],
                "Resource": "*",
            }
        ],
    },
    "arn:aws:iam::aws:policy/AWSQuickSetupPatchPolicyBaselineAccess": {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::aws-quicksetup-patchpolicy-*"}
        ],
    },
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


@dataclass
class AccountTrust:
    """The IAM of one account."""

    alias: str = ""
    roles: dict[str, Role] = field(default_factory=dict)
    profiles: dict[str, InstanceProfile] = field(default_factory=dict)
    policies: dict[str, dict[str, Any]] = field(default_factory=dict)
    user_tags: dict[str, str] = field(default_factory=dict)  # of the administrator


@dataclass(frozen=True)
class Principal:
    """Who calls: the account itself ("" role), or a session of one of its roles."""

    account_id: str
    role_name: str = ""
    session_name: str = ""
    expires_at: datetime | None = None

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


def is_allowed(documents: list[Document], action: str, resource: str, context: Mapping[str, list[str]]) -> bool | None:
    """Evaluate statements without principals: False when denied, True when allowed, None when nobody says."""
    answer: bool | None = None
    for document in documents:
        for statement in _statements(document):
            if not _applies(statement, action, resource, context):
                continue
            if statement["Effect"] == "Deny":
                return False
            answer = True
    return answer


def trusts(
    trust: Document, caller_arn: str, caller_account: str, service: str, context: Mapping[str, list[str]]
) -> bool:
    """Whether a trust policy lets this caller (or AWS service) assume the role."""
    for statement in _statements(trust):
        named = statement.get("Principal", {})
        principals = as_list(named) if isinstance(named, str) else [v for k in named for v in as_list(named[k])]
        known = {"*", service} if service else {"*", caller_account, f"arn:aws:iam::{caller_account}:root", caller_arn}
        if known & set(principals) and conditions_hold(statement.get("Condition", {}), context):
            return str(statement["Effect"]) == "Allow"
    return False


def resource_statements(document: Document, principal: Principal) -> list[Document]:
    """The statements of a resource policy that name this principal (or everyone)."""
    return [s for s in _statements(document) if _names(s.get("Principal"), principal)]


def _names(named: Any, principal: Principal) -> bool:
    if named == "*":
        return True
    known = {"*", principal.account_id, f"arn:aws:iam::{principal.account_id}:root", principal.arn}
    if principal.role_name:
        known.add(f"arn:aws:iam::{principal.account_id}:role/{principal.role_name}")
    return bool(known & set(as_list((named or {}).get("AWS", []))))


def _statements(document: Document) -> list[Document]:
    return as_list(document.get("Statement", []))


def _applies(statement: Document, action: str, resource: str, context: Mapping[str, list[str]]) -> bool:
    return (
        any(_like(action.lower(), wanted.lower()) for wanted in as_list(statement.get("Action", [])))
        and any(_like(resource, wanted) for wanted in as_list(statement.get("Resource", [])))
        and conditions_hold(statement.get("Condition", {}), context)
    )


def conditions_hold(conditions: Mapping[str, Mapping[str, Any]], context: Mapping[str, list[str]]) -> bool:
    """Every operator and key must hold; an operator that the sandbox does not know is an error, never a yes."""
    return all(
        _condition_holds(operator, context.get(key, []), [str(v) for v in as_list(wanted)])
        for operator, pairs in conditions.items()
        for key, wanted in pairs.items()
    )


def _condition_holds(operator: str, present: list[str], wanted: list[str]) -> bool:
    kind = operator.removeprefix("ForAnyValue:")
    if kind in ("StringEquals", "ArnEquals", "Bool"):
        folded = [w.lower() for w in wanted] if kind == "Bool" else wanted
        return any((p.lower() if kind == "Bool" else p) in folded for p in present)
    if kind == "StringNotEquals":
        return not any(p in wanted for p in present)
    if kind in ("StringLike", "ArnLike"):
        return any(_like(p, w) for p in present for w in wanted)
    raise NotImplementedError(f"condition operator {operator}")


def _like(value: str, pattern: str) -> bool:
    return fnmatchcase(value, pattern.replace("[", "[[]"))


def as_list(value: Any) -> list[Any]:
    """IAM writes one value where a list is meant."""
    return list(value) if isinstance(value, list | tuple | set) else [value]


def parse_document(text: str) -> dict[str, Any]:
    """A policy document as IAM would accept it. Raises ValueError when it is not one."""
    document = json.loads(text)
    if not isinstance(document, dict) or "Statement" not in document:
        raise ValueError("a policy document needs statements")
    return document
