"""StackSets as they stand: sets, their instances, and the operations over them (stack_set_runs.py lets those go)."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from sandbox.engine.errors import AwsError
from sandbox.engine.places import ByPlace, Place
from sandbox.engine.stacks import DriftDetection, Stack

Key = tuple[str, str, str]
"""The administrator account, home Region and name of a stack set."""


class Action(StrEnum):
    """What an operation does at each of its places."""

    CREATE = "CREATE"
    UPDATE = "UPDATE"
    DELETE = "DELETE"
    DETECT_DRIFT = "DETECT_DRIFT"


@dataclass(slots=True)
class Instance:
    """One account-Region of a stack set; `unit_id` is the targeted unit that it came with."""

    account_id: str
    region: str
    unit_id: str = ""
    status: str = "OUTDATED"
    detailed: str = "PENDING"
    reason: str = ""
    stack_id: str = ""
    operation_id: str = ""
    overrides: dict[str, str] = field(default_factory=dict)
    drift: str = "NOT_CHECKED"
    checked_at: datetime | None = None


@dataclass(frozen=True)
class Content:
    """What a stack set deploys: the template, its parameters and tags, and the facts that it tells about itself."""

    template: str
    parameters: dict[str, str]
    tags: dict[str, str]
    facts: dict[str, Any]


@dataclass(frozen=True)
class Wanted:
    """The places that a request means: its deployment targets and Regions; `places` where they are known already."""

    targets: dict[str, Any] = field(default_factory=dict)
    regions: tuple[str, ...] = ()
    places: tuple[tuple[Place, str], ...] = ()


@dataclass
class Operation:
    """One operation of a stack set over many places. Counts by Region are kept, not counted: there may be 100,000."""

    operation_id: str
    action: Action
    created_at: datetime
    preferences: Mapping[str, Any]
    wanted: Wanted = Wanted()
    content: Content | None = None
    overrides: dict[str, str] | None = None
    retain: bool = False
    is_automatic: bool = False
    status: str = "RUNNING"
    ended_at: datetime | None = None
    places: dict[Place, str] = field(default_factory=dict)
    waiting: dict[str, deque[str]] = field(default_factory=dict)
    running: set[Place] = field(default_factory=set)
    results: dict[Place, tuple[str, str]] = field(default_factory=dict)
    size_in: Counter[str] = field(default_factory=Counter)
    running_in: Counter[str] = field(default_factory=Counter)
    failed_in: Counter[str] = field(default_factory=Counter)

    @property
    def is_open(self) -> bool:
        return self.status in ("RUNNING", "STOPPING", "QUEUED")

    @property
    def is_parallel(self) -> bool:
        return self.preferences.get("RegionConcurrencyType") == "PARALLEL"

    @property
    def failed(self) -> int:
        return self.failed_in.total()

    def tolerance(self, region: str) -> int:
        """How many accounts may fail in a Region; a percentage is rounded down."""
        if "FailureTolerancePercentage" in self.preferences:
            return self.size_in[region] * int(self.preferences["FailureTolerancePercentage"]) // 100
        return int(self.preferences.get("FailureToleranceCount", 0))

    def concurrency(self, region: str) -> int:
        """How many accounts are worked on at a time in a Region.

        STRICT_FAILURE_TOLERANCE: no more than could fail and be tolerated, and one. A percentage is rounded down to no
        less than one (CFN: StackSetOperationPreferences).
        """
        if "MaxConcurrentPercentage" in self.preferences:
            wanted = max(1, self.size_in[region] * int(self.preferences["MaxConcurrentPercentage"]) // 100)
        else:
            wanted = int(self.preferences.get("MaxConcurrentCount", 1))
        if self.preferences.get("ConcurrencyMode") == "SOFT_FAILURE_TOLERANCE":
            return wanted
        return min(wanted, self.tolerance(region) - self.failed_in[region] + 1)

    def has_failed(self, region: str) -> bool:
        """Whether more accounts of a Region failed than are tolerated."""
        return self.failed_in[region] > self.tolerance(region)


@dataclass(frozen=True)
class SetDrift:
    """What the last drift detection over a set found."""

    status: str
    detection: str
    at: datetime
    total: int
    drifted: int
    in_sync: int
    failed: int
    unfinished: int


@dataclass
class StackSet:
    """A stack set of an administrator account and its home Region.

    `targets` holds the Regions of each targeted unit: where accounts that come to it get instances by themselves.
    """

    stack_set_id: str
    name: str
    account_id: str
    region: str
    content: Content
    created_at: datetime
    token: str = ""
    targets: dict[str, list[str]] = field(default_factory=dict)
    instances: dict[Place, Instance] = field(default_factory=dict)
    operations: dict[str, Operation] = field(default_factory=dict)
    drift: SetDrift | None = None
    status: str = "ACTIVE"

    @property
    def key(self) -> Key:
        return self.account_id, self.region, self.name

    @property
    def is_service_managed(self) -> bool:
        return bool(self.content.facts.get("PermissionModel") == "SERVICE_MANAGED")

    @property
    def is_managed_execution(self) -> bool:
        return bool((self.content.facts.get("ManagedExecution") or {}).get("Active"))

    @property
    def automatic(self) -> Mapping[str, Any]:
        """The AutoDeployment that it has switched on; empty when it has not."""
        told = self.content.facts.get("AutoDeployment") or {}
        return told if told.get("Enabled") else {}

    @property
    def arn(self) -> str:
        return f"arn:aws:cloudformation:{self.region}:{self.account_id}:stackset/{self.stack_set_id}"

    def open_operations(self) -> list[Operation]:
        """Those that run or wait, the oldest first."""
        return [o for o in self.operations.values() if o.is_open]


@dataclass
class StackSetBook:
    """Stack sets by administrator account, Region and name; the deleted ones; stacks by id.

    `running` counts the instances worked on by administrator account and Region, `held` are the operations that wait
    for room among them.
    """

    sets: dict[Key, StackSet] = field(default_factory=dict)
    deleted: list[StackSet] = field(default_factory=list)
    stacks: ByPlace[Stack] = field(default_factory=ByPlace)
    detections: dict[str, DriftDetection] = field(default_factory=dict)
    running: Counter[tuple[str, str]] = field(default_factory=Counter)
    held: dict[tuple[Key, str], None] = field(default_factory=dict)

    def find(self, account_id: str, region: str, name: str) -> StackSet:
        """The stack set by its name or id; raises AwsError StackSetNotFoundException."""
        found = self.sets.get((account_id, region, name.partition(":")[0]))
        if found is None or (":" in name and found.stack_set_id != name):
            raise AwsError("StackSetNotFoundException", f"StackSet {name} not found", 404)
        return found
