"""Maintenance windows, as data; `window_runs.py` opens them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sandbox.engine.places import ByPlace
from sandbox.engine.schedules import WINDOW, BadSchedule, Schedule

KEPT_RUNS = 50


@dataclass
class TaskRun:
    """What became of one task while a window was open. `status` and `details` in the API's words."""

    task_execution_id: str
    task_id: str
    document: str
    facts: dict[str, Any]
    started_at: datetime
    invocation_id: str
    command_id: str = ""
    status: str = "IN_PROGRESS"
    details: str = ""
    ended_at: datetime | None = None


@dataclass
class WindowRun:
    """A window that opened: what it still has to do, and until when it may begin something."""

    execution_id: str
    started_at: datetime
    cutoff_at: datetime
    todo: list[str] = field(default_factory=list)
    tasks: list[TaskRun] = field(default_factory=list)
    status: str = "IN_PROGRESS"
    details: str = ""
    ended_at: datetime | None = None


@dataclass
class Window:
    """A maintenance window of an account and Region; `facts`, `targets` and `tasks` hold the API's members."""

    window_id: str
    account_id: str
    region: str
    facts: dict[str, Any]
    created_at: datetime
    modified_at: datetime
    targets: dict[str, dict[str, Any]] = field(default_factory=dict)
    tasks: dict[str, dict[str, Any]] = field(default_factory=dict)
    runs: list[WindowRun] = field(default_factory=list)
    tags: dict[str, str] = field(default_factory=dict)
    schedule_serial: int = 0

    @property
    def is_enabled(self) -> bool:
        return bool(self.facts.get("Enabled", True))

    def next_after(self, moment: datetime) -> datetime | None:
        """When it opens next; None when it does not. Raises BadSchedule."""
        schedule = Schedule(
            self.facts["Schedule"], self.created_at, WINDOW, self.facts.get("ScheduleOffset", 0),
            self.facts.get("ScheduleTimezone") or "UTC",
        )  # fmt: skip
        first, last = (read_date(self.facts.get(name)) for name in ("StartDate", "EndDate"))
        due = schedule.next_after(max(moment, first - timedelta(seconds=1)) if first else moment)
        return due if due and self.is_enabled and not (last and due > last) else None

    def remember(self, run: WindowRun) -> None:
        """Add a run; only the newest are kept."""
        self.runs.append(run)
        del self.runs[:-KEPT_RUNS]


@dataclass
class WindowBook:
    """All windows by id, and what was made under which token of its caller."""

    all: ByPlace[Window] = field(default_factory=ByPlace)
    tokens: dict[tuple[str, ...], str] = field(default_factory=dict)


def read_date(text: str | None) -> datetime | None:
    """StartDate and EndDate are ISO 8601 texts. Raises BadSchedule."""
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError as error:
        raise BadSchedule(f"{text} is no date") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
