"""One document sent to many targets, so many at a time, until too many fail: a command, or an association's turn.

This is the data and the arithmetic; `runs.py` makes it happen.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from sandbox.engine.places import ByPlace

KEPT_EXECUTIONS = 300


class Status(StrEnum):
    """How a target fares; the words are Run Command's StatusDetails without spaces."""

    PENDING = "Pending"
    IN_PROGRESS = "InProgress"
    DELAYED = "Delayed"
    SUCCESS = "Success"
    FAILED = "Failed"
    CANCELLED = "Cancelled"
    DELIVERY_TIMED_OUT = "DeliveryTimedOut"
    EXECUTION_TIMED_OUT = "ExecutionTimedOut"
    UNDELIVERABLE = "Undeliverable"
    TERMINATED = "Terminated"
    INVALID_PLATFORM = "InvalidPlatform"


BROAD = {
    Status.DELIVERY_TIMED_OUT: "TimedOut",
    Status.EXECUTION_TIMED_OUT: "TimedOut",
    Status.UNDELIVERABLE: "Failed",
    Status.TERMINATED: "Failed",
    Status.INVALID_PLATFORM: "Failed",
}
UNENDED = frozenset({Status.PENDING, Status.IN_PROGRESS, Status.DELAYED})
ERRORS = frozenset({Status.FAILED, Status.EXECUTION_TIMED_OUT})
"""What counts against MaxErrors; a command that did not reach its node does not."""
UNCOUNTED = frozenset({Status.UNDELIVERABLE, Status.TERMINATED, Status.INVALID_PLATFORM})


@dataclass(slots=True)
class TargetResult:
    """How one node (or automation) fared in one execution. `at`: when it last changed; `detail`: in words."""

    resource_id: str
    outcome: Status = Status.PENDING
    detail: str = ""
    at: datetime | None = None
    began_at: datetime | None = None
    exit_code: int | None = None
    source_id: str = ""
    output: str = ""
    errors: str = ""
    output_url: str = ""

    @property
    def status(self) -> str:
        """The broad word: Pending, InProgress, Success, Failed, TimedOut, Cancelled or Delayed."""
        return BROAD.get(self.outcome, str(self.outcome))

    @property
    def is_over(self) -> bool:
        return self.outcome not in UNENDED


@dataclass(frozen=True)
class Order:
    """What is to be done: a document, with what values, where, how fast. `output`: an S3Location of the API."""

    document: str
    document_version: str = "$DEFAULT"
    parameters: Mapping[str, list[str]] = field(default_factory=dict)
    targets: tuple[dict[str, Any], ...] = ()
    max_concurrency: str = "100%"
    max_errors: str = "100%"
    output: Mapping[str, str] = field(default_factory=dict)
    target_parameter: str = ""  # of Automation documents: the one that takes the target


@dataclass
class Execution:
    """One execution: who waits, who runs, who has ended. `command_id` is what Run Command knows it by."""

    execution_id: str
    account_id: str
    region: str
    order: Order
    created_at: datetime
    version: str = "1"
    association_id: str = ""
    command_id: str = ""
    delivery_seconds: int = 600
    results: dict[str, TargetResult] = field(default_factory=dict)
    waiting: list[str] = field(default_factory=list)
    running: list[str] = field(default_factory=list)
    catches_up: bool = False  # on a node that was away or is new, beside the association's turns
    comment: str = ""
    instance_ids: tuple[str, ...] = ()

    @property
    def errors(self) -> int:
        return sum(result.outcome in ERRORS for result in self.results.values())

    @property
    def is_over(self) -> bool:
        return not self.waiting and not self.running

    @property
    def has_too_many_errors(self) -> bool:
        """MaxErrors n lets n errors pass: with error n+1 no further target is begun (aws-facts 4.1)."""
        return self.errors > share(self.order.max_errors, len(self.results))

    @property
    def status(self) -> str:
        """Pending, InProgress, Success, Failed or TimedOut, as State Manager sums it up."""
        if not self.is_over:
            return "InProgress" if any(r.at for r in self.results.values()) else "Pending"
        told = {result.status for result in self.results.values()}
        return next((word for word in ("Failed", "TimedOut", "Cancelled") if word in told), "Success")

    def counts(self) -> dict[str, int]:
        """Targets by status."""
        return dict(Counter(result.status for result in self.results.values()))

    def last_change(self) -> datetime:
        """When a target last changed."""
        return max((r.at for r in self.results.values() if r.at), default=self.created_at)

    def take_next(self) -> list[str]:
        """The targets whose turn has come: as many as MaxConcurrency leaves room for, at least one at a time."""
        room = max(1, share(self.order.max_concurrency, len(self.results))) - len(self.running)
        taken = self.waiting[: max(0, room)]
        del self.waiting[: len(taken)]
        self.running.extend(taken)
        return taken

    def settle(self, result: TargetResult) -> None:
        """A target has ended: keep what became of it."""
        self.results[result.resource_id] = result
        if result.resource_id in self.running:
            self.running.remove(result.resource_id)
        if result.resource_id in self.waiting:
            self.waiting.remove(result.resource_id)


def share(value: str, total: int) -> int:
    """A number, or a percentage of the total, rounded down."""
    return total * int(value[:-1]) // 100 if value.endswith("%") else int(value)


@dataclass
class ExecutionBook:
    """All executions by command id; of each account and Region only the newest are kept."""

    all: ByPlace[Execution] = field(default_factory=ByPlace)

    def add(self, execution: Execution) -> None:
        """A new execution; the oldest that has ended makes room."""
        self.all[execution.command_id] = execution
        here = self.all.within(execution.account_id, execution.region)
        if len(here) > KEPT_EXECUTIONS:
            oldest = next((each for each in here if each.is_over), None)
            if oldest:
                del self.all[oldest.command_id]

    def within(self, account_id: str, region: str) -> list[Execution]:
        """Those of one account and Region, oldest first."""
        return self.all.within(account_id, region)

    def find(self, command_id: str) -> Execution | None:
        """One of them, as long as it is kept."""
        return self.all.get(command_id)
