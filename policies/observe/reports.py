"""The numbers of the dashboard and the details pages, reckoned from rows as of the newest reading."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Max, QuerySet
from django.utils import timezone

from policies.domain.status import ShardStatus
from policies.models import AssociationState, Node, NodePolicy, Policy, Shard, StackInstanceState
from policies.observe.filters import NodeFilter

TOP = 8


@dataclass(frozen=True)
class Freshness:
    """How old what is shown is. `as_of`: AWS's moment of the newest reading."""

    as_of: datetime | None

    @property
    def reckoned_at(self) -> datetime:
        """The moment that "24 hours ago" is counted from."""
        return self.as_of or timezone.now()


def read_freshness() -> Freshness:
    """Over all shards."""
    return Freshness(Shard.objects.aggregate(as_of=Max("observed_at"))["as_of"])


def count_unreadable() -> int:
    """The shards of active accounts whose last reading failed."""
    return Shard.objects.filter(status=ShardStatus.FAILED).exclude(account__is_active=False).count()


def top_nodes(wanted: NodeFilter, as_of: datetime) -> QuerySet[Node]:
    """The nodes that miss most."""
    nodes = wanted.apply(Node.objects.living(), as_of).filter(compliance__missing__gt=0)
    return nodes.select_related("shard__account", "compliance").order_by("-compliance__missing", "-compliance__node")[
        :TOP
    ]


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
    associations = _by_status(AssociationState.objects.living().filter(policy__in=ids))
    nodes = _by_status(NodePolicy.objects.living().filter(policy__in=ids))
    return {i: PolicyCounts(instances.get(i, {}), associations.get(i, {}), nodes.get(i, {})) for i in ids}


def _by_status(
    rows: QuerySet[StackInstanceState] | QuerySet[AssociationState] | QuerySet[NodePolicy],
) -> dict[int, dict[str, int]]:
    counts: dict[int, dict[str, int]] = {}
    for policy_id, status, count in rows.order_by().values_list("policy_id", "status").annotate(Count("pk")):
        counts.setdefault(policy_id, {})[status] = count
    return counts
