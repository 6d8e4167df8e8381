"""Counts the fleet for the dashboard, once for each part that a filter can name, and keeps each day's numbers.

A worker counts after readings (`tally_fleet`); pages read what was counted. What no tally holds, such as two filters at
once or a fleet that was not counted yet, is counted from the nodes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date, datetime
from typing import Any, cast

from django.db import transaction
from django.db.models import Count, Max, Q, QuerySet, Sum

from policies.domain.status import Findings, PolicyStatus
from policies.models import Account, Node, NodePolicy, Part, Shard, Tally
from policies.observe.filters import (
    AGES,
    MISSING_FOR,
    SEVERITIES,
    NodeFilter,
    cover_where,
    findings_where,
    in_unit,
    missing_for_where,
    scanned_where,
)

DAYS_KEPT = 90
BATCH = 500
COLUMNS = {
    Part.ACCOUNT: "shard__account_id",
    Part.UNIT: "shard__account__unit_id",
    Part.REGION: "shard__region",
    Part.SYSTEM: "operating_system",
}
FEW = (Part.UNIT, Part.REGION, Part.SYSTEM)
"""Parts that are few enough to choose from a list."""
STATUS_COUNTS = {f"{status}_": Count("pk", filter=Q(status=status)) for status in PolicyStatus}


@dataclass(frozen=True)
class Numbers:
    """What the dashboard tells of some nodes; Tally says what each means."""

    nodes: int = 0
    day: int = 0
    week: int = 0
    longer: int = 0
    never: int = 0
    uncovered: int = 0
    several: int = 0
    up_to_date: int = 0
    missing: int = 0
    pending_reboot: int = 0
    failed: int = 0
    never_scanned: int = 0
    compliant: int = 0
    non_compliant: int = 0
    pending: int = 0
    critical: int = 0
    security: int = 0
    other: int = 0
    missing_7: int = 0
    missing_14: int = 0
    missing_30: int = 0
    missing_60: int = 0
    missing_90: int = 0
    missing_longer: int = 0
    missing_patches: int = 0

    @property
    def findings(self) -> dict[Findings, int]:
        """Nodes by findings, zeros included."""
        return {findings: getattr(self, findings) for findings in Findings}

    @property
    def statuses(self) -> dict[PolicyStatus, int]:
        """Pairs of node and policy by status, zeros included."""
        return {status: getattr(self, status) for status in PolicyStatus}

    @property
    def wanting(self) -> int:
        """Nodes that lack something."""
        return self.missing + self.pending_reboot + self.failed


Day = tuple[date, Numbers]
NAMES = tuple(field.name for field in fields(Numbers))


def tally_fleet() -> bool:
    """Count each part of the fleet for the day of the newest reading; False when none was stored since the last count.

    Counting twice changes nothing. Readings are numbered, for AWS's moment of one that is stored late may be older than
    the last count's; one that is stored while this counts has the next call count again.
    """
    told = Shard.objects.aggregate(as_of=Max("observed_at"), readings=Sum("readings"))
    read, last = told["as_of"], newest()
    if read is None or (last is not None and last.as_of >= read and last.readings == told["readings"]):
        return False
    parts = {part: _count_part(part, read) for part in [*COLUMNS, Part.POLICY]}
    whole = _row(Part.ALL, "", read, count_nodes(Node.objects.living(), read))
    whole.readings = told["readings"]
    whole.keys = {part: sorted(parts[part]) for part in FEW} | {"counts": _count_keys(parts)}
    rows = [_row(part, key, read, numbers) for part, keys in parts.items() for key, numbers in keys.items()]
    with transaction.atomic():
        Shard.objects.select_for_update().order_by("pk").first()  # of two counts at once, one writes after the other
        Tally.objects.filter(on=read.date()).delete()
        Tally.objects.bulk_create([whole, *rows], batch_size=BATCH)
    return True


def _count_keys(parts: Mapping[Part, Mapping[str, Numbers]]) -> dict[str, dict[str, int]]:
    """Nodes by key for each of FEW, a unit's with those of the units below it."""
    counts = {part: {key: told.nodes for key, told in parts[part].items()} for part in FEW}
    known = Account.objects.filter(unit_id__in=parts[Part.UNIT]).order_by()
    places = known.values_list("unit_id", "unit_path").distinct()
    counts[Part.UNIT] = {
        unit: sum(parts[Part.UNIT][below].nodes for below, path in places if unit in path.split("/"))
        for unit in parts[Part.UNIT]
    }
    return {str(part): told for part, told in counts.items()}


def newest() -> Tally | None:
    """The newest count of the whole fleet: when it was made, and its keys; its numbers are read when they are asked."""
    return Tally.objects.filter(part=Part.ALL).only("on", "as_of", "keys").order_by("-on").first()


def read_numbers(wanted: NodeFilter, last: Tally | None, as_of: datetime, days: Sequence[Day]) -> Numbers:
    """Of the nodes that the filter leaves: as `last` counted them, or counted now when no tally holds them.

    `days` are those of read_trend; a part that is not in the newest count has no nodes.
    """
    if last is None or wanted.part is None:
        return count_nodes(wanted.apply(Node.objects.living(), as_of), as_of, wanted.policy)
    return days[-1][1] if days and days[-1][0] == last.on else Numbers()


def count_list(wanted: NodeFilter, last: Tally | None) -> int | None:
    """How many nodes the filter leaves, as `last` counted them; None for what no tally holds."""
    name, rest = _number_of(wanted)
    if last is None or rest.part is None or not name:
        return None
    known: int | None = last.keys.get("counts", {}).get(rest.part, {}).get(getattr(wanted, rest.part, ""))
    if name == "nodes" and known is not None:
        return known
    counted: Iterable[int] = _days(rest).filter(on=last.on).order_by().values_list(name, flat=True)
    return sum(counted)


def _number_of(wanted: NodeFilter) -> tuple[str, NodeFilter]:
    """Which of Numbers counts the nodes that the filter leaves, and what is left of the filter; "" for none of them."""
    asked = [name for name in ("findings", "severity", "missing_for", "scanned", "cover") if getattr(wanted, name)]
    if not asked:
        return "nodes", wanted
    value = getattr(wanted, asked[0])
    name = f"missing_{value}" if asked[0] == "missing_for" else {"none": "uncovered"}.get(value, value)
    return name if len(asked) == 1 and name in NAMES else "", replace(wanted, **{asked[0]: ""})


def read_trend(wanted: NodeFilter) -> list[Day]:
    """The days that were counted, the oldest first; empty for a filter that no tally holds."""
    if wanted.part is None:
        return []
    sums: dict[str, Any] = {f"{name}_": Sum(name) for name in NAMES}
    days = cast("Iterable[dict[str, Any]]", _days(wanted).order_by("on").values("on").annotate(**sums))
    return [(day["on"], _numbers(day)) for day in days]


def keys_of(last: Tally | None) -> dict[str, list[str]]:
    """Units, Regions and operating systems of nodes, each sorted; from the nodes while nothing is counted."""
    if last is not None:
        return {part: last.keys.get(part, []) for part in FEW}
    return {part: sorted(set(Node.objects.living().values_list(COLUMNS[part], flat=True)) - {""}) for part in FEW}


def _days(wanted: NodeFilter) -> QuerySet[Tally]:
    """The tallies of what a filter names; a unit's with those of all units below it."""
    if wanted.part is Part.UNIT:
        return Tally.objects.filter(
            part=Part.UNIT, key__in=Account.objects.filter(in_unit(wanted.unit)).values("unit_id")
        )
    key = "" if wanted.part in (None, Part.ALL) else getattr(wanted, wanted.part)
    return Tally.objects.filter(part=wanted.part, key=key)


def count_nodes(nodes: QuerySet[Node], as_of: datetime, policy: str = "") -> Numbers:
    """The numbers of these nodes, from their rows; of one policy, only its own statuses."""
    under = NodePolicy.objects.filter(node__in=nodes.order_by().values("pk"))
    if policy:
        under = under.filter(policy__configuration_id=policy)
    return _numbers(nodes.aggregate(**_node_counts(as_of)) | under.aggregate(**STATUS_COUNTS))


def _count_part(part: Part, as_of: datetime) -> dict[str, Numbers]:
    """The numbers for each key of a part that is not the whole."""
    nodes, under = Node.objects.living().order_by(), NodePolicy.objects.living().order_by()
    column = COLUMNS.get(part, "policies__policy__configuration_id")
    of_pairs = f"node__{COLUMNS[part]}" if part in COLUMNS else "policy__configuration_id"
    told: dict[str, dict[str, Any]] = {}
    for row in nodes.values(column).annotate(**_node_counts(as_of)):
        told[row[column] or ""] = dict(row)
    for row in under.values(of_pairs).annotate(**STATUS_COUNTS):
        told.setdefault(row[of_pairs] or "", {}).update(row)  # a reading may have stored the first node in between
    return {key: _numbers(counts) for key, counts in told.items() if key}


def _row(part: Part, key: str, as_of: datetime, told: Numbers) -> Tally:
    return Tally(on=as_of.date(), part=part, key=key, as_of=as_of, **{name: getattr(told, name) for name in NAMES})


def _node_counts(as_of: datetime) -> dict[str, Any]:
    """The aggregates over nodes. Their names end in an underscore, since some are names of columns too."""
    where = {age: scanned_where(age, as_of) for age in AGES}
    where |= {findings: findings_where(findings) for findings in Findings}
    where |= {name: Q(**{f"compliance__{name}__gt": 0}) for name in SEVERITIES}
    where |= {f"missing_{days}": missing_for_where(days, as_of) for days in MISSING_FOR}
    where |= {"uncovered": cover_where("none"), "several": cover_where("several")}
    counts: dict[str, Any] = {f"{name}_": Count("pk", filter=one) for name, one in where.items()}
    return {**counts, "nodes_": Count("pk"), "missing_patches_": Sum("compliance__missing")}


def _numbers(told: Mapping[str, Any]) -> Numbers:
    return Numbers(**{name: told.get(f"{name}_") or 0 for name in NAMES})
