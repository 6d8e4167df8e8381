"""Parts of the fleet beside one another: nodes by unit, account, Region, operating system, policy, or by any tag."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.db.models import Count, F, Q, QuerySet
from django.db.models.fields.json import KeyTextTransform

from policies.domain.baselines import OPERATING_SYSTEMS
from policies.domain.status import LACKING, Findings
from policies.models import Account, Node, Policy
from policies.observe.filters import SEVERITIES, NodeFilter, findings_where, scanned_where

MOST_GROUPS = 2_000
"""Groups that are compared at most, the largest: a tag may have another value on every node."""


class By(StrEnum):
    """What the nodes of a group have in common. All but the tag are fields of a filter, too."""

    UNIT = "unit"
    ACCOUNT = "account"
    REGION = "region"
    SYSTEM = "operating_system"
    POLICY = "policy"
    TAG = "tag"


COLUMNS: Mapping[By, str] = {
    By.UNIT: "shard__account__unit_path",
    By.ACCOUNT: "shard__account_id",
    By.REGION: "shard__region",
    By.SYSTEM: "operating_system",
    By.POLICY: "policies__policy__configuration_id",
}


@dataclass(frozen=True)
class Group:
    """Nodes that have something in common: its `key`, "" where they lack it, and its `name` where there is another.

    `query` leads to their list, "" where no filter can say it. `lacks`: nodes with at least one missing patch of a
    severity; `recent`: those scanned within a day.
    """

    key: str
    name: str
    query: str
    nodes: int
    findings: Mapping[Findings, int]
    lacks: Mapping[str, int]
    recent: int

    @property
    def wanting(self) -> int:
        """Nodes about which something has to be done."""
        return sum(self.findings[each] for each in LACKING)

    @property
    def percent(self) -> float:
        """How many of a hundred nodes those are."""
        return 100 * self.wanting / self.nodes


SORTS: Mapping[str, Callable[[Group], Any]] = {
    "wanting": lambda group: group.wanting,
    "percent": lambda group: group.percent,
    "nodes": lambda group: group.nodes,
    "name": lambda group: (group.name or group.key).casefold(),
}


def compare(wanted: NodeFilter, by: By, tag_key: str, as_of: datetime) -> list[Group]:
    """The groups of the nodes that the filter leaves, the largest first; ages of scans as of a moment of AWS's clock.

    A unit has the nodes of the units below it, a policy those that are under others as well: a node may count in
    several groups.
    """
    names = dict(_names(by))
    told: dict[str, Counter[str]] = defaultdict(Counter)
    for key, counts in _count(wanted.apply(Node.objects.living(), as_of), by, tag_key, as_of):
        for place in _units(key, wanted.unit) if by is By.UNIT else (key,):
            told[place].update(counts)
    groups = [_group(key, names.get(key, ""), _query(wanted, by, tag_key, key), each) for key, each in told.items()]
    return sorted(groups, key=lambda group: (-group.nodes, group.key))[:MOST_GROUPS]


def _units(path: str, top: str) -> list[str]:
    """The units of a path, from the one on that the filter names."""
    units = path.split("/")
    return units[units.index(top) :] if top in units else units


def _count(nodes: QuerySet[Node], by: By, tag_key: str, as_of: datetime) -> Iterator[tuple[str, dict[str, int]]]:
    where = {str(findings): findings_where(findings) for findings in Findings}
    where |= {name: Q(**{f"compliance__{name}__gt": 0}) for name in SEVERITIES}
    where |= {"recent": scanned_where("day", as_of)}
    counts = {f"{name}_": Count("pk", filter=one) for name, one in where.items()}
    column = KeyTextTransform(tag_key, "tags") if by is By.TAG else F(COLUMNS[by])
    rows = nodes.order_by().values(group=column).annotate(nodes_=Count("pk"), **counts).order_by("-nodes_")
    for row in rows[:MOST_GROUPS]:
        yield row.pop("group") or "", row


def _names(by: By) -> Iterator[tuple[str, str]]:
    """What people call the keys, where that is something else."""
    match by:
        case By.ACCOUNT:
            yield from Account.objects.values_list("account_id", "name")
        case By.POLICY:
            yield from Policy.objects.values_list("configuration_id", "name")
        case By.SYSTEM:
            yield from OPERATING_SYSTEMS.items()


def _group(key: str, name: str, query: str, counts: Mapping[str, int]) -> Group:
    findings = {each: counts[f"{each}_"] for each in Findings}
    lacks = {severity: counts[f"{severity}_"] for severity in SEVERITIES}
    return Group(key, name, query, counts["nodes_"], findings, lacks, counts["recent_"])


def _query(wanted: NodeFilter, by: By, tag_key: str, key: str) -> str:
    """What leaves a group's nodes alone; "" where the filter says something else of the same field already."""
    changes = _changes(wanted, by, tag_key, key)
    clashes = [name for name in ("tag", "cover", "beside") if getattr(wanted, name) not in ("", changes.get(name))]
    return wanted.query(**changes) if changes and not set(clashes) & set(changes) else ""


def _changes(wanted: NodeFilter, by: By, tag_key: str, key: str) -> dict[str, str]:
    """Of the filter."""
    if by is By.TAG:
        return {"tag": f"{tag_key}={key}" if key else f"!{tag_key}"}
    if by is By.POLICY and not key:
        return {"cover": "none"}
    if by is By.POLICY and wanted.policy not in ("", key):
        return {"beside": key}
    return {str(by): key} if key else {}
