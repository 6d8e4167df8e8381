"""What the pre-flight knows of a node, and what it says of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from policies.domain import naming
from policies.domain.resources import OVERRIDE_FILE, Place
from policies.domain.sentence import Sentence
from policies.domain.spec import LogStorage, Targets

Document = Mapping[str, Any]


class Check(StrEnum):
    """The checks, in the order in which a run meets what they ask for."""

    STATE = "state"
    ROLE = "role"
    CORE_POLICY = "core-policy"
    CONTACT = "contact"
    AGENT = "agent"
    EXECUTION = "execution"
    SYSTEM = "system"
    RULES = "rules"
    ROLE_TAG = "role-tag"
    FILE_READ = "file-read"
    BUCKET_POLICY = "bucket-policy"
    ENDPOINT_POLICY = "endpoint-policy"
    ENDPOINT_REGION = "endpoint-region"
    AWS_BUCKETS = "aws-buckets"
    LOG_WRITE = "log-write"
    LOG_BUCKET = "log-bucket"
    LOG_ENDPOINT = "log-endpoint"


class Light(StrEnum):
    """GOOD; DOUBT: it may work, or cannot be told, or only its output is lost; BAD: the run fails."""

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
    """An S3 endpoint of an account and Region."""

    endpoint_id: str
    vpc_id: str
    policy: Document


@dataclass(frozen=True)
class NodeAccess:
    """A node as its account tells it; `state` is EC2's, `ping_status` Systems Manager's ("" when it is not managed).

    `account_path` is the organization's id and the units from the root down, as aws:PrincipalOrgPaths has it;
    `endpoints` are those of its VPC; `exit_code` is that of its newest run by the policy, 0 when that succeeded, None
    while it is not known.
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
    endpoints: tuple[EndpointAccess, ...] = ()
    exit_code: int | None = None


@dataclass(frozen=True)
class Wanted:
    """What a policy asks of its nodes: where its file lies, who may read it now, which systems it has rules for.

    `log_policy` is the log bucket's policy, None where the policy's account does not see it.
    """

    place: Place
    configuration_id: str
    targets: Targets
    systems: frozenset[str]
    bucket_policy: Document
    logs: LogStorage | None = None
    log_policy: Document | None = None

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


def judge(check: Check, is_good: bool, words: str, light: Light = Light.BAD, **values: object) -> Outcome:
    """Green, or the light with its reason."""
    return Outcome(check, Light.GOOD) if is_good else Outcome(check, light, Sentence(words, values))
