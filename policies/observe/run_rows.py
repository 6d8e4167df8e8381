"""What runs of policies did, as rows: associations, which node is under which policy, and how it fared there."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from policies.aws.associations import Purpose
from policies.domain.compliance import association_status_of, policy_status_of
from policies.domain.scanners import Reach, is_told_by_aws, reaches
from policies.domain.status import PolicyStatus
from policies.models import AssociationState, Flip, Node, NodePolicy, Policy, Shard
from policies.observe import ledger
from policies.observe.reading import ShardFacts
from policies.observe.rows import BATCH, change, plain, save
from policies.observe.run_reading import NodeResult, RunFacts

ASSOCIATION_FIELDS = (
    "name", "purpose", "status", "counts", "last_run_at", "schedule", "targets", "executions", "is_behind", "owed",
    "settings",
)  # fmt: skip
RESULT_FIELDS = ("status", "detail", "exit_code", "results", "purpose", "executed_at")

Key = tuple[int, int]
"""A node and a policy by their ids."""


def store_associations(shard: Shard, runs: Iterable[RunFacts], policies: Mapping[str, Policy]) -> None:
    known = {row.association_id: row for row in shard.associations.all()}
    new, changed = [], []
    for run in runs:
        fact = run.association
        values = _association_values(run)
        row = known.pop(fact.association_id, None)
        if row is None:
            policy = policies[fact.configuration_id]
            new.append(AssociationState(shard=shard, policy=policy, association_id=fact.association_id, **values))
        elif change(row, values):
            changed.append(row)
    save(AssociationState, new, changed, ASSOCIATION_FIELDS)
    AssociationState.objects.filter(pk__in=[row.pk for row in known.values()]).delete()


def _association_values(run: RunFacts) -> dict[str, Any]:
    """By ASSOCIATION_FIELDS."""
    fact = run.association
    return {
        "name": fact.name,
        "purpose": fact.purpose,
        "status": association_status_of(fact.status),
        "counts": dict(fact.counts),
        "last_run_at": fact.last_run_at,
        "schedule": fact.schedule,
        "targets": [[target.key, list(target.values)] for target in fact.targets],
        "executions": dict(run.fingerprints),
        "is_behind": run.is_behind,
        "owed": {execution_id: list(told) for execution_id, told in run.owed.items()},
        "settings": dict(run.settings),
    }


def store_results(nodes: Mapping[str, Node], facts: ShardFacts, policies: Mapping[str, Policy]) -> frozenset[int]:
    """Which node is under which policy, and how its associations went there; the nodes on which one installed."""
    standing = {(policies[run.association.configuration_id].pk, run.association.purpose) for run in facts.runs}
    known = _leave_policies(nodes, facts, policies, {policy for policy, _ in standing})
    before = {key: PolicyStatus(row.status) for key, row in known.items()}
    dropped = {key: row for key, row in known.items() if _drop_results(row, standing)}
    left = {key: row.status for key, row in dropped.items()}
    taken = _take_results(nodes, facts.runs, policies, known)
    new = [row for key, row in taken.items() if key not in known]
    failed = {(r.node_id, r.policy_id): r for r in _take_failures(nodes, facts, [*known.values(), *new])}
    changed = dropped | {key: row for key, row in taken.items() if key in known} | failed
    save(NodePolicy, new, list(changed.values()), RESULT_FIELDS)
    flips = [
        ledger.policy_flip(row, before[key], facts.observed_at, is_dropped=left.get(key) == row.status)
        for key, row in changed.items()
        if row.status != before[key]
    ]
    Flip.objects.bulk_create(flips, batch_size=BATCH)
    installs = (run for run in facts.runs if run.association.purpose is Purpose.INSTALL)
    return frozenset(nodes[i].pk for run in installs for i in run.results if i in nodes)


def _leave_policies(
    nodes: Mapping[str, Node], facts: ShardFacts, policies: Mapping[str, Policy], standing: Collection[int]
) -> dict[Key, NodePolicy]:
    """The rows that stay: those of policies without associations here, and of nodes out of reach, are deleted."""
    rows = {(row.node_id, row.policy_id): row for row in NodePolicy.objects.filter(node__in=nodes.values())}
    left = {key for key in rows if key[1] not in standing}
    if facts.tags_were_read:
        left |= _find_left(rows, nodes, facts.runs, policies)
    if left:
        NodePolicy.objects.filter(pk__in=[rows.pop(key).pk for key in left]).delete()
    return rows


def _find_left(
    keys: Iterable[Key], nodes: Mapping[str, Node], runs: Iterable[RunFacts], policies: Mapping[str, Policy]
) -> set[Key]:
    """Nodes that their policy's associations reach no more, as after a change of tags."""
    reach: dict[int, Reach] = {}
    for run in runs:
        if run.association.purpose is not Purpose.ACCESS:
            policy = policies[run.association.configuration_id].pk
            reach[policy] = (*reach.get(policy, ()), run.association.targets)
    by_id = {node.pk: node for node in nodes.values()}
    return {(node, policy) for node, policy in keys if not _may_reach(reach.get(policy, ()), by_id[node])}


def _may_reach(reach: Reach, node: Node) -> bool:
    return is_told_by_aws(reach) or reaches(reach, node.instance_id, node.tags)


def _drop_results(row: NodePolicy, standing: Collection[tuple[int, str]]) -> bool:
    """Leave out what associations did that are gone, as after an edit from installing to scanning; whether it did."""
    kept = {purpose: told for purpose, told in row.results.items() if (row.policy_id, purpose) in standing}
    return len(kept) < len(row.results) and change(row, {"results": kept, **_verdict(kept)})


def _take_results(
    nodes: Mapping[str, Node], runs: Iterable[RunFacts], policies: Mapping[str, Policy], known: Mapping[Key, NodePolicy]
) -> dict[Key, NodePolicy]:
    """The rows of which the runs tell something, new ones too, with what they tell."""
    taken: dict[Key, NodePolicy] = {}
    for run in runs:
        policy = policies[run.association.configuration_id]
        for instance_id, told in run.results.items():
            if instance_id not in nodes or run.association.purpose is Purpose.ACCESS:
                continue
            key = (nodes[instance_id].pk, policy.pk)
            row = taken.get(key) or known.get(key) or NodePolicy(node=nodes[instance_id], policy=policy)
            taken[key] = row
            _take_result(row, run.association.purpose, told)
    return taken


def _take_result(row: NodePolicy, purpose: str, told: NodeResult) -> None:
    """Keep a result unless one of a newer run is kept already: runs that did not fit are read later."""
    values = _result_values(told)
    if row.results.get(purpose, {}).get("run_at", "") <= values["run_at"]:
        row.results = {**row.results, purpose: values}
        change(row, _verdict(row.results))


def _take_failures(nodes: Mapping[str, Node], facts: ShardFacts, rows: Iterable[NodePolicy]) -> Iterator[NodePolicy]:
    """Add what nodes said to the results of the executions in which they failed; the rows that are stored already."""
    told = {
        (nodes[failure.instance_id].pk, execution_id): failure
        for run in facts.runs
        for execution_id, failures in run.failures.items()
        for failure in failures
        if failure.instance_id in nodes
    }
    for row in rows if told else ():
        results = dict(row.results)
        for purpose, result in row.results.items():
            failure = told.get((row.node_id, result.get("execution_id", "")))
            if failure:
                results[purpose] = {**result, "detail": plain(failure.summary), "exit_code": failure.exit_code}
        if change(row, {"results": results, **_verdict(results)}) and row.pk:
            yield row


def _result_values(told: NodeResult) -> dict[str, Any]:
    result = told.result
    return {
        "status": result.status,
        "detail": result.detail[:512],
        "exit_code": None,
        "at": result.at.isoformat() if result.at else None,
        "run_at": told.execution.created_at.isoformat(),
        "execution_id": told.execution.execution_id,
        "command_id": result.command_id,
    }


def _verdict(results: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """The node's policy status, and the newest of the results that make it so."""
    status = policy_status_of(result["status"] for result in results.values())
    telling = {purpose: r for purpose, r in results.items() if policy_status_of([r["status"]]) is status}
    purpose, shown = max(telling.items(), key=lambda pair: pair[1]["at"] or "", default=("", {}))
    return {
        "status": status,
        "purpose": purpose,
        "detail": shown.get("detail", "") if status is PolicyStatus.NON_COMPLIANT else "",
        "exit_code": shown.get("exit_code"),
        "executed_at": datetime.fromisoformat(shown["at"]) if shown.get("at") else None,
    }
