"""What a policy makes in AWS, as plain frozen data: the words that plan, deploy and drift share.

Each resource has a `key` that names it for ever (the plan's address of it) and the few facts that make it what it is.
`plan/desired.py` makes them from a spec; `aws/actual.py` reads them back; `plan/diff.py` compares the two.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

OVERRIDE_FILE = "baseline_overrides.json"


class PermissionModel(StrEnum):
    """CloudFormation's PermissionModel of a stack set."""

    SERVICE_MANAGED = "SERVICE_MANAGED"
    SELF_MANAGED = "SELF_MANAGED"


@dataclass(frozen=True)
class Bucket:
    """An S3 bucket with everything that belongs to it: versioned, encrypted, private, old versions expiring, tagged.

    `policy` is the bucket policy as canonical JSON. `log_bucket` is where its access log goes ("" for a log bucket).
    The days are those of its lifecycle, None for never: objects go to Glacier, objects go, replaced versions go.
    """

    name: str
    region: str
    policy: str
    tags: Mapping[str, str]
    log_bucket: str = ""
    expire_noncurrent_days: int | None = None
    archive_days: int | None = None
    expire_days: int | None = None
    versioning: str = "Enabled"
    encryption: str = "AES256"
    object_ownership: str = "BucketOwnerEnforced"
    blocks_public_access: bool = True

    @property
    def key(self) -> str:
        return f"bucket/{self.name}"


@dataclass(frozen=True)
class OverrideFile:
    """`baseline_overrides.json` in the policy's bucket; `body` is canonical JSON, `digest` its SHA-256 in hex."""

    bucket: str
    region: str
    body: str
    digest: str

    @property
    def key(self) -> str:
        return f"file/{self.bucket}/{OVERRIDE_FILE}"


@dataclass(frozen=True)
class StackSet:
    """A stack set: its template and who may deploy it. Administration and execution role only when SELF_MANAGED.

    `managed_execution`: operations wait for each other. `retain_stacks`: an account that leaves keeps its stacks.
    """

    name: str
    region: str
    template: str
    permission_model: PermissionModel
    tags: Mapping[str, str]
    auto_deployment: bool = False
    administration_role_arn: str = ""
    execution_role_name: str = ""
    managed_execution: bool = True
    retain_stacks: bool = False

    @property
    def key(self) -> str:
        return f"stack-set/{self.name}"


@dataclass(frozen=True)
class StackInstances:
    """Where a stack set is deployed: units (service-managed) or accounts (self-managed), over Regions."""

    stack_set: str
    home_region: str
    regions: tuple[str, ...]
    unit_ids: tuple[str, ...] = ()
    account_ids: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        return f"stack-instances/{self.stack_set}"


@dataclass(frozen=True)
class Baseline:
    """A custom patch baseline made anew in place of a deleted one, whose id is `replaces`.

    `rules` is its object in the override file, as canonical JSON.
    """

    name: str
    region: str
    operating_system: str
    rules: str
    replaces: str

    @property
    def key(self) -> str:
        return f"baseline/{self.replaces}"


Resource = Bucket | OverrideFile | StackSet | StackInstances | Baseline


@dataclass(frozen=True)
class Place:
    """Where a policy lives: its account and Region, and the organization around it ("" for a lone account)."""

    account_id: str
    home_region: str
    organization_id: str = ""
    root_id: str = ""
    partition: str = "aws"
