"""When policies installed on nodes: what they sent by State Manager, and what somebody let them run at once.

A result of an installation may be gone before it is read, as the next scan writes over it; one that was run at once on
chosen nodes reports none at all (aws-facts 2.3).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from policies.aws.associations import Purpose
from policies.domain.ledger import INSTALL
from policies.models import Flip, NodePolicy, RunPart, Shard

ENDED = ("Success", "Failed")
"""State Manager's words for a run that came to its end: one that failed may have installed some patches."""


def find_installs(shard: Shard, flips: Sequence[Flip]) -> dict[int, list[datetime]]:
    """Moments at which installations ran on the nodes of these changes, by the node's key."""
    nodes = {flip.node.instance_id: flip.node_id for flip in flips}
    since = min((flip.previous.ended_at for flip in flips if flip.previous), default=None)
    found: dict[int, list[datetime]] = {}
    for node_id, at in (*_by_associations(nodes.values()), *(_at_once(shard, nodes, since) if since else ())):
        found.setdefault(node_id, []).append(at)
    return found


def _by_associations(node_ids: Iterable[int]) -> Iterator[tuple[int, datetime]]:
    for row in NodePolicy.objects.filter(node__in=node_ids):
        told = row.results.get(Purpose.INSTALL, {})
        if told.get("status") in ENDED and told.get("at"):
            yield row.node_id, datetime.fromisoformat(told["at"])


def _at_once(shard: Shard, nodes: Mapping[str, int], since: datetime) -> Iterator[tuple[int, datetime]]:
    parts = RunPart.objects.filter(account_id=shard.account_id, region=shard.region, asked_at__gte=since)
    for part in parts.filter(order__operation=INSTALL):
        yield from ((nodes[i], part.asked_at) for i in part.instances if i in nodes and part.asked_at)
