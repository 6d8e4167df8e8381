"""The list of policies: a row for each, narrowed and sorted as the URL says.

Policies are few (hundreds), and their next run is not in the database: rows are sorted here, in a constant number of
queries, and only then cut into pages.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, TypeVar

from django.db.models import OuterRef, QuerySet, Subquery
from django.http import QueryDict

from policies.domain.schedule import next_runs, parse
from policies.domain.spec import Operation, PolicySpec
from policies.domain.status import DeploymentStatus, PolicyStatus
from policies.models import Deployment, Event, Policy, Verb, What
from policies.observe.charts import worst_of
from policies.observe.filters import read_fields
from policies.observe.reports import PolicyCounts, count_policies

CHANGES = (What.CREATE_POLICY, What.EDIT_POLICY, What.DELETE_POLICY, What.UNDO_DEPLOYMENT)
Row = TypeVar("Row", Deployment, Event)
NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True)
class PolicyRow:
    """One policy with its newest deployment, its newest change by a person, what AWS says of it, and its next run."""

    policy: Policy
    deployment: Deployment | None
    change: Event | None
    counts: PolicyCounts
    as_of: datetime

    @cached_property
    def spec(self) -> PolicySpec:
        """What was asked for."""
        return self.policy.asked

    @property
    def is_leaving(self) -> bool:
        """Whether the policy is being removed, so that nothing else can be done with it."""
        return bool(self.deployment and self.deployment.verb == Verb.DELETE and self.deployment.is_open)

    @property
    def associations(self) -> tuple[str, int]:
        """The worst status of its associations and how many have it; ("", 0) without any."""
        return worst_of(self.counts.associations)

    @property
    def nodes(self) -> tuple[str, int]:
        """The worst policy status of its nodes and how many have it; ("", 0) without any."""
        return worst_of(self.counts.nodes)

    @cached_property
    def next_run(self) -> datetime | None:
        """The next scan or installation by AWS's clock; None when the years of a schedule have run out."""
        schedules = (schedule for schedule in (self.spec.scan, self.spec.install) if schedule)
        runs = (run for each in schedules for run in next_runs(parse(each.expression), self.as_of, 1))
        return min(runs, default=None)

    @property
    def changed_at(self) -> datetime:
        return self.change.at if self.change else self.policy.created_at

    @property
    def changed_by(self) -> str:
        return self.change.by if self.change else self.policy.created_by


@dataclass(frozen=True)
class PolicyFilter:
    """Each field narrows the rows when it is not ""."""

    search: str = ""
    status: str = ""
    compliance: str = ""
    operation: str = ""

    @classmethod
    def read(cls, query: QueryDict) -> PolicyFilter:
        """The filter in a URL; what is not one of a field's values is left out."""
        return cls(**read_fields(cls, query, CHOICES))

    @property
    def is_empty(self) -> bool:
        return self == PolicyFilter()

    def passes(self, row: PolicyRow) -> bool:
        """Whether a row is wanted."""
        words = f"{row.policy.name} {row.policy.configuration_id} {row.spec.targets.tag_key}".casefold()
        return (
            self.search.casefold() in words
            and self.status in ("", row.deployment.status if row.deployment else None)
            and self.compliance in ("", row.nodes[0])
            and self.operation in ("", row.spec.operation)
        )


CHOICES: Mapping[str, tuple[str, ...]] = {
    "status": tuple(DeploymentStatus),
    "compliance": tuple(PolicyStatus),
    "operation": tuple(Operation),
}

SORTS: Mapping[str, Callable[[PolicyRow], Any]] = {
    "name": lambda row: row.policy.name.casefold(),
    "status": lambda row: CHOICES["status"].index(row.deployment.status) if row.deployment else -1,
    "operation": lambda row: row.spec.operation,
    "next": lambda row: row.next_run or NEVER,
    "changed": lambda row: row.changed_at,
}


def read_rows(as_of: datetime) -> list[PolicyRow]:
    """Every living policy, by name. `as_of`: AWS's moment that the next run is counted from."""
    policies = list(Policy.objects.living())
    deployments = {one.policy_id: one for one in _newest(Deployment.objects.order_by("-requested_at", "-pk"))}
    changes = {one.policy_id: one for one in _newest(Event.objects.filter(verb__in=CHANGES))}
    counts = count_policies(policies)
    return [PolicyRow(p, deployments.get(p.pk), changes.get(p.pk), counts[p.pk], as_of) for p in policies]


def _newest(rows: QuerySet[Row]) -> QuerySet[Row]:
    """The first of these rows for each living policy, without the large columns that a list does not show."""
    first = Subquery(rows.filter(policy=OuterRef("pk")).values("pk")[:1])
    large = {"plan", "before", "after"} & {field.name for field in rows.model._meta.get_fields()}
    return rows.filter(pk__in=Policy.objects.living().annotate(first=first).values("first")).defer(*large)


def sort_rows(rows: Iterable[PolicyRow], sort: str) -> list[PolicyRow]:
    """By one of SORTS, the other way round after a hyphen; rows alike stay by name, whichever way round."""
    by = SORTS.get(sort.removeprefix("-"), SORTS["name"])
    return sorted(sorted(rows, key=SORTS["name"]), key=by, reverse=sort.startswith("-"))
