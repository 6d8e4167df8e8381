"""Whether a node can do what a patch policy asks of it: one check after the other, from its state to S3.

Pure: observe/preflight.py hands in what AWS told. The checks are those of the source page's two cases, an own instance
profile and a VPC endpoint for S3 (aws-facts 11.3, 11.4).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Any

from policies.domain import iam, naming
from policies.domain.grants import grants
from policies.domain.resources import OVERRIDE_FILE, Place
from policies.domain.sentence import N_, Sentence
from policies.domain.spec import Targets

Document = Mapping[str, Any]
OLDEST_AGENT = (2, 2, 45)
"""Agents before it fetch packages from a bucket that nothing else needs (aws-facts 11.4)."""
WITHOUT_OVERRIDE = frozenset({"AMAZON_LINUX", "AMAZON_LINUX_2022", "RASPBIAN"})
"""Runs end with exit code 166 there: systems without a predefined baseline of today (aws-facts 6.2); UNVERIFIED."""
RUNNING, ONLINE = "running", "Online"
SAME_ORGANIZATION = {"StringEquals": {"aws:ResourceOrgID": "${aws:PrincipalOrgID}"}}
"""How AWSQuickSetupPatchPolicyBaselineAccess limits itself beside the caller's own account (aws-facts 8.3)."""


class Check(StrEnum):
    """The checks, in the order in which a run meets what they ask for."""

    STATE = "state"
    ROLE = "role"
    CORE_POLICY = "core-policy"
    CONTACT = "contact"
    AGENT = "agent"
    SYSTEM = "system"
    RULES = "rules"
    ROLE_TAG = "role-tag"
    FILE_READ = "file-read"
    BUCKET_POLICY = "bucket-policy"
    ENDPOINT_POLICY = "endpoint-policy"
    ENDPOINT_REGION = "endpoint-region"


class Light(StrEnum):
    """GOOD; DOUBT: it may work, or cannot be told; BAD: the run fails."""

    GOOD = "good"
    DOUBT = "doubt"
    BAD = "bad"


@dataclass(frozen=True)
class RoleAccess:
    """The role that a node works with: names of its managed policies, every policy as a document, its tags."""

    name: str
    attached: frozenset[str]
    documents: tuple[Document, ...]
    tags: Mapping[str, str]


@dataclass(frozen=True)
class EndpointAccess:
    """An S3 gateway endpoint of the node's account and Region."""

    endpoint_id: str
    policy: Document


@dataclass(frozen=True)
class NodeAccess:
    """A node as its account tells it; `state` is EC2's, `ping_status` Systems Manager's ("" when it is not managed).

    `account_path` is the organization's id and the units from the root down, as aws:PrincipalOrgPaths has it.
    """

    instance_id: str
    name: str
    account_id: str
    account_path: str
    region: str
    state: str
    ping_status: str
    agent_version: str
    operating_system: str
    role: RoleAccess | None


@dataclass(frozen=True)
class Wanted:
    """What a policy asks of its nodes: where its file lies, who may read it now, which systems it has rules for."""

    place: Place
    configuration_id: str
    targets: Targets
    systems: frozenset[str]
    bucket_policy: Document

    @property
    def bucket(self) -> str:
        """The override bucket's name."""
        return naming.override_bucket(self.place.account_id, self.configuration_id)

    @property
    def file(self) -> str:
        """The override file's ARN."""
        return f"arn:{self.place.partition}:s3:::{self.bucket}/{OVERRIDE_FILE}"


@dataclass(frozen=True)
class Outcome:
    """A check with its light, and why it is not green."""

    check: Check
    light: Light
    reason: Sentence | None = None


def check_node(node: NodeAccess, endpoints: Iterable[EndpointAccess], wanted: Wanted) -> tuple[Outcome, ...]:
    """Every check that can be made of the node, in the order of Check."""
    return (
        _state(node),
        *_role(node, wanted),
        *(_managed(node, wanted) if node.ping_status else ()),
        _bucket_policy(node, wanted),
        *_endpoints(node, tuple(endpoints), wanted),
    )


def first_obstacle(outcomes: Iterable[Outcome]) -> Outcome | None:
    """What stops the node first: the first red light, else the first doubt."""
    ordered = sorted(outcomes, key=lambda outcome: list(Check).index(outcome.check))
    for light in (Light.BAD, Light.DOUBT):
        for outcome in ordered:
            if outcome.light is light:
                return outcome
    return None


def _judge(check: Check, is_good: bool, words: str, light: Light = Light.BAD, **values: object) -> Outcome:
    return Outcome(check, Light.GOOD) if is_good else Outcome(check, light, Sentence(words, values))


def _state(node: NodeAccess) -> Outcome:
    return _judge(Check.STATE, node.state in (RUNNING, ""), N_("The instance is %(state)s."), state=node.state)


def _role(node: NodeAccess, wanted: Wanted) -> Iterable[Outcome]:
    yield _judge(Check.ROLE, node.role is not None, N_("The node has no role to work with."))
    if node.role is None:
        return
    key, value = naming.role_tag(wanted.configuration_id)
    role, name = node.role, node.role.name
    is_core = iam.CORE_POLICY in role.attached or _allows(role, "ssm:UpdateInstanceInformation", "*")
    lacks = N_("The role %(role)s lacks the policy %(policy)s.")
    yield _judge(Check.CORE_POLICY, is_core, lacks, role=name, policy=iam.CORE_POLICY)
    is_tagged = role.tags.get(key) == value
    yield _judge(Check.ROLE_TAG, is_tagged, N_("The role %(role)s lacks the tag %(tag)s."), role=name, tag=key)
    may_read = _allows(role, "s3:GetObject", wanted.file)
    yield _judge(Check.FILE_READ, may_read, N_("The role %(role)s may not read the override file."), role=name)


def _allows(role: RoleAccess, action: str, resource: str) -> bool:
    need = {"Statement": [{"Effect": "Allow", "Action": action, "Resource": resource}]}
    return any(grants(_among_ourselves(document), need) for document in role.documents)


def _among_ourselves(document: Document) -> Document:
    """Without the condition that caller and bucket belong to one organization: a policy reaches no others."""
    statements = document.get("Statement", ())
    told = [statements] if isinstance(statements, Mapping) else statements
    return {"Statement": [{**s, "Condition": {}} if s.get("Condition") == SAME_ORGANIZATION else s for s in told]}


def _managed(node: NodeAccess, wanted: Wanted) -> Iterable[Outcome]:
    """What Systems Manager tells of a node that it manages."""
    yield _judge(Check.CONTACT, node.ping_status == ONLINE, N_("Systems Manager has lost contact with the node."))
    is_new = _version(node.agent_version) >= OLDEST_AGENT
    old = N_("SSM Agent %(version)s is out of date.")
    yield _judge(Check.AGENT, is_new, old, Light.DOUBT, version=node.agent_version)
    system = node.operating_system
    takes = system not in WITHOUT_OVERRIDE
    yield _judge(Check.SYSTEM, takes, N_("The node's operating system cannot be patched with an override file."))
    if takes:
        has_rules = not system or system in wanted.systems
        yield _judge(Check.RULES, has_rules, N_("The policy has no patch baseline for the node's operating system."))


def _version(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(".") if part.isdecimal())


def _bucket_policy(node: NodeAccess, wanted: Wanted) -> Outcome:
    """The Deny for roles without the tag is the tag's check."""
    answers = {_opens(s, node, wanted) for s in wanted.bucket_policy.get("Statement", ()) if _is_about(s, wanted.file)}
    closed = N_("The bucket policy does not let the node's account read the override file.")
    if None in answers and True not in answers:
        words = N_("The bucket policy has conditions that cannot be judged here.")
        return Outcome(Check.BUCKET_POLICY, Light.DOUBT, Sentence(words))
    return _judge(Check.BUCKET_POLICY, True in answers, closed)


def _is_about(statement: Document, file: str) -> bool:
    resources = statement.get("Resource", "")
    named = [resources] if isinstance(resources, str) else resources
    return statement.get("Effect") == "Allow" and any(fnmatchcase(file, each) for each in named)


def _opens(statement: Document, node: NodeAccess, wanted: Wanted) -> bool | None:
    """Whether an Allow lets the node's account in; None when it has a condition of another kind."""
    if not _names(statement.get("Principal"), node.account_id):
        return False
    organization = wanted.place.organization_id
    for operator, conditions in statement.get("Condition", {}).items():
        for key, values in conditions.items():
            texts = [values] if isinstance(values, str) else values
            if (operator, key) == ("StringEquals", "aws:PrincipalOrgID"):
                held = organization in texts
            elif (operator, key) == ("ForAnyValue:StringLike", "aws:PrincipalOrgPaths"):
                held = any(fnmatchcase(node.account_path, text) for text in texts)
            else:
                return None
            if not held:
                return False
    return True


def _names(principal: object, account_id: str) -> bool:
    """Whether a Principal is everyone or the account."""
    told = principal.get("AWS", ()) if isinstance(principal, Mapping) else principal
    texts = [told] if isinstance(told, str) else list(told) if isinstance(told, Iterable) else []
    return any(text in ("*", account_id) or text.endswith(f":iam::{account_id}:root") for text in texts)


def _endpoints(node: NodeAccess, endpoints: tuple[EndpointAccess, ...], wanted: Wanted) -> Iterable[Outcome]:
    """A gateway endpoint carries traffic to its own Region alone (aws-facts 11.4)."""
    if not endpoints or not node.instance_id.startswith("i-"):
        return
    need = {"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": wanted.file}]}
    ids = ", ".join(endpoint.endpoint_id for endpoint in endpoints)
    if node.region == wanted.place.home_region:
        is_open = all(grants(endpoint.policy, need) for endpoint in endpoints)
        words = N_("The policy of the S3 endpoint %(endpoint)s does not let the policy's bucket through.")
        yield _judge(Check.ENDPOINT_POLICY, is_open, words, endpoint=ids)
    else:
        words = N_(
            "The bucket lies in %(region)s, where the S3 endpoint %(endpoint)s does not lead; the node needs "
            "another way."
        )
        told = Sentence(words, {"region": wanted.place.home_region, "endpoint": ids})
        yield Outcome(Check.ENDPOINT_REGION, Light.DOUBT, told)
