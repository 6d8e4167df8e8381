"""Which accounts and nodes targets match, out of the inventory; `doubts` tells what to think of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from policies.domain.spec import AccountScope, NodeScope, Targets
from policies.domain.targets import is_in_units, matches
from policies.models import Account, Node, Shard

COLUMNS = ("pk", "shard_id", "instance_id", "tags", "ping_status", "operating_system", "role",
           "compliance__scan__source")  # fmt: skip


@dataclass(frozen=True)
class Matched:
    """A node that is a target, with what doubts look at. `key` is its row's; `scanned_by` is a ScannerKind."""

    key: int
    shard_id: int
    instance_id: str
    tags: Mapping[str, str]
    ping_status: str
    operating_system: str
    role: str
    scanned_by: str | None


@dataclass(frozen=True)
class Matches:
    """What targets match. `outside` are active accounts in none of the chosen units; `shards` those in scope, by id.

    `managed` counts all nodes of the scope, targets or not.
    """

    accounts: tuple[Account, ...]
    outside: tuple[Account, ...]
    regions: tuple[str, ...]
    shards: Mapping[int, Shard]
    nodes: tuple[Matched, ...]
    managed: int

    @property
    def as_of(self) -> datetime | None:
        """The oldest reading that was counted, AWS's time; None when nothing was read yet."""
        return min((shard.observed_at for shard in self.shards.values() if shard.observed_at), default=None)

    @property
    def by_shard(self) -> tuple[tuple[Shard, int], ...]:
        """Account-Regions with how many nodes match there, the most first."""
        return tuple((self.shards[key], count) for key, count in Counter(n.shard_id for n in self.nodes).most_common())

    @property
    def by_account(self) -> tuple[tuple[Account, int], ...]:
        """Every account in scope with how many nodes match there."""
        counts = Counter(self.shards[node.shard_id].account_id for node in self.nodes)
        return tuple((account, counts[account.account_id]) for account in self.accounts)

    @property
    def by_region(self) -> tuple[tuple[str, int], ...]:
        """Every Region in scope with how many nodes match there."""
        counts = Counter(self.shards[node.shard_id].region for node in self.nodes)
        return tuple((region, counts[region]) for region in self.regions)


def find_matches(targets: Targets, account_id: str, members: Collection[str] = ()) -> Matches:
    """Match against our rows. `account_id` is the current account; `members` a resource group's instances."""
    active = Account.objects.filter(is_active=True)
    accounts = tuple(account for account in active if is_target(targets, account, account_id))
    scope = Shard.objects.filter(account__in=accounts, region__in=targets.regions)
    living = Node.objects.living().filter(shard__in=scope)
    is_partial = targets.account_scope is AccountScope.UNITS
    nodes, managed = _match(targets, living, members)
    return Matches(
        accounts=accounts,
        outside=tuple(account for account in active if not is_target(targets, account, account_id))
        if is_partial
        else (),
        regions=targets.regions,
        shards={shard.pk: shard for shard in scope.select_related("account")},
        nodes=nodes,
        managed=managed,
    )


def is_target(targets: Targets, account: Account, current_id: str) -> bool:
    """Whether the targets' scope has an account."""
    if targets.account_scope is AccountScope.ACCOUNT:
        return account.account_id == current_id
    if targets.account_scope is AccountScope.ORGANIZATION:
        return True
    return is_in_units(account.unit_path, targets.unit_ids)


def _match(targets: Targets, living: QuerySet[Node], members: Collection[str]) -> tuple[tuple[Matched, ...], int]:
    """The nodes that the targets match, and how many there are to match."""
    by_group = targets.node_scope is NodeScope.RESOURCE_GROUP
    found, managed = [], 0
    for node in (Matched(*row) for row in living.values_list(*COLUMNS).iterator()):
        managed += 1
        if node.instance_id in members if by_group else matches(targets, node.instance_id, node.tags):
            found.append(node)
    return tuple(found), managed
