"""Where a patch baseline is or was at work: policies that choose it, files made from it, others that scan by it.

A baseline outlives its policies: a result that is months old may have been judged by one that nobody chooses any more.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby, pairwise
from typing import Any

from django.db.models import Count, Max
from django.db.models.functions import Right

from policies.domain.scanners import ScannerKind
from policies.domain.search import fold
from policies.domain.spec import BaselineChoice
from policies.models import NodeCompliance, OverrideVersion, Policy
from policies.models.ledger import BASELINE_ID
from policies.observe.filters import scanner_value

Choices = tuple[BaselineChoice, ...]


@dataclass(frozen=True)
class Stay:
    """Versions of a policy's file in a row that were made from a baseline; `until` is None while one is in force."""

    policy: Policy
    newest: OverrideVersion
    versions: int
    since: datetime
    until: datetime | None


@dataclass(frozen=True)
class Use:
    """A scanner that is no policy of ours: by this baseline it made the newest result of so many nodes."""

    kind: ScannerKind
    name: str
    nodes: int
    at: datetime

    @property
    def sought(self) -> str:
        """Itself as the value of NodeFilter.scanner."""
        return scanner_value(self.kind, self.name)


@dataclass(frozen=True)
class Lineage:
    """A baseline, as it was last chosen (None: never by a policy), and where it is or was at work."""

    baseline_id: str
    choice: BaselineChoice | None
    policies: tuple[Policy, ...]
    stays: tuple[Stay, ...]
    uses: tuple[Use, ...]


def tail_of(baseline_id: str) -> str:
    """What an id and the ARN that ends with it have in common."""
    return baseline_id[-BASELINE_ID:]


def find_lineages(ids: Collection[str], words: str, most: int) -> tuple[Lineage, ...]:
    """Of the baselines with these ids, or with these words in name or id; at most so many. At most four queries."""
    tails, folded = {tail_of(each) for each in ids}, fold(words)
    if not (tails or folded):
        return ()
    policies, files = list(Policy.objects.living()), _files()
    chosen = _choices(policies, files)
    named = [tail for tail, each in chosen.items() if folded and folded in fold(f"{each.name} {each.baseline_id}")]
    wanted = [*named, *sorted(tails - set(named))][:most]
    if not wanted:
        return ()
    stays, uses = _stays(wanted, files), _uses(wanted)
    return tuple(
        Lineage(
            chosen[tail].baseline_id if tail in chosen else tail,
            chosen.get(tail),
            tuple(policy for policy in policies if tail in _tails(policy.asked.baselines)),
            stays[tail],
            uses.get(tail, ()),
        )
        for tail in wanted
        if tail in chosen or tail in uses
    )


def _files() -> list[tuple[int, Choices]]:
    """What files were made from: each policy's id with each of its choices, once."""
    told = OverrideVersion.objects.order_by().values_list("policy", "baselines").distinct()
    return [(policy, _read(baselines)) for policy, baselines in told]


def _choices(policies: Iterable[Policy], files: Iterable[tuple[int, Choices]]) -> dict[str, BaselineChoice]:
    """Every baseline that is or was chosen, by the tail of its id: as a policy calls it now, else as a file did."""
    then = [choice for _, choices in files for choice in choices]
    now = [choice for policy in policies for choice in policy.asked.baselines]
    return {tail_of(choice.baseline_id): choice for choice in (*then, *now)}


def _read(baselines: Iterable[Mapping[str, Any]]) -> Choices:
    return tuple(BaselineChoice(**choice) for choice in baselines)


def _tails(choices: Iterable[BaselineChoice]) -> set[str]:
    return {tail_of(choice.baseline_id) for choice in choices}


def _stays(wanted: Sequence[str], files: Iterable[tuple[int, Choices]]) -> dict[str, tuple[Stay, ...]]:
    """By the tail of the baseline's id; policy by policy, the oldest first."""
    concerned = {policy for policy, choices in files if not _tails(choices).isdisjoint(wanted)}
    versions = OverrideVersion.objects.filter(policy__in=concerned).order_by("policy", "written_at", "pk")
    found: dict[str, list[Stay]] = {tail: [] for tail in wanted}
    for _, of_policy in groupby(versions.select_related("policy").defer("body"), lambda version: version.policy_id):
        told = [(version, _tails(_read(version.baselines))) for version in of_policy]
        for tail, stays in found.items():
            stays.extend(_stays_in(tail, told))
    return {tail: tuple(stays) for tail, stays in found.items()}


def _stays_in(tail: str, told: list[tuple[OverrideVersion, set[str]]]) -> Iterator[Stay]:
    """Of one baseline in one policy's file."""
    runs = [(has, [version for version, _ in run]) for has, run in groupby(told, lambda pair: tail in pair[1])]
    for (has, run), (_, later) in pairwise([*runs, (False, [])]):
        if has:
            until = _began(later[0]) if later else run[0].policy.deleted_at
            yield Stay(run[0].policy, run[-1], len(run), _began(run[0]), until)


def _began(version: OverrideVersion) -> datetime:
    return version.live_at or version.written_at


def _uses(wanted: Collection[str]) -> dict[str, tuple[Use, ...]]:
    """By the tail of the baseline's id; the scanner of the most nodes first."""
    living = {"node__gone_at": None, "node__shard__account__is_active": True}
    results = NodeCompliance.objects.filter(**living, scan__isnull=False)
    results = results.exclude(scan__source=ScannerKind.POLICY).annotate(judged_by=Right("baseline_id", BASELINE_ID))
    rows = results.filter(judged_by__in=wanted).order_by().values_list("judged_by", "scan__source", "scan__scanner")
    found: dict[str, list[Use]] = {}
    for tail, kind, name, nodes, at in rows.annotate(n=Count("pk"), at=Max("scanned_at")).order_by("-n"):
        found.setdefault(tail, []).append(Use(ScannerKind(kind), name, nodes, at))
    return {tail: tuple(uses) for tail, uses in found.items()}
