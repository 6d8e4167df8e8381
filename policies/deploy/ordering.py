"""The verb "run now": which nodes it reaches, counted before anyone confirms it, and the order that follows.

All nodes of a policy are reached by its associations, chosen ones by Run Command with the policy's override file and
settings. Only what the policy does by itself can be asked for: one that only scans installs nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import groupby
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from policies.aws.run_now import MOST_ASSOCIATIONS, MOST_NODES
from policies.deploy.start import CannotStart, tell
from policies.deploy.tasks import AT_A_TIME, run_order
from policies.domain.sentence import N_
from policies.models import Node, NodePolicy, PatchOperation, Policy, RunOrder, RunPart, What

Rows = list[tuple[str, str, str]]
Chosen = Collection[int] | QuerySet[NodePolicy, int]
"""Ids of nodes."""


@dataclass(frozen=True)
class Part:
    """One request: associations to start, or nodes to send a command to."""

    account_id: str
    region: str
    associations: tuple[str, ...] = ()
    instances: tuple[str, ...] = ()


@dataclass(frozen=True)
class Reach:
    """What would run: how many nodes as last read, and the requests it takes."""

    nodes: int
    parts: tuple[Part, ...]

    @property
    def accounts(self) -> int:
        return len({part.account_id for part in self.parts})

    @property
    def regions(self) -> int:
        return len({part.region for part in self.parts})


def operations_of(policy: Policy) -> tuple[PatchOperation, ...]:
    """What the policy does by itself."""
    return tuple(PatchOperation) if policy.asked.install else (PatchOperation.SCAN,)


def find_reach(policy: Policy, operation: PatchOperation, chosen: Chosen | None) -> Reach:
    """Those of the chosen nodes that are under the policy; None: all of it."""
    living = Node.objects.living().filter(policies__policy=policy)
    if chosen is None:
        rows = policy.associations.living().filter(purpose=operation.lower())
        found = list(rows.values_list("shard__account_id", "shard__region", "association_id"))
        return Reach(living.count(), tuple(_parts(found, "associations", MOST_ASSOCIATIONS)))
    nodes = list(living.filter(pk__in=chosen).values_list("shard__account_id", "shard__region", "instance_id"))
    return Reach(len(nodes), tuple(_parts(nodes, "instances", MOST_NODES)))


def order_run(
    policy: Policy, operation: PatchOperation, chosen: Chosen | None, token: UUID, by: str, now: datetime
) -> RunOrder:
    """The order, for the workers; the one that the same confirmation has made before, when it comes twice.

    Raises CannotStart when there is nothing to run on, or the policy does not do this.
    """
    made = RunOrder.objects.filter(token=token, policy=policy).first()
    if made:
        return made
    if operation not in operations_of(policy):
        raise CannotStart(N_("This policy scans only. Edit it if it shall install patches."))
    found = find_reach(policy, operation, chosen)
    if not found.parts:
        raise CannotStart(N_("There is no node to run on. Refresh, if nodes came under the policy just now."))
    with transaction.atomic():
        facts = {
            "operation": operation,
            "nodes": found.nodes,
            "accounts": found.accounts,
            "selects": chosen is not None,
        }
        order = RunOrder.objects.create(policy=policy, token=token, requested_by=by, requested_at=now, **facts)
        RunPart.objects.bulk_create(_rows(order, found.parts), batch_size=500)
        tell(policy, What.RUN_NOW, by, now, after={**facts, "operation": str(operation), "order": order.pk})
        for _ in found.parts[:AT_A_TIME]:
            transaction.on_commit(partial(run_order.delay, order.pk), robust=True)
    return order


def _rows(order: RunOrder, parts: tuple[Part, ...]) -> Iterator[RunPart]:
    for number, part in enumerate(parts, start=1):
        yield RunPart(
            order=order,
            number=number,
            account_id=part.account_id,
            region=part.region,
            associations=list(part.associations),
            instances=list(part.instances),
        )


def _parts(rows: Rows, kind: str, most: int) -> Iterator[Part]:
    """One part for each account and Region, or several where a request takes no more."""
    for (account_id, region), group in groupby(sorted(rows), key=lambda row: row[:2]):
        ids = tuple(row[2] for row in group)
        for start in range(0, len(ids), most):
            yield Part(account_id, region, **{kind: ids[start : start + most]})
