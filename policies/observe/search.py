"""Answers the search box: where an id in a log comes from, and baselines, nodes, accounts and policies by id or name.

The baseline id that a policy's run logs is random and resolves to nothing in AWS. The ledger keeps it with the result
that it was reported in, and so knows policy, run and file version, whose choices name the baseline.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import reduce
from operator import or_

from django.db.models import Q, QuerySet
from django.db.models.functions import Right

from policies.domain.search import Wanted
from policies.domain.spec import BaselineChoice
from policies.models import Account, AssociationState, Node, Policy, Run, Scan
from policies.models.ledger import BASELINE_ID

MOST = 50
RUN_IDS = ("execution_id", "command_id", "association_id")


@dataclass(frozen=True)
class Trace:
    """A result that an id in the text names, and the baseline that its node was judged by, where that is known."""

    scan: Scan
    baseline: BaselineChoice | None


@dataclass(frozen=True)
class Chosen:
    """A baseline, and the living policies that choose it."""

    baseline: BaselineChoice
    policies: tuple[Policy, ...]


@dataclass(frozen=True)
class Found:
    """What a search text names, each at most MOST times. `associations` are those of the runs, by their ids."""

    traces: tuple[Trace, ...]
    runs: tuple[Run, ...]
    associations: Mapping[str, AssociationState]
    baselines: tuple[Chosen, ...]
    nodes: tuple[Node, ...]
    policies: tuple[Policy, ...]
    accounts: tuple[Account, ...]

    @property
    def is_empty(self) -> bool:
        return not (self.traces or self.runs or self.baselines or self.nodes or self.policies or self.accounts)


def find(wanted: Wanted) -> Found:
    """Everything that the portal knows by these ids or words."""
    traces = tuple(Trace(scan, _baseline_of(scan)) for scan in _scans(wanted)[:MOST])
    runs = tuple(_runs(wanted)[:MOST])
    return Found(
        traces=traces,
        runs=runs,
        associations=_associations([*runs, *(trace.scan.run for trace in traces if trace.scan.run)]),
        baselines=tuple(_baselines(wanted)[:MOST]),
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
    found = found.filter(Q(judged_by__in=[_tail(each) for each in wanted.baselines]) | named)
    return found.select_related("node__shard__account", "policy", "run__policy", "version")


def _tail(baseline_id: str) -> str:
    """What an id and the ARN that ends with it have in common."""
    return baseline_id[-BASELINE_ID:]


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


def _associations(runs: Iterable[Run]) -> dict[str, AssociationState]:
    """Those of the runs' associations that still stand: a run without leads nowhere."""
    ids = {run.association_id for run in runs}
    return {row.association_id: row for row in AssociationState.objects.filter(association_id__in=ids)}


def _baselines(wanted: Wanted) -> list[Chosen]:
    """Baselines that policies choose, by id or a part of the name; policies are few (hundreds)."""
    if not (wanted.words or wanted.baselines):
        return []
    ids, words = {_tail(each) for each in wanted.baselines}, wanted.words.casefold()
    found: dict[BaselineChoice, list[Policy]] = {}
    for policy in Policy.objects.living():
        for choice in policy.asked.baselines:
            if _tail(choice.baseline_id) in ids or (words and words in choice.name.casefold()):
                found.setdefault(choice, []).append(policy)
    return [Chosen(choice, tuple(policies)) for choice, policies in found.items()]


def _nodes(wanted: Wanted) -> QuerySet[Node]:
    named = Q(instance_id__in=wanted.nodes)
    if wanted.words:
        named |= Q(name__icontains=wanted.words) | Q(instance_id__icontains=wanted.words)
    return Node.objects.filter(named).select_related("shard__account")


def _policies(wanted: Wanted) -> QuerySet[Policy]:
    named = Q(configuration_id__in=wanted.configurations)
    if wanted.words:
        named |= Q(name__icontains=wanted.words) | Q(configuration_id=wanted.words)
    return Policy.objects.living().filter(named)


def _accounts(wanted: Wanted) -> QuerySet[Account]:
    named = Q(account_id__in=wanted.accounts)
    if wanted.words:
        named |= Q(name__icontains=wanted.words)
    return Account.objects.filter(named)
