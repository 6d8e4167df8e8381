"""CloudFormation stacks as they stand: resources, outputs, events; and what is being done to one (stack_changes.py)."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from sandbox.engine.resource_kind import Made
from sandbox.engine.trust import Principal

STACK_KIND = "AWS::CloudFormation::Stack"


class Doing(StrEnum):
    """What is being done to a stack."""

    CREATE = "CREATE"
    UPDATE = "UPDATE"
    DELETE = "DELETE"


@dataclass(frozen=True)
class Difference:
    """One place where a resource is not as its stack made it; values as CloudFormation tells them."""

    path: str
    expected: str
    actual: str
    kind: str


@dataclass(frozen=True)
class ResourceDrift:
    """How a resource stands against its stack: IN_SYNC, MODIFIED, DELETED or NOT_CHECKED."""

    status: str = "NOT_CHECKED"
    at: datetime | None = None
    actual: dict[str, Any] | None = None
    differences: tuple[Difference, ...] = ()


@dataclass
class DriftDetection:
    """A search for drift in a stack, or in some of its resources."""

    detection_id: str
    stack_id: str
    begun_at: datetime
    logical_ids: tuple[str, ...] = ()
    status: str = "DETECTION_IN_PROGRESS"
    drift: str = ""
    drifted: int | None = None
    reason: str = ""


@dataclass
class StackResource:
    """One resource of a stack; `made` is what it is now, `policy` the template's DeletionPolicy."""

    logical_id: str
    kind: str
    made: Made
    at: datetime
    status: str = "CREATE_COMPLETE"
    reason: str = ""
    policy: str = "Delete"
    drift: ResourceDrift = ResourceDrift()


@dataclass(frozen=True, slots=True)
class StackEvent:
    """Something that happened to a stack (its own name and id) or to one of its resources."""

    at: datetime
    logical_id: str
    physical_id: str
    kind: str
    status: str
    reason: str = ""


@dataclass(frozen=True)
class Output:
    """An output of a stack; `export` is its name in the account and Region, if it has one."""

    value: str
    description: str = ""
    export: str = ""


@dataclass(frozen=True)
class Undo:
    """How to take a change of a resource back: `before` it (None: there was none), and what was `tried` in place."""

    logical_id: str
    before: StackResource | None
    tried: Made | None = None


@dataclass(frozen=True)
class Awaited:
    """An association that is to succeed before its stack goes on, and until when."""

    association_id: str
    logical_id: str
    until: datetime


@dataclass
class StackChange:
    """What is being done: still `todo`, how to take it back, what goes when all went well, what would not go."""

    doing: Doing
    template: str
    parameters: dict[str, str]
    tags: dict[str, str]
    todo: deque[str] = field(default_factory=deque)
    undo: list[Undo] = field(default_factory=list)
    obsolete: list[StackResource] = field(default_factory=list)
    retained: frozenset[str] = frozenset()
    on_failure: str = "ROLLBACK"
    is_rolling_back: bool = False
    failed: list[str] = field(default_factory=list)
    awaited: Awaited | None = None


@dataclass
class Stack:
    """One stack of an account and Region; a deleted one stays, to be found by its id."""

    stack_id: str
    name: str
    account_id: str
    region: str
    created_at: datetime
    template: str = ""
    tags: dict[str, str] = field(default_factory=dict)
    parameters: dict[str, str] = field(default_factory=dict)
    status: str = ""
    reason: str = ""
    resources: dict[str, StackResource] = field(default_factory=dict)
    outputs: dict[str, Output] = field(default_factory=dict)
    events: list[StackEvent] = field(default_factory=list)
    change: StackChange | None = None
    capabilities: list[str] = field(default_factory=list)
    is_protected: bool = False
    token: str = ""
    updated_at: datetime | None = None
    deleted_at: datetime | None = None
    drift: str = "NOT_CHECKED"
    checked_at: datetime | None = None
    acts_as: Principal | None = None
    """Who last asked for it, or the execution role of its set; None: CloudFormation itself, which may all."""
    trouble: str = ""
    """What went wrong last, as a stack set tells it."""

    @property
    def is_there(self) -> bool:
        return self.status != "DELETE_COMPLETE"

    @property
    def is_busy(self) -> bool:
        return self.status.endswith("IN_PROGRESS")

    def turn(self, at: datetime, status: str, reason: str = "") -> None:
        """The stack is in another status from now on, and an event tells so."""
        self.status, self.reason = status, reason
        self.events.append(StackEvent(at, self.name, self.stack_id, STACK_KIND, status, reason))

    def note(
        self, at: datetime, logical_id: str, kind: str, status: str, physical_id: str = "", reason: str = ""
    ) -> None:
        """An event of one resource."""
        self.events.append(StackEvent(at, logical_id, physical_id, kind, status, reason))
