"""State Manager's associations and their executions, as data; `runs.py` makes them happen."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from cronsim import CronSim, CronSimError

from sandbox.engine.errors import AwsError
from sandbox.engine.places import ByPlace

KEPT_EXECUTIONS = 30
WEEKDAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")


@dataclass
class TargetResult:
    """How one node (or automation) fared in one execution."""

    resource_id: str
    status: str = "Pending"
    detail: str = ""
    at: datetime | None = None
    exit_code: int | None = None
    source_id: str = ""


@dataclass
class Execution:
    """One execution of an association: who waits, who runs, who has ended."""

    execution_id: str
    created_at: datetime
    version: str
    results: dict[str, TargetResult] = field(default_factory=dict)
    waiting: list[str] = field(default_factory=list)
    running: list[str] = field(default_factory=list)
    command_id: str = ""

    @property
    def errors(self) -> int:
        return sum(result.status in ("Failed", "TimedOut") for result in self.results.values())

    @property
    def is_over(self) -> bool:
        return not self.waiting and not self.running

    @property
    def status(self) -> str:
        if not self.is_over:
            return "InProgress" if any(r.at for r in self.results.values()) or self.running else "Pending"
        return "Failed" if self.errors else "Success"


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
    schedule_serial: int = 0

    @property
    def is_automation(self) -> bool:
        return bool(self.facts.get("AutomationTargetParameterName"))

    @property
    def last_run_at(self) -> datetime | None:
        return self.executions[-1].created_at if self.executions else None

    @property
    def status(self) -> str:
        """AssociationOverview.Status: of the newest execution."""
        if not self.executions:
            return "Pending"
        status = self.executions[-1].status
        return status if status in ("Success", "Failed") else "Pending"

    def counts(self) -> dict[str, int]:
        """Targets by their newest status."""
        told: dict[str, int] = {}
        for result in self.latest.values():
            told[result.status] = told.get(result.status, 0) + 1
        return told

    def remember(self, execution: Execution) -> None:
        """Add an execution; only the newest are kept."""
        self.executions.append(execution)
        del self.executions[:-KEPT_EXECUTIONS]


@dataclass
class AssociationBook:
    """All associations by id."""

    all: ByPlace[Association] = field(default_factory=ByPlace)

    def within(self, account_id: str, region: str) -> list[Association]:
        """Those of one account and Region, oldest first."""
        return self.all.within(account_id, region)


def next_due(expression: str, after: datetime, created_at: datetime) -> datetime | None:
    """The next moment of a schedule after another, UTC; None for an empty one.

    Raises AwsError InvalidSchedule for what State Manager would refuse (aws-facts 5.2).
    """
    if not expression:
        return None
    kind, _, inside = expression.rstrip(")").partition("(")
    if kind == "rate":
        return _next_rate(inside, after, created_at)
    if kind == "cron":
        return _next_cron(inside, after)
    raise _invalid(expression)


def _next_rate(inside: str, after: datetime, created_at: datetime) -> datetime:
    number, _, unit = inside.partition(" ")
    seconds = {"minute": 60, "minutes": 60, "hour": 3600, "hours": 3600, "day": 86_400, "days": 86_400}
    if not number.isdecimal() or unit not in seconds or (int(number) == 1) == unit.endswith("s"):
        raise _invalid(f"rate({inside})")
    step = timedelta(seconds=int(number) * seconds[unit])
    if not timedelta(minutes=30) <= step < timedelta(days=31):
        raise _invalid(f"rate({inside})")
    return created_at + ((after - created_at) // step + 1) * step


def _next_cron(inside: str, after: datetime) -> datetime:
    fields = inside.split()
    if len(fields) == 7 and fields[0] == "0":
        fields = fields[1:]
    if len(fields) != 6 or (fields[2] == "?") == (fields[4] == "?") or fields[3] != "*" or fields[5] != "*":
        raise _invalid(f"cron({inside})")
    minute, hour, day, month, weekday, _year = (f.replace("?", "*") for f in fields)
    try:
        found = next(CronSim(f"{minute} {hour} {day} {month} {_weekday(weekday)}", after.astimezone(UTC)))
    except (CronSimError, StopIteration) as error:
        raise _invalid(f"cron({inside})") from error
    return found.replace(tzinfo=UTC)


def _weekday(value: str) -> str:
    """AWS counts weekdays from 1 = Sunday, cron from 0 = Sunday; names are the same. Names are turned into numbers."""
    told = value.upper()
    for number, name in enumerate(WEEKDAYS):
        told = told.replace(name, str(number + 1))
    return "".join(_shift(part) for part in _split_digits(told))


def _split_digits(text: str) -> list[str]:
    """Each character by itself, but `#n` (the n-th) together."""
    parts: list[str] = []
    position = 0
    while position < len(text):
        width = 2 if text[position] == "#" else 1
        parts.append(text[position : position + width])
        position += width
    return parts


def _shift(part: str) -> str:
    if part.isdecimal():
        if not 1 <= int(part) <= 7:
            raise _invalid(part)
        return str(int(part) - 1)
    return part


def _invalid(expression: str) -> AwsError:
    return AwsError("InvalidSchedule", f"The schedule is invalid: {expression}. Verify your cron or rate expression.")
