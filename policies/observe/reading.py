"""Reads one account-Region from AWS: everything that the rows of a shard are made from, and nothing is written."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from policies.aws.associations import (
    AssociationFact,
    FailureFact,
    ResultFact,
    ScannerFact,
    list_executions,
    list_patch_associations,
    list_results,
    read_failures,
)
from policies.aws.compliance import PatchStateFact, list_execution_types, list_patch_states
from policies.aws.connect import Aws
from policies.aws.nodes import NodeFact, list_nodes

FAILED = "Failed"


@dataclass(frozen=True)
class RunFacts:
    """An association, the executions seen, and the newest result of each node in those that changed since."""

    association: AssociationFact
    fingerprints: Mapping[str, str]
    results: Mapping[str, ResultFact]


@dataclass(frozen=True)
class ShardFacts:
    """One account-Region at one moment of AWS's clock."""

    observed_at: datetime
    nodes: tuple[NodeFact, ...]
    states: Mapping[str, PatchStateFact]
    execution_types: Mapping[str, str]
    runs: tuple[RunFacts, ...]
    failures: Mapping[str, tuple[FailureFact, ...]]
    scanners: tuple[ScannerFact, ...]


def read_shard(
    aws: Aws, region: str, known: Mapping[str, Mapping[str, str]], configuration_ids: Collection[str]
) -> ShardFacts:
    """Read the connection's account in a Region.

    `known` maps an association's id to the fingerprints of executions already read; those are not read again.
    Runs of other configurations than ours are passed over: their associations are other scanners. Raises AwsProblem.
    """
    nodes = list_nodes(aws, region)
    states = list_patch_states(aws, region, [n.instance_id for n in nodes])
    associations = list_patch_associations(aws, region)
    ours = [a for a in associations.of_policies if a.configuration_id in configuration_ids]
    runs = tuple(_read_runs(aws, region, a, known.get(a.association_id, {})) for a in ours)
    failed = {i for run in runs for i, result in run.results.items() if result.status == FAILED}
    living, own = {n.instance_id for n in nodes}, {a.association_id for a in ours}
    return ShardFacts(
        observed_at=aws.now(),
        nodes=nodes,
        states={state.instance_id: state for state in states},
        execution_types=list_execution_types(aws, region) if states else {},
        runs=runs,
        failures={i: read_failures(aws, region, i) for i in sorted(failed & living)},
        scanners=tuple(s for s in associations.scanners if s.association_id not in own),
    )


def _read_runs(aws: Aws, region: str, association: AssociationFact, known: Mapping[str, str]) -> RunFacts:
    executions = list_executions(aws, region, association.association_id)
    results: dict[str, ResultFact] = {}
    for execution in executions:  # the newest first: what it says of a node wins
        if known.get(execution.execution_id) == execution.fingerprint:
            continue
        for result in list_results(aws, region, association.association_id, execution.execution_id):
            results.setdefault(result.instance_id, result)
    return RunFacts(association, {e.execution_id: e.fingerprint for e in executions}, results)
