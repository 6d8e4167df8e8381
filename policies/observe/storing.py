"""Writes what was read of a shard into rows, in bulk, and only what changed."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from policies.aws.compliance import PatchStateFact
from policies.aws.nodes import NodeFact
from policies.domain.compliance import association_status_of, findings_of, policy_status_of
from policies.domain.ledger import GONE, PRESENT
from policies.domain.status import LACKING, Findings, PolicyStatus
from policies.models import AssociationState, Flip, Node, NodeCompliance, NodePolicy, Policy, Shard
from policies.observe import ledger
from policies.observe.reading import ShardFacts
from policies.observe.rows import BATCH, change, fit, plain, save
from policies.observe.run_reading import ACCESS, NodeResult, RunFacts
from policies.observe.scanner_rows import store_scanners

NODE_FIELDS = ("name", "operating_system", "platform", "ping_status", "agent_version", "role", "tags")
ASSOCIATION_FIELDS = (
    "name", "purpose", "status", "counts", "last_run_at", "schedule", "targets", "executions", "is_behind", "owed",
    "settings",
)  # fmt: skip
COUNT_FIELDS = ("missing", "failed", "pending_reboot", "rejected", "installed", "critical", "security", "other")
STATE_FIELDS = (
    "findings", *COUNT_FIELDS, "baseline_id", "operation", "execution_type", "scanned_at", "missing_since", "scan",
)  # fmt: skip


def store_shard(shard: Shard, facts: ShardFacts, policies: Mapping[str, Policy]) -> None:
    """Make the shard's rows say what the facts say, and the ledger why. Call it inside a transaction.

    `policies`: those whose associations were read, by configuration id, though one be deleted by now. The shard itself
    is left to the caller to save, with its nodes counted.
    """
    nodes = _store_nodes(shard, facts)
    _store_associations(shard, facts.runs, policies)
    commands = store_scanners(shard, facts.scanners)
    _store_results(nodes, facts, policies)
    commands |= ledger.store_runs(shard, facts.runs, policies)
    found = _store_compliance(shard, nodes, facts)
    _count_nodes(shard, [row.findings for row in found])
    ledger.attribute(shard, commands)


def _count_nodes(shard: Shard, findings: Collection[str]) -> None:
    shard.node_count = len(findings)
    shard.lacking_count = sum(each in LACKING for each in findings)
    shard.unscanned_count = sum(each == Findings.NEVER_SCANNED for each in findings)


def _store_nodes(shard: Shard, facts: ShardFacts) -> dict[str, Node]:
    """Nodes that are new, changed, back, or gone; the living ones by instance id."""
    known = {node.instance_id: node for node in shard.nodes.all()}
    were_gone = {node.pk for node in known.values() if node.gone_at}
    new, changed = [], []
    for fact in facts.nodes:
        values = {**_node_values(fact), "gone_at": None}
        row = known.get(fact.instance_id)
        if row is None:
            row = known[fact.instance_id] = Node(shard=shard, instance_id=fact.instance_id, seen_at=facts.observed_at)
            change(row, values)
            new.append(row)
        elif change(row, values):
            row.seen_at = facts.observed_at
            changed.append(row)
    living = {fact.instance_id for fact in facts.nodes}
    lost = [row for row in known.values() if row.instance_id not in living and row.gone_at is None]
    for row in lost:
        row.gone_at = facts.observed_at
    back = [row for row in changed if row.pk in were_gone]
    save(Node, new, [*changed, *lost], [*NODE_FIELDS, "seen_at", "gone_at"])
    ledger.tell_presence(lost, GONE, facts.observed_at)
    ledger.tell_presence(back, PRESENT, facts.observed_at)
    return {instance_id: row for instance_id, row in known.items() if instance_id in living}


def _node_values(fact: NodeFact) -> dict[str, Any]:
    values = asdict(fact)
    tags = {plain(key): plain(value) for key, value in values["tags"].items()}
    return {name: tags if name == "tags" else values[name] for name in NODE_FIELDS}


def _store_compliance(shard: Shard, nodes: Mapping[str, Node], facts: ShardFacts) -> list[NodeCompliance]:
    """How each of these nodes stands by its newest scan."""
    known = {row.node_id: row for row in NodeCompliance.objects.filter(node__in=nodes.values())}
    new, changed, scanned = [], [], []
    for instance_id, node in nodes.items():
        row = known.get(node.pk)
        state, source = facts.states.get(instance_id), facts.sources.get(instance_id)
        is_scan = state is not None and (row is None or row.scanned_at != state.ended_at)
        values = {**_state_values(state), "missing_since": _missing_since(row, state)}
        if source:
            values["execution_type"] = source.kind
        before = Findings(row.findings) if row else None
        if row is None:
            row = NodeCompliance(node=node, **fit(NodeCompliance, values))
            new.append(row)
        elif change(row, values):
            changed.append(row)
        if state and is_scan:
            scanned.append(ledger.Scanned(node, row, before, state, source))
    ledger.keep_scans(shard, scanned, facts.observed_at)
    save(NodeCompliance, new, changed, STATE_FIELDS)
    return [*known.values(), *new]


def _missing_since(row: NodeCompliance | None, state: PatchStateFact | None) -> datetime | None:
    """The end of the first of the scans in a row that found patches missing; None when the newest found none."""
    if state is None or not state.missing:
        return None
    return (row and row.missing_since) or state.ended_at


def _state_values(state: PatchStateFact | None) -> dict[str, Any]:
    if state is None:
        return {"findings": Findings.NEVER_SCANNED}
    findings = findings_of(
        failed=state.failed, missing=state.missing, rejected=state.rejected, pending_reboot=state.pending_reboot
    )
    counts = {name: getattr(state, name) for name in COUNT_FIELDS}
    told = {"baseline_id": state.baseline_id, "operation": state.operation, "scanned_at": state.ended_at}
    return {**counts, **told, "findings": findings}


def _store_associations(shard: Shard, runs: Iterable[RunFacts], policies: Mapping[str, Policy]) -> None:
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


def _store_results(nodes: Mapping[str, Node], facts: ShardFacts, policies: Mapping[str, Policy]) -> None:
    """Which node is under which policy, and how its associations went there."""
    present = {policies[run.association.configuration_id].pk for run in facts.runs}
    NodePolicy.objects.filter(node__in=nodes.values()).exclude(policy__in=present).delete()
    known = {(row.node_id, row.policy_id): row for row in NodePolicy.objects.filter(node__in=nodes.values())}
    before = {key: PolicyStatus(row.status) for key, row in known.items()}
    new: dict[tuple[int, int], NodePolicy] = {}
    changed: dict[tuple[int, int], NodePolicy] = {}
    for run in facts.runs:
        policy = policies[run.association.configuration_id]
        for instance_id, told in run.results.items():
            if instance_id not in nodes or run.association.purpose == ACCESS:
                continue
            key = (nodes[instance_id].pk, policy.pk)
            row = known.get(key) or new.get(key)
            if row is None:
                row = new[key] = NodePolicy(node=nodes[instance_id], policy=policy)
            elif key in known:
                changed[key] = row
            _take_result(row, run.association.purpose, told)
    changed |= {
        (row.node_id, row.policy_id): row for row in _take_failures(nodes, facts, [*known.values(), *new.values()])
    }
    fields = ["status", "detail", "exit_code", "results", "purpose", "executed_at"]
    save(NodePolicy, list(new.values()), list(changed.values()), fields)
    flipped = [row for key, row in changed.items() if row.status != before[key]]
    Flip.objects.bulk_create([ledger.policy_flip(row, before[row.node_id, row.policy_id], facts.observed_at)
                              for row in flipped], batch_size=BATCH)  # fmt: skip


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
        for purpose, result in row.results.items():
            failure = told.get((row.node_id, result.get("execution_id", "")))
            if failure:
                values = {**result, "detail": plain(failure.summary), "exit_code": failure.exit_code}
                row.results = {**row.results, purpose: values}
        if change(row, _verdict(row.results)) and row.pk:
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
