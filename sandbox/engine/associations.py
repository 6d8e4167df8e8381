"""State Manager's associations, as data; `triggers.py` says when they run and `runs.py` makes it happen."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sandbox.engine.executions import Execution, Order, Status, TargetResult
from sandbox.engine.places import ByPlace
from sandbox.engine.schedules import Schedule

KEPT_EXECUTIONS = 30


@dataclass(frozen=True)
class AssociationVersion:
    """What an association was told to be, and since when."""

    number: int
    facts: dict[str, Any]
    created_at: datetime


@dataclass
class Association:
    """One association of an account and Region; `facts` holds what the API was given, by the API's names."""

    association_id: str
    account_id: str
    region: str
    facts: dict[str, Any]
    created_at: datetime
    updated_at: datetime
    version: int = 1
    executions: list[Execution] = field(default_factory=list)
    latest: dict[str, TargetResult] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    history: list[AssociationVersion] = field(default_factory=list)
    told_status: dict[str, Any] = field(default_factory=dict)  # by UpdateAssociationStatus
    succeeded_at: datetime | None = None
    schedule_serial: int = 0

    @property
    def is_automation(self) -> bool:
        return bool(self.facts.get("AutomationTargetParameterName"))

    @property
    def waits_for_its_tick(self) -> bool:
        return bool(self.facts.get("ApplyOnlyAtCronInterval"))

    @property
    def targets(self) -> list[dict[str, Any]]:
        if self.facts.get("InstanceId"):
            return [{"Key": "InstanceIds", "Values": [self.facts["InstanceId"]]}]
        return list(self.facts.get("Targets") or [])

    @property
    def last_run_at(self) -> datetime | None:
        return self.executions[-1].created_at if self.executions else None

    @property
    def status(self) -> str:
        """AssociationOverview.Status, of the newest execution: Pending, Success or Failed."""
        if not self.executions or not self.executions[-1].is_over:
            return "Pending"
        return "Success" if self.executions[-1].status == "Success" else "Failed"

    @property
    def detailed_status(self) -> str:
        """AssociationOverview.DetailedStatus; before anything ran it is being created."""
        return self.executions[-1].status if self.executions else "Creating"

    def schedule(self) -> Schedule | None:
        """When it is due again and again; None for one that runs only when something changes."""
        expression = self.facts.get("ScheduleExpression")
        if not expression:
            return None
        return Schedule(expression, self.created_at, offset_days=self.facts.get("ScheduleOffset", 0))

    def order(self) -> Order:
        """What each of its executions does."""
        facts = self.facts
        return Order(
            document=facts["Name"],
            document_version=facts.get("DocumentVersion", "$DEFAULT"),
            parameters=facts.get("Parameters", {}),
            targets=tuple(self.targets),
            max_concurrency=facts.get("MaxConcurrency", "100%"),
            max_errors=facts.get("MaxErrors", "100%"),
            output=facts.get("OutputLocation", {}).get("S3Location", {}),
            target_parameter=facts.get("AutomationTargetParameterName", ""),
        )

    def counts(self) -> dict[str, int]:
        """Targets by their newest status."""
        return dict(Counter(result.status for result in self.latest.values()))

    def remember(self, execution: Execution) -> None:
        """Add an execution; only the newest are kept."""
        self.executions.append(execution)
        del self.executions[:-KEPT_EXECUTIONS]

    def learn(self, result: TargetResult) -> None:
        """A target has ended: this is now what is known of it."""
        self.latest[result.resource_id] = result
        if result.outcome == Status.SUCCESS:
            self.succeeded_at = result.at

    def change(self, facts: dict[str, Any], at: datetime) -> None:
        """Become another version."""
        self.facts = facts
        self.version += 1
        self.updated_at = at
        self.note_version()

    def note_version(self) -> None:
        """Keep what it is now among its versions."""
        self.history.append(AssociationVersion(self.version, self.facts, self.updated_at))


@dataclass
class AssociationBook:
    """All associations by id."""

    all: ByPlace[Association] = field(default_factory=ByPlace)

    def within(self, account_id: str, region: str) -> list[Association]:
        """Those of one account and Region, oldest first."""
        return self.all.within(account_id, region)

    def on_node(self, account_id: str, region: str, instance_id: str) -> list[Association]:
        """Those that have gone, or are about to go, to one node."""
        return [a for a in self.within(account_id, region) if instance_id in a.latest]
