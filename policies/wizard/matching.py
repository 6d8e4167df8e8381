"""What targets match, counted from the inventory: with how fresh the count is and what could not be counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet

from policies.domain.spec import AccountScope, NodeScope, Targets
from policies.domain.status import ShardStatus
from policies.domain.targets import matches
from policies.models import Account, Node, NodePolicy, Policy, Shard


@dataclass(frozen=True)
class Matches:
    """`as_of` is the oldest reading that was counted, AWS's time; None when nothing was read yet.

    `unread` are the account-Regions in scope whose last reading failed or never was; `elsewhere` maps the names of
    other policies to how many of the matched nodes they have already.
    """

    accounts: tuple[Account, ...]
    regions: tuple[str, ...]
    nodes: int
    managed: int
    by_account: tuple[tuple[Account, int], ...]
    as_of: datetime | None
    unread: tuple[Shard, ...]
    elsewhere: tuple[tuple[str, int], ...]


def count_matches(
    targets: Targets, account_id: str, members: Collection[str] = (), policy: Policy | None = None
) -> Matches:
    """Count from our rows. `account_id` is the current account; `members` the instances of a chosen resource group.

    `policy` is the one being edited, which does not count as another one.
    """
    accounts = _accounts(targets, account_id)
    scope = Shard.objects.filter(account__in=accounts, region__in=targets.regions)
    shards = list(scope.select_related("account"))
    matched = _matched(targets, scope, members)
    counts = Counter(account for account, _ in matched)
    return Matches(
        accounts=accounts,
        regions=targets.regions,
        nodes=len(matched),
        managed=_living(scope).count(),
        by_account=tuple((account, counts[account.account_id]) for account in accounts if counts[account.account_id]),
        as_of=min((shard.observed_at for shard in shards if shard.observed_at), default=None),
        unread=tuple(shard for shard in shards if shard.status != ShardStatus.FRESH),
        elsewhere=_elsewhere(scope, {node for _, node in matched}, policy),
    )


def _accounts(targets: Targets, account_id: str) -> tuple[Account, ...]:
    active = Account.objects.filter(is_active=True)
    if targets.account_scope is AccountScope.ACCOUNT:
        return tuple(active.filter(account_id=account_id))
    if targets.account_scope is AccountScope.ORGANIZATION:
        return tuple(active)
    chosen = set(targets.unit_ids)
    return tuple(account for account in active if chosen & set(account.unit_path.split("/")))


def _living(scope: QuerySet[Shard]) -> QuerySet[Node]:
    return Node.objects.filter(shard__in=scope, gone_at=None)


def _matched(targets: Targets, scope: QuerySet[Shard], members: Collection[str]) -> list[tuple[str, int]]:
    """(account id, node's key) of each matched node."""
    nodes = _living(scope)
    if targets.node_scope is NodeScope.RESOURCE_GROUP:
        nodes = nodes.filter(instance_id__in=members)
    if targets.node_scope in (NodeScope.ALL, NodeScope.RESOURCE_GROUP):
        return list(nodes.values_list("shard__account_id", "pk"))
    rows = nodes.values_list("shard__account_id", "pk", "instance_id", "tags").iterator()
    return [(account, key) for account, key, instance_id, tags in rows if matches(targets, instance_id, tags)]


def _elsewhere(scope: QuerySet[Shard], matched: set[int], policy: Policy | None) -> tuple[tuple[str, int], ...]:
    others = NodePolicy.objects.filter(node__shard__in=scope, node__gone_at=None, policy__deleted_at=None)
    if policy:
        others = others.filter(~Q(policy=policy))
    rows = others.values_list("policy__name", "node_id")
    return tuple(sorted(Counter(name for name, node in rows if node in matched).items()))
