"""Reads one account-Region from AWS: everything that the rows of a shard are made from, and nothing is written.

A reading costs at most 3 x ceil(n/50) + 4 calls. Nodes, patch states and associations are always read; who wrote the
states when one is new, tags when a node is new or they are old, a policy's results when its association ran, what an
association is set to once for each of its versions, other scanners when they or who made a result must be found out.
What does not fit into the calls is left for the next reading, which comes at once (`is_behind`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from policies.aws.associations import (
    VERSION,
    AssociationFact,
    PatchAssociations,
    ScannerFact,
    list_patch_associations,
    read_settings,
)
from policies.aws.compliance import PatchStateFact, SourceFact, list_patch_states, list_sources
from policies.aws.connect import Aws
from policies.aws.nodes import NodeFact, list_nodes, read_tags, with_tags
from policies.aws.runs import (
    ExecutionFact,
    FailureFact,
    ResultFact,
    list_executions,
    list_failures,
    list_results,
    read_results,
)
from policies.domain.compliance import association_status_of
from policies.domain.pace import Purse, pages
from policies.observe.scanners import Scanners, Unsigned
from policies.observe.tracing import Tracing

ACCESS = "access"
FAILED = "Failed"


Owed = tuple[str, int]
"""Failures of an execution that are still to be read: its command, and how many nodes failed."""


@dataclass(frozen=True)
class KnownRuns:
    """What is stored of an association: how it stood, and the fingerprints of executions already read."""

    status: str
    counts: Mapping[str, int]
    last_run_at: datetime | None
    executions: Mapping[str, str]
    is_behind: bool
    owed: Mapping[str, Owed] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)

    def is_settled(self, told: AssociationFact) -> bool:
        """Whether nothing happened since: the overview changes whenever one of the targets does."""
        told_status = association_status_of(told.status)
        now = (told_status, told.counts, told.last_run_at)
        return not self.is_behind and (self.status, self.counts, self.last_run_at) == now


@dataclass(frozen=True)
class Known:
    """What is stored of a shard. `tags` of each living node by id; `runs` by association id.

    `unsigned`: commands that made results and are nobody's; `unread`: executions passed over that may have sent one.
    """

    tags: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    tags_are_old: bool = True
    scanned_at: Mapping[str, datetime | None] = field(default_factory=dict)
    runs: Mapping[str, KnownRuns] = field(default_factory=dict)
    scanners: Scanners = field(default_factory=Scanners)
    unsigned: tuple[Unsigned, ...] = ()
    unread: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


@dataclass(frozen=True)
class NodeResult:
    """How a node fared in an execution."""

    result: ResultFact
    execution: ExecutionFact


@dataclass(frozen=True)
class RunFacts:
    """An association, executions seen now (with their command, where read), and the newest result of each node.

    `failures`: what nodes said, by execution; `owed`: whose failures did not fit. `settings`: what the association is
    set to, {} when that did not fit.
    """

    association: AssociationFact
    fingerprints: Mapping[str, str]
    executions: tuple[ExecutionFact, ...] = ()
    commands: Mapping[str, str] = field(default_factory=dict)
    results: Mapping[str, NodeResult] = field(default_factory=dict)
    failures: Mapping[str, tuple[FailureFact, ...]] = field(default_factory=dict)
    owed: Mapping[str, Owed] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    is_behind: bool = False


@dataclass(frozen=True)
class ShardFacts:
    """One account-Region at one moment of AWS's clock. `sources` only when a state is new."""

    observed_at: datetime
    nodes: tuple[NodeFact, ...]
    states: Mapping[str, PatchStateFact]
    sources: Mapping[str, SourceFact]
    runs: tuple[RunFacts, ...]
    scanners: Scanners
    tags_were_read: bool
    tags_are_behind: bool

    @property
    def is_behind(self) -> bool:
        return self.tags_are_behind or any(run.is_behind or run.owed or not run.settings for run in self.runs)

    @property
    def is_moving(self) -> bool:
        """Whether a run is under way."""
        return any(run.association.status == "Pending" and run.association.last_run_at for run in self.runs)


def read_shard(aws: Aws, region: str, known: Known, configuration_ids: Collection[str]) -> ShardFacts:
    """Read the connection's account in a Region; raises AwsProblem.

    Runs of other configurations than ours are passed over: their associations are other scanners.
    """
    nodes = list_nodes(aws, region)
    states = {s.instance_id: s for s in list_patch_states(aws, region, [n.instance_id for n in nodes])}
    associations = list_patch_associations(aws, region)
    purse = Purse.for_nodes(max([len(nodes), *(sum(a.counts.values()) for a in associations.of_policies)]))
    purse.pay((pages(len(nodes)) + pages(len(nodes)) if nodes else 1) + pages(associations.count))
    is_new = any(known.scanned_at.get(i) != state.ended_at for i, state in states.items())
    sources = list_sources(aws, region) if is_new and purse.pay(pages(len(states))) else {}
    wants_tags = bool(nodes) and (known.tags_are_old or any(n.instance_id not in known.tags for n in nodes))
    reads_tags = wants_tags and purse.pay(pages(len(nodes)))
    tags = read_tags(aws, region, [n.instance_id for n in nodes]) if reads_tags else known.tags
    runs = _read_all_runs(aws, region, associations, known, configuration_ids, purse)
    scanners = known.scanners.with_associations(_others(associations, configuration_ids))
    return ShardFacts(
        observed_at=aws.now(),
        nodes=tuple(with_tags(n, tags.get(n.instance_id, {})) for n in nodes),
        states=states,
        sources=sources,
        runs=runs,
        scanners=Tracing(aws, region, purse, aws.now()).read(scanners, known.unsigned) if nodes else scanners,
        tags_were_read=reads_tags,
        tags_are_behind=wants_tags and not reads_tags,
    )


def _others(associations: PatchAssociations, configuration_ids: Collection[str]) -> tuple[ScannerFact, ...]:
    own = {a.association_id for a in associations.of_policies if a.configuration_id in configuration_ids}
    return tuple(s for s in associations.scanners if s.association_id not in own)


def _read_all_runs(
    aws: Aws, region: str, associations: PatchAssociations, known: Known, ours: Collection[str], purse: Purse
) -> tuple[RunFacts, ...]:
    """Those that waited first come first."""
    wanted = [a for a in associations.of_policies if a.configuration_id in ours]
    wanted.sort(key=lambda a: a.association_id not in known.runs or not known.runs[a.association_id].is_behind)
    found = [_read_runs(aws, region, a, known.runs.get(a.association_id), purse) for a in wanted]
    found = [_with_commands(aws, region, r, known.unread.get(r.association.association_id, {}), purse) for r in found]
    return tuple(
        _with_settings(aws, region, run, known.runs.get(run.association.association_id), purse) for run in found
    )


def _with_commands(aws: Aws, region: str, run: RunFacts, unread: Mapping[str, str], purse: Purse) -> RunFacts:
    """Which commands carried executions that were passed over; a node with a status by which it got one tells."""
    commands = dict(run.commands)
    for execution_id, status in unread.items():
        if execution_id not in commands and purse.pay(1):
            page = read_results(aws, region, run.association.association_id, execution_id, status)
            commands[execution_id] = next((row.command_id for row in page.rows), "")
    return replace(run, commands=commands)


def _with_settings(aws: Aws, region: str, run: RunFacts, known: KnownRuns | None, purse: Purse) -> RunFacts:
    """They are read after all results, which people wait for."""
    if known and known.settings.get(VERSION) == run.association.version:
        return replace(run, settings=known.settings)
    return replace(run, settings=read_settings(aws, region, run.association)) if purse.pay(1) else run


def _read_runs(aws: Aws, region: str, association: AssociationFact, known: KnownRuns | None, purse: Purse) -> RunFacts:
    """Its new results, then what failed nodes said; each as far as the purse goes."""
    run = _read_executions(aws, region, association, known, purse)
    owed = {**(known.owed if known else {}), **run.owed}
    paid = {execution_id: told for execution_id, told in owed.items() if purse.pay(pages(told[1]))}
    failures = {execution_id: list_failures(aws, region, command) for execution_id, (command, _) in paid.items()}
    return replace(run, failures=failures, owed={i: told for i, told in owed.items() if i not in paid})


def _read_executions(
    aws: Aws, region: str, association: AssociationFact, known: KnownRuns | None, purse: Purse
) -> RunFacts:
    seen = known.executions if known else {}
    is_settled = known is not None and known.is_settled(association)
    if association.purpose == ACCESS or association.last_run_at is None or is_settled:
        return RunFacts(association, seen)
    if purse.left < 1 + pages(sum(association.counts.values())):
        return RunFacts(association, seen, is_behind=True)
    purse.pay(1)
    executions = list_executions(aws, region, association.association_id)
    return _read_results(aws, region, association, executions, seen, purse)


def _read_results(
    aws: Aws,
    region: str,
    association: AssociationFact,
    executions: tuple[ExecutionFact, ...],
    seen: Mapping[str, str],
    purse: Purse,
) -> RunFacts:
    """The newest execution first: what it says of a node wins. What does not fit is left.

    Executions older than those that told of every target are passed over: they say nothing of how a node stands.
    """
    results: dict[str, NodeResult] = {}
    commands: dict[str, str] = {}
    owed: dict[str, Owed] = {}
    read = {e.execution_id: e.fingerprint for e in executions if seen.get(e.execution_id) == e.fingerprint}
    for execution in (e for e in executions if e.execution_id not in read):
        if len(results) >= sum(association.counts.values()):
            read[execution.execution_id] = execution.fingerprint
            continue
        if not purse.pay(pages(sum(execution.counts.values()))):
            break
        read[execution.execution_id] = execution.fingerprint
        for told in list_results(aws, region, association.association_id, execution.execution_id):
            commands[execution.execution_id] = told.command_id
            results.setdefault(told.instance_id, NodeResult(told, execution))
        if execution.counts.get(FAILED):
            owed[execution.execution_id] = (commands[execution.execution_id], execution.counts[FAILED])
    behind = len(read) < len(executions)
    return RunFacts(association, read, executions, commands, results, owed=owed, is_behind=behind)
