"""The numbers of the dashboard and the details pages, reckoned from rows as of the newest reading."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Max, Min, Q, QuerySet
from django.utils import timezone

from policies.domain.status import Findings, PolicyStatus, ShardStatus
from policies.models import Account, AssociationState, Node, NodePolicy, Policy, Shard, StackInstanceState
from policies.observe.filters import NodeFilter, scanned_where

TOP = 8


@dataclass(frozen=True)
class Freshness:
    """How old what is shown is. `as_of`: AWS's moment of the newest reading; `stale`: shards that could not be read."""

    as_of: datetime | None
    oldest_at: datetime | None
    collected_at: datetime | None
    shards: int
    stale: int
    never: int

    @property
    def reckoned_at(self) -> datetime:
        """The moment that "24 hours ago" is counted from."""
        return self.as_of or timezone.now()


def read_freshness() -> Freshness:
    """Over all shards of active accounts, in one query."""
    told = Shard.objects.filter(account__is_active=True).aggregate(
        as_of=Max("observed_at"),
        oldest_at=Min("observed_at"),
        collected_at=Max("collected_at"),
        shards=Count("pk"),
        stale=Count("pk", filter=Q(status=ShardStatus.FAILED)),
        never=Count("pk", filter=Q(status=ShardStatus.NEVER)),
    )
    return Freshness(**told)


@dataclass(frozen=True)
class Scope:
    """The honest denominator: every node in scope stands in exactly one age and under none, one or several policies."""

    nodes: int
    day: int
    week: int
    longer: int
    never: int
    uncovered: int
    several: int


def living_nodes() -> QuerySet[Node]:
    """Nodes that AWS still knows, of accounts that are active."""
    return Node.objects.filter(gone_at=None, shard__account__is_active=True)


def read_scope(wanted: NodeFilter, as_of: datetime) -> Scope:
    """Counts of the nodes that the filter leaves."""
    nodes = living_nodes().filter(pk__in=wanted.apply(living_nodes(), as_of).values("pk"))
    ages = {age: Count("pk", filter=scanned_where(age, as_of)) for age in ("day", "week", "longer", "never")}
    told = nodes.aggregate(nodes=Count("pk"), **ages)
    covers = nodes.annotate(covers=Count("policies"))
    counts = covers.aggregate(uncovered=Count("pk", filter=Q(covers=0)), several=Count("pk", filter=Q(covers__gt=1)))
    return Scope(**told, **counts)


def count_findings(wanted: NodeFilter, as_of: datetime) -> dict[Findings, int]:
    """Nodes by what their last scan found, the order of Findings, zeros included."""
    nodes = wanted.apply(living_nodes(), as_of)
    told = dict(
        Node.objects.filter(pk__in=nodes.values("pk"))
        .order_by()
        .values_list("compliance__findings")
        .annotate(Count("pk"))
    )
    counts = {findings: told.get(findings, 0) for findings in Findings}
    counts[Findings.NEVER_SCANNED] += told.get(None, 0)
    return counts


def count_policy_statuses(wanted: NodeFilter, as_of: datetime) -> dict[PolicyStatus, int]:
    """Pairs of node and policy by status, among the nodes that the filter leaves."""
    nodes = wanted.apply(living_nodes(), as_of)
    rows = NodePolicy.objects.filter(node__in=nodes.values("pk"))
    if wanted.policy:
        rows = rows.filter(policy__configuration_id=wanted.policy)
    told = dict(rows.order_by().values_list("status").annotate(Count("pk")))
    return {status: told.get(status, 0) for status in PolicyStatus}


@dataclass(frozen=True)
class Cell:
    """One account-Region of the heat map. `share` of nodes with findings is 0 to 4, for its shade."""

    account_id: str
    region: str
    nodes: int
    wanting: int
    status: str

    @property
    def shade(self) -> int:
        return -(-4 * self.wanting // self.nodes) if self.nodes else 0


@dataclass(frozen=True)
class HeatMap:
    """Accounts by Regions."""

    regions: tuple[str, ...]
    rows: tuple[tuple[Account, tuple[Cell | None, ...]], ...]


def read_heat_map(wanted: NodeFilter, as_of: datetime) -> HeatMap:
    """How many nodes of each account and Region lack something, in three queries."""
    nodes = wanted.apply(living_nodes(), as_of)
    bad = Q(compliance__findings__in=[Findings.MISSING, Findings.FAILED, Findings.PENDING_REBOOT])
    counted = (
        Node.objects.filter(pk__in=nodes.values("pk"))
        .order_by()
        .values("shard_id")
        .annotate(total=Count("pk"), wanting=Count("pk", filter=bad))
    )
    counts = {row["shard_id"]: (row["total"], row["wanting"]) for row in counted}
    shards = Shard.objects.filter(account__is_active=True).select_related("account")
    if wanted.account:
        shards = shards.filter(account_id=wanted.account)
    if wanted.region:
        shards = shards.filter(region=wanted.region)
    return _heat_map(list(shards), counts)


def _heat_map(shards: list[Shard], counts: Mapping[int, tuple[int, int]]) -> HeatMap:
    regions = tuple(sorted({shard.region for shard in shards}))
    accounts = {shard.account_id: shard.account for shard in shards}
    cells = {
        (s.account_id, s.region): Cell(s.account_id, s.region, *counts.get(s.pk, (0, 0)), status=s.status)
        for s in shards
    }
    ordered = sorted(accounts.values(), key=lambda account: (not account.is_management, account.name))
    return HeatMap(regions, tuple((a, tuple(cells.get((a.pk, r)) for r in regions)) for a in ordered))


def top_nodes(wanted: NodeFilter, as_of: datetime) -> QuerySet[Node]:
    """The nodes that miss most."""
    nodes = wanted.apply(living_nodes(), as_of).filter(compliance__missing__gt=0)
    return nodes.select_related("shard__account", "compliance").order_by("-compliance__missing", "name")[:TOP]


@dataclass(frozen=True)
class PolicyCounts:
    """What the status bars of a policy show: counts by status, zeros left out."""

    instances: Mapping[str, int]
    associations: Mapping[str, int]
    nodes: Mapping[str, int]

    @property
    def node_total(self) -> int:
        return sum(self.nodes.values())

    @property
    def association_total(self) -> int:
        return sum(self.associations.values())


def count_policies(policies: list[Policy]) -> dict[int, PolicyCounts]:
    """For each policy, by its id, in three queries."""
    ids = [policy.pk for policy in policies]
    instances = _by_status(StackInstanceState.objects.filter(policy__in=ids))
    associations = _by_status(AssociationState.objects.filter(policy__in=ids))
    nodes = _by_status(NodePolicy.objects.filter(policy__in=ids, node__gone_at=None))
    return {i: PolicyCounts(instances.get(i, {}), associations.get(i, {}), nodes.get(i, {})) for i in ids}


def _by_status(
    rows: QuerySet[StackInstanceState] | QuerySet[AssociationState] | QuerySet[NodePolicy],
) -> dict[int, dict[str, int]]:
    counts: dict[int, dict[str, int]] = {}
    for policy_id, status, count in rows.order_by().values_list("policy_id", "status").annotate(Count("pk")):
        counts.setdefault(policy_id, {})[status] = count
    return counts
