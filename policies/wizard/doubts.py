"""What is worth a second look about the nodes that targets match: found on our rows, worded by domain/doubts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from policies.aws.organization import Organization
from policies.domain.doubts import ACCESS_CODES, DOUBT_OF, Doubt, DoubtKind
from policies.domain.scanners import ScannerKind, is_told_by_aws, kind_of, reaches
from policies.domain.spec import AccountScope, Targets
from policies.domain.status import ShardStatus
from policies.domain.targets import is_in_units
from policies.models import NodePolicy, OtherScanner, Policy, Shard
from policies.wizard.matching import Matched, Matches

CONNECTED = "Online"
HYBRID = "mi-"
UNREAD = {ShardStatus.FAILED: DoubtKind.STALE, ShardStatus.PARTIAL: DoubtKind.PARTLY_READ}


@dataclass(frozen=True)
class Found:
    """A doubt with the keys of the nodes, or the account-Regions, that it is about."""

    doubt: Doubt
    nodes: tuple[int, ...] = ()
    shards: tuple[Shard, ...] = ()

    @property
    def key(self) -> str:
        """Its name in URLs; "" when there is no list to open."""
        return f"{self.doubt.kind}:{self.doubt.name}" if self.nodes or self.shards else ""


def find_doubts(matches: Matches, policy: Policy | None) -> tuple[Found, ...]:
    """Every doubt about the nodes and the reading of them. `policy`: the one being edited, no conflict with itself."""
    found = [
        *_other_policies(matches, policy),
        *_other_scanners(matches),
        *_about_nodes(matches.nodes),
        *_about_readings(matches.shards.values()),
    ]
    order = list(DoubtKind)
    return tuple(sorted(found, key=lambda each: (order.index(each.doubt.kind), each.doubt.name)))


def find_uncounted(
    targets: Targets, matches: Matches, organization: Organization | None, enabled: Iterable[str] | None
) -> tuple[Found, ...]:
    """What AWS tells to be in scope and our rows do not have; None where AWS did not answer."""
    off = [region for region in targets.regions if enabled is not None and region not in set(enabled)]
    found = [Found(Doubt(DoubtKind.REGION_OFF, len(off), ", ".join(off)))] if off else []
    known = {account.account_id for account in (*matches.accounts, *matches.outside)}
    new = [a.name or a.account_id for a in organization.accounts if a.is_active and a.account_id not in known
           and _is_in_scope(targets, a.unit_path)] if organization else []  # fmt: skip
    return (*found, *([Found(Doubt(DoubtKind.NEW_ACCOUNT, len(new), ", ".join(new)))] if new else []))


def _is_in_scope(targets: Targets, unit_path: str) -> bool:
    if targets.account_scope is AccountScope.UNITS:
        return is_in_units(unit_path, targets.unit_ids)
    return targets.account_scope is AccountScope.ORGANIZATION


def _other_policies(matches: Matches, policy: Policy | None) -> Iterator[Found]:
    rows = NodePolicy.objects.filter(node__shard__in=list(matches.shards), policy__deleted_at=None)
    rows = rows.exclude(policy=policy) if policy else rows
    matched, under = {node.key for node in matches.nodes}, dict[str, list[int]]()
    for name, key in rows.values_list("policy__name", "node_id"):
        if key in matched:
            under.setdefault(name, []).append(key)
    for name, keys in under.items():
        yield Found(Doubt(DoubtKind.OTHER_POLICY, len(keys), name), tuple(keys))


def _other_scanners(matches: Matches) -> Iterator[Found]:
    """One doubt for each kind and name of association, whichever account-Regions it stands in."""
    nodes_of = dict[int, list[Matched]]()
    for node in matches.nodes:
        nodes_of.setdefault(node.shard_id, []).append(node)
    reached, grouped = dict[tuple[DoubtKind, str], set[int]](), dict[str, list[Shard]]()
    for scanner in OtherScanner.objects.filter(shard__in=list(nodes_of)):
        reach = scanner.reach
        if is_told_by_aws(reach):
            grouped.setdefault(str(scanner), []).append(matches.shards[scanner.shard_id])
            continue
        keys = {node.key for node in nodes_of[scanner.shard_id] if reaches(reach, node.instance_id, node.tags)}
        if keys:
            reached.setdefault((DOUBT_OF[kind_of(scanner.name, scanner.document)], str(scanner)), set()).update(keys)
    for (kind, name), keys in reached.items():
        yield Found(Doubt(kind, len(keys), name), tuple(sorted(keys)))
    for name, shards in grouped.items():
        yield Found(Doubt(DoubtKind.GROUP_SCANNER, len(shards), name), shards=tuple(shards))


def _about_nodes(nodes: tuple[Matched, ...]) -> Iterator[Found]:
    denied = set(NodePolicy.objects.filter(exit_code__in=ACCESS_CODES).values_list("node_id", flat=True))
    by_kind = {
        DoubtKind.NO_ACCESS: [n.key for n in nodes if n.key in denied],
        DoubtKind.NO_ROLE: [n.key for n in nodes if n.instance_id.startswith(HYBRID) and not n.role],
        DoubtKind.OFFLINE: [n.key for n in nodes if n.ping_status != CONNECTED],
        DoubtKind.NO_SYSTEM: [n.key for n in nodes if not n.operating_system],
        DoubtKind.COMMAND: [n.key for n in nodes if n.scanned_by == ScannerKind.COMMAND],
    }
    return (Found(Doubt(kind, len(keys)), tuple(keys)) for kind, keys in by_kind.items() if keys)


def _about_readings(shards: Iterable[Shard]) -> Iterator[Found]:
    unread: dict[DoubtKind, list[Shard]] = {}
    for shard in shards:
        kind = UNREAD.get(ShardStatus(shard.status)) if shard.observed_at else DoubtKind.NEVER_READ
        if kind:
            unread.setdefault(kind, []).append(shard)
    for kind, found in unread.items():
        yield Found(Doubt(kind, len(found)), shards=tuple(found))
