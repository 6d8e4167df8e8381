"""Answers the search box: where an id in a log comes from, and what there is by an id or a name.

The baseline id that a policy's run logs is random and resolves to nothing in AWS. The ledger keeps it with the result
that it was reported in, and so knows policy, run and file version, whose choices name the baseline.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from operator import or_
from typing import NamedTuple

from django.db.models import Count, F, Q, QuerySet
from django.db.models.functions import Right

from policies.domain.scanners import ScannerKind, kind_of
from policies.domain.search import Wanted
from policies.domain.spec import BaselineChoice
from policies.models import Account, AssociationState, Node, OtherScanner, Policy, Run, RunOrder, Scan
from policies.models.ledger import BASELINE_ID
from policies.observe.filters import search_where
from policies.observe.lineage import Lineage, find_lineages, tail_of

MOST = 50
RUN_IDS = ("execution_id", "command_id", "association_id")


@dataclass(frozen=True)
class Trace:
    """A result that an id in the text names, and the baseline that its node was judged by, where that is known."""

    scan: Scan
    baseline: BaselineChoice | None


class Standing(NamedTuple):
    """Another scanner, and in how many account-Regions it stands."""

    name: str
    document: str
    places: int

    @property
    def kind(self) -> ScannerKind:
        return kind_of(self.name, self.document)


@dataclass(frozen=True)
class Found:
    """What a search text names, each at most MOST times.

    `associations`: those of traces and runs that still stand, by their ids; `named`: those that the text names itself.
    `orders`: runs at once whose commands the text names.
    """

    traces: tuple[Trace, ...]
    runs: tuple[Run, ...]
    associations: Mapping[str, AssociationState]
    named: tuple[AssociationState, ...]
    orders: tuple[RunOrder, ...]
    baselines: tuple[Lineage, ...]
    scanners: tuple[Standing, ...]
    nodes: tuple[Node, ...]
    policies: tuple[Policy, ...]
    accounts: tuple[Account, ...]

    @property
    def is_empty(self) -> bool:
        return not any(self._lists)

    @property
    def is_cut(self) -> bool:
        """Whether there may be more of a kind than is told."""
        return any(len(each) == MOST for each in self._lists)

    @property
    def _lists(self) -> tuple[Sequence[object], ...]:
        return (
            self.traces, self.runs, self.named, self.orders, self.baselines, self.scanners, self.nodes, self.policies,
            self.accounts,
        )  # fmt: skip


def find(wanted: Wanted) -> Found:
    """Everything that the portal knows by these ids; where that is nothing, by the words as a name or a part of one."""
    found = _find(replace(wanted, words=""))
    return _find(Wanted(words=wanted.words)) if found.is_empty and wanted.words else found


def _find(wanted: Wanted) -> Found:
    traces = tuple(Trace(scan, _baseline_of(scan)) for scan in _scans(wanted)[:MOST])
    runs = tuple(_runs(wanted)[:MOST])
    associations = _associations(wanted, [*runs, *(trace.scan.run for trace in traces if trace.scan.run)])
    return Found(
        traces=traces,
        runs=runs,
        associations=associations,
        named=tuple(row for row in associations.values() if row.association_id in wanted.runs),
        orders=tuple(_orders(wanted)[:MOST]),
        baselines=find_lineages(wanted.baselines, wanted.words, MOST),
        scanners=_scanners(wanted),
        nodes=tuple(_nodes(wanted)[:MOST]),
        policies=tuple(_policies(wanted)[:MOST]),
        accounts=tuple(_accounts(wanted)[:MOST]),
    )


def _scans(wanted: Wanted) -> QuerySet[Scan]:
    """Results by baseline id; by an execution's or snapshot's id only of the nodes that the text names, if it does."""
    named = Q(snapshot_id__in=wanted.runs) | Q(execution_id__in=wanted.runs)
    if wanted.nodes:
        named &= Q(node__instance_id__in=wanted.nodes)
    found = Scan.objects.alias(judged_by=Right("baseline_id", BASELINE_ID))
    found = found.filter(Q(judged_by__in=[tail_of(each) for each in wanted.baselines]) | named)
    return found.select_related("node__shard__account", "policy", "run__policy", "version")


def _baseline_of(scan: Scan) -> BaselineChoice | None:
    """What the version's file was made from; versions older than that record stand by the policy's present choices."""
    if scan.version is None or scan.policy is None:
        return None
    kept = tuple(BaselineChoice(**choice) for choice in scan.version.baselines)
    choices = kept or scan.policy.asked.baselines
    return next((each for each in choices if each.operating_system == scan.node.operating_system), None)


def _runs(wanted: Wanted) -> QuerySet[Run]:
    if not wanted.runs:
        return Run.objects.none()
    named = reduce(or_, (Q(**{f"{name}__in": wanted.runs}) for name in RUN_IDS))
    return Run.objects.filter(named).select_related("policy", "shard__account")


def _associations(wanted: Wanted, runs: Iterable[Run]) -> dict[str, AssociationState]:
    """Those that still stand, of the text and of the runs: a run without leads nowhere."""
    ids = {*wanted.runs, *(run.association_id for run in runs)}
    rows = AssociationState.objects.filter(association_id__in=ids).select_related("policy", "shard__account")
    return {row.association_id: row for row in rows}


def _orders(wanted: Wanted) -> QuerySet[RunOrder]:
    return RunOrder.objects.filter(parts__command_id__in=wanted.runs).select_related("policy").distinct()


def _scanners(wanted: Wanted) -> tuple[Standing, ...]:
    named = Q(association_id__in=[*wanted.runs, *wanted.windows])
    if wanted.words:
        named |= Q(name__icontains=wanted.words)
    rows = OtherScanner.objects.filter(named).order_by("name").values_list("name", "document")
    return tuple(Standing(*row) for row in rows.annotate(Count("pk"))[:MOST])


def _nodes(wanted: Wanted) -> QuerySet[Node]:
    named = Q(instance_id__in=wanted.nodes)
    if wanted.words:
        named |= search_where(wanted.words)
    return Node.objects.filter(named).select_related("shard__account")


def _policies(wanted: Wanted) -> QuerySet[Policy]:
    """Deleted ones too, after the others: what they did is still asked for."""
    named = Q(configuration_id__in=wanted.configurations) | Q(spec__logs__bucket__in=wanted.buckets)
    if wanted.words:
        named |= Q(name__icontains=wanted.words) | Q(configuration_id=wanted.words.lower())
        named |= Q(spec__logs__bucket__icontains=wanted.words)
    return Policy.objects.filter(named).order_by(F("deleted_at").desc(nulls_first=True), "name")


def _accounts(wanted: Wanted) -> QuerySet[Account]:
    named = Q(account_id__in=wanted.accounts)
    if wanted.words:
        named |= Q(name__icontains=wanted.words)
    return Account.objects.filter(named)
