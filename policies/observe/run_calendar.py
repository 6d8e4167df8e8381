"""What ran and what will run: the operations of each policy day by day, by AWS's clock in UTC."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from itertools import groupby
from typing import Any, cast

from django.db.models import Aggregate, Count, Max, Min, Q, QuerySet
from django.db.models.functions import TruncDate
from django.http import QueryDict

from policies.aws.associations import PATCHING, Purpose
from policies.domain.schedule import ParsedSchedule, Rate, parse, runs_between
from policies.models import AssociationState, Deployment, NodePolicy, Policy, Run
from policies.observe.filters import read_fields

LATE = timedelta(hours=2)
"""How long after its time a run that was not read is not yet missed: accounts are read in turn."""
DAY = timedelta(days=1)


class State(StrEnum):
    """MISSED: its time has passed since the policy was last deployed, and a later reading told no run of it; one of any
    of its accounts and Regions is enough, for all begin at once. IDLE: the same, where no node is under the policy.
    """

    PLANNED = "planned"
    RAN = "ran"
    MISSED = "missed"
    IDLE = "idle"


@dataclass(frozen=True)
class CalendarFilter:
    """Each field narrows the entries when it is not "". `policy`: a configuration id; `operation`: scan or install."""

    policy: str = ""
    operation: str = ""

    @classmethod
    def read(cls, query: QueryDict) -> CalendarFilter:
        """The filter in a URL; what is not one of a field's values is left out."""
        return cls(**read_fields(cls, query, {"operation": PATCHING}))

    @property
    def is_empty(self) -> bool:
        return self == CalendarFilter()


@dataclass(frozen=True)
class Entry:
    """An operation of a policy on a day.

    `planned`: when it is to begin by the schedule of today, in UTC. `rate`: a schedule whose times are not known.
    `runs`: account-Regions by State Manager's word for their runs, the first of which began at `began_at`. `nodes`: how
    many are under the policy.
    """

    day: date
    policy: Policy
    purpose: str
    planned: tuple[datetime, ...] = ()
    rate: ParsedSchedule | None = None
    runs: Mapping[str, int] = field(default_factory=dict)
    began_at: datetime | None = None
    nodes: int = 0
    is_late: bool = False

    @property
    def state(self) -> State:
        if self.runs:
            return State.RAN
        if not self.is_late:
            return State.PLANNED
        return State.MISSED if self.nodes else State.IDLE

    @property
    def at(self) -> datetime:
        """What the entries of a day are in order of."""
        return self.began_at or next(iter(self.planned), datetime.combine(self.day, time.max, UTC))


@dataclass(frozen=True)
class Window:
    """So many days from `first` on. `as_of`: AWS's moment until which runs were read."""

    first: date
    count: int
    as_of: datetime

    @property
    def days(self) -> list[date]:
        return [self.first + n * DAY for n in range(self.count)]

    @property
    def last(self) -> date:
        return self.days[-1]

    @property
    def begin(self) -> datetime:
        return datetime.combine(self.first, time(0), UTC)

    @property
    def end(self) -> datetime:
        return self.begin + self.count * DAY


Key = tuple[date, int, str]


def read_calendar(wanted: CalendarFilter, window: Window) -> list[Entry]:
    """The entries of these days, in order; five queries."""
    ran = _read_runs(wanted, window)
    policies = _read_policies(wanted, {policy for _, policy, _ in ran})
    entries = {
        (day, pk, purpose): Entry(day, policies[pk], purpose, runs=runs, began_at=at)
        for (day, pk, purpose), (runs, at) in ran.items()
    }
    for planned in _read_plan(policies.values(), wanted, window):
        key = (planned.day, planned.policy.pk, planned.purpose)
        known = entries.get(key, planned)
        entries[key] = replace(known, planned=planned.planned, rate=planned.rate, nodes=planned.nodes)
    return sorted(entries.values(), key=lambda entry: (entry.day, entry.at, entry.policy.name, entry.purpose))


def _read_runs(wanted: CalendarFilter, window: Window) -> dict[Key, tuple[dict[str, int], datetime]]:
    """What ran: account-Regions by the status of a run there, and when the first began."""
    rows = Run.objects.filter(created_at__gte=window.begin, created_at__lt=window.end).order_by()
    if wanted.policy:
        rows = rows.filter(policy__configuration_id=wanted.policy)
    if wanted.operation:
        rows = rows.filter(purpose=wanted.operation)
    days = rows.annotate(day=TruncDate("created_at", tzinfo=UTC)).values("day", "policy", "purpose", "status")
    told: dict[Key, tuple[dict[str, int], datetime]] = {}
    for row in cast(
        "Iterable[dict[str, Any]]", days.annotate(count=Count("shard", distinct=True), at=Min("created_at"))
    ):
        key = (row["day"], row["policy"], row["purpose"])
        runs, at = told.get(key, ({}, row["at"]))
        told[key] = {**runs, row["status"].lower(): row["count"]}, min(at, row["at"])
    return told


def _read_plan(policies: Iterable[Policy], wanted: CalendarFilter, window: Window) -> Iterator[Entry]:
    """What the schedules of living policies say, as they are today."""
    policies = list(policies)
    under = _by_policy(NodePolicy.objects.living(), policies, Count("pk"))
    deployed = _by_policy(Deployment.objects.filter(finished_at__isnull=False), policies, Max("finished_at"))
    read = _by_policy(AssociationState.objects.all(), policies, Max("shard__observed_at"))
    for policy in policies:
        until = read.get(policy.pk) or window.as_of
        for purpose, schedule in ((Purpose.SCAN, policy.asked.scan), (Purpose.INSTALL, policy.asked.install)):
            if schedule and policy.deleted_at is None and wanted.operation in ("", purpose):
                parsed, since = parse(schedule.expression), deployed.get(policy.pk) or window.as_of
                for day, planned in _times(parsed, window, since).items():
                    is_late = bool(planned) and planned[-1] < until - LATE
                    rate = None if planned else parsed
                    yield Entry(day, policy, purpose, planned, rate, nodes=under.get(policy.pk, 0), is_late=is_late)


def _by_policy(rows: QuerySet[Any], policies: Iterable[Policy], told: Aggregate) -> dict[int, Any]:
    """What an aggregate tells of each of these policies that has any of the rows."""
    return dict(rows.filter(policy__in=policies).order_by().values_list("policy").annotate(told))


def _read_policies(wanted: CalendarFilter, met: Iterable[int]) -> dict[int, Policy]:
    """The living, and those that were met in runs."""
    policies = Policy.objects.filter(Q(deleted_at=None) | Q(pk__in=met))
    if wanted.policy:
        policies = policies.filter(configuration_id=wanted.policy)
    return {policy.pk: policy for policy in policies}


def _times(parsed: ParsedSchedule, window: Window, since: datetime) -> dict[date, tuple[datetime, ...]]:
    """The times of each day on which a schedule runs, since the policy was deployed; of a rate none, from today on."""
    if isinstance(parsed, Rate):
        return {day: () for day in window.days if day >= window.as_of.date()}
    runs = runs_between(parsed, max(window.begin, since), window.end)
    return {day: tuple(times) for day, times in groupby(runs, key=datetime.date)}
