"""Conflicts, found on the data: nodes under several policies, and scanners that write over what policies find."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, F, Max

from policies.domain.doubts import DOUBT_OF, REMEDIES, DoubtKind
from policies.domain.scanners import ScannerKind, kind_of
from policies.domain.sentence import Sentence
from policies.models import NodeCompliance, NodePolicy, OtherScanner, Policy
from policies.observe.filters import scanner_value

MOST = 200


@dataclass(frozen=True)
class Shared:
    """Two policies that both patch so many nodes."""

    one: Policy
    other: Policy
    nodes: int

    @property
    def remedy(self) -> Sentence:
        return Sentence(REMEDIES[DoubtKind.OTHER_POLICY])


@dataclass(frozen=True)
class Rival:
    """Another scanner: in how many account-Regions it stands, and for how many nodes under policies it scanned last.

    `document` is "" of one that stands nowhere.
    """

    kind: ScannerKind
    name: str
    document: str
    shards: int
    overwritten: int
    last_run_at: datetime | None

    @property
    def sought(self) -> str:
        """Itself as the value of NodeFilter.scanner."""
        return scanner_value(self.kind, self.name)

    @property
    def remedy(self) -> Sentence:
        return Sentence(REMEDIES[DOUBT_OF[self.kind]])


def find_shared() -> tuple[Shared, ...]:
    """Pairs of policies with nodes in common, the most first; two queries."""
    pairs = (
        NodePolicy.objects.living()
        .filter(
            policy__deleted_at=None,
            node__policies__policy__deleted_at=None,
            policy__lt=F("node__policies__policy"),
        )
        .values_list("policy", "node__policies__policy")
        .annotate(nodes=Count("node"))
        .order_by("-nodes")[:MOST]
    )
    found = list(pairs)
    policies = Policy.objects.in_bulk({key for one, other, _ in found for key in (one, other)})
    return tuple(Shared(policies[one], policies[other], nodes) for one, other, nodes in found)


def find_rivals() -> tuple[Rival, ...]:
    """Scanners that are no policy of ours: those that stand somewhere, and those whose results were met."""
    met = _overwritten()
    standing = list(_standing(met))
    named = {(rival.kind, rival.name) for rival in standing}
    others = [Rival(*who, "", 0, nodes, at) for who, (nodes, at) in met.items() if who not in named]
    return tuple(sorted([*standing, *others], key=lambda rival: (-rival.overwritten, rival.kind, rival.name)))


def _standing(met: dict[tuple[ScannerKind, str], tuple[int, datetime]]) -> Iterator[Rival]:
    rows = OtherScanner.objects.filter(shard__account__is_active=True).order_by().values_list("name", "document")
    for name, document, shards, at in rows.annotate(shards=Count("shard"), at=Max("last_run_at"))[:MOST]:
        kind = kind_of(name, document)
        nodes, _ = met.get((kind, name), (0, None))
        yield Rival(kind, name, document, shards, nodes, at)


def _overwritten() -> dict[tuple[ScannerKind, str], tuple[int, datetime]]:
    """Nodes under a policy whose newest result is another's, by who made it."""
    under = NodePolicy.objects.living().filter(policy__deleted_at=None).values("node")
    rows = NodeCompliance.objects.filter(node__in=under, scan__isnull=False)
    counted = (
        rows.exclude(scan__source=ScannerKind.POLICY)
        .order_by()
        .values_list("scan__source", "scan__scanner")
        .annotate(nodes=Count("pk"), at=Max("scanned_at"))
    )
    return {(ScannerKind(kind), name): (nodes, at) for kind, name, nodes, at in counted}
