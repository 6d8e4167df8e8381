"""Parts of the fleet beside one another: nodes by unit, account, Region, operating system, policy, or by any tag."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, cast

from django.db.models import Count, F, Q, QuerySet

from policies.domain.baselines import OPERATING_SYSTEMS
from policies.domain.status import LACKING, Findings
from policies.models import Account, Node, OrganizationalUnit, Policy
from policies.models.tags import TagValue
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


COUNTED = ("nodes", "recent", *(str(each) for each in Findings), *SEVERITIES)


@dataclass(frozen=True)
class Group:
    """Nodes that have something in common: its `key`, None where they lack it, and its `name` where there is another.

    `query` leads to their list, "" where no filter can say it. `counts`, by the names in COUNTED: all of them, those
    scanned within a day, by findings, and those with at least one missing patch of a severity.
    """

    key: str | None
    name: str
    query: str
    counts: Mapping[str, int]

    @property
    def nodes(self) -> int:
        """All of them."""
        return self.counts["nodes"]

    @property
    def findings(self) -> dict[Findings, int]:
        """Nodes by what their newest scan found."""
        return {each: self.counts[each] for each in Findings}

    @property
    def wanting(self) -> int:
        """Nodes about which something has to be done."""
        return sum(self.counts[each] for each in LACKING)

    @property
    def percent(self) -> float:
        """How many of a hundred nodes those are."""
        return 100 * self.wanting / self.nodes


SORTS: Mapping[str, Callable[[Group], Any]] = {
    "wanting": lambda group: group.wanting,
    "percent": lambda group: group.percent,
    "nodes": lambda group: group.nodes,
    "name": lambda group: (group.name or group.key or "").casefold(),
}


def compare(wanted: NodeFilter, by: By, tag_key: str, as_of: datetime) -> list[Group]:
    """The groups of the nodes that the filter leaves, the largest first; ages of scans as of a moment of AWS's clock.

    A unit has the nodes of the units below it, a policy those that are under others as well: a node may count in
    several groups.
    """
    names = dict(_names(by))
    told: dict[str | None, Counter[str]] = defaultdict(Counter)
    for key, counts in _count(wanted.apply(Node.objects.living(), as_of), by, tag_key, as_of):
        for place in _units(key, wanted.unit) if key and by is By.UNIT else (key,):
            told[place].update(counts)
    groups = [
        Group(key, names.get(key or "", ""), _query(wanted, by, tag_key, key), counts) for key, counts in told.items()
    ]
    return sorted(groups, key=lambda group: (-group.nodes, group.key or ""))[:MOST_GROUPS]


def _units(path: str, top: str) -> list[str]:
    """The units of a path, from the one on that the filter names."""
    units = path.split("/")
    return units[units.index(top) :] if top in units else units


def _count(nodes: QuerySet[Node], by: By, tag_key: str, as_of: datetime) -> Iterator[tuple[str | None, Counter[str]]]:
    """Each key with its counts. The names of aggregates end in an underscore, since some are names of columns too."""
    where = {"nodes": Q(), "recent": scanned_where("day", as_of)}
    where |= {str(findings): findings_where(findings) for findings in Findings}
    where |= {name: Q(**{f"compliance__{name}__gt": 0}) for name in SEVERITIES}
    counts = {f"{name}_": Count("pk", filter=one) for name, one in where.items()}
    column = TagValue(tag_key) if by is By.TAG else F(COLUMNS[by])
    rows = nodes.order_by().values(group=column).annotate(**counts).order_by(F("nodes_").desc())[:MOST_GROUPS]
    for row in cast("Iterable[dict[str, Any]]", rows):
        key = row["group"] if by is By.TAG else row["group"] or None  # a tag may be empty
        yield key, Counter({name: row[f"{name}_"] for name in COUNTED})


def _names(by: By) -> Iterator[tuple[str, str]]:
    """What people call the keys, where that is something else."""
    match by:
        case By.UNIT:
            yield from OrganizationalUnit.objects.labels().items()
        case By.ACCOUNT:
            yield from Account.objects.values_list("account_id", "name")
        case By.POLICY:
            yield from Policy.objects.values_list("configuration_id", "name")
        case By.SYSTEM:
            yield from OPERATING_SYSTEMS.items()


def _query(wanted: NodeFilter, by: By, tag_key: str, key: str | None) -> str:
    """What leaves a group's nodes alone; "" where the filter says something else of the same field already."""
    changes = _changes(wanted, by, tag_key, key)
    given = {name: getattr(wanted, name) for name in changes if name in ("tag", "cover", "beside")}
    clashes = any(value not in ("", changes[name]) for name, value in given.items())
    return wanted.query(**changes) if changes and not clashes else ""


def _changes(wanted: NodeFilter, by: By, tag_key: str, key: str | None) -> dict[str, str]:
    """Of the filter."""
    if by is By.TAG:
        return {"tag": f"!{tag_key}" if key is None else f"{tag_key}={key}"}
    if by is By.POLICY and key is None:
        return {"cover": "none"}
    if key is None:
        return {}
    return {"beside": key} if by is By.POLICY and wanted.policy not in ("", key) else {str(by): key}
