"""Writes what was read of a shard into rows, in bulk, and only what changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any, TypeVar

from django.db import models

from policies.aws.associations import FailureFact, ResultFact, ScannerFact
from policies.aws.compliance import PatchStateFact
from policies.aws.nodes import NodeFact
from policies.domain.compliance import association_status_of, findings_of, policy_status_of
from policies.domain.status import Findings, PolicyStatus
from policies.models import AssociationState, Node, NodeCompliance, NodePolicy, OtherScanner, Policy, Shard
from policies.observe.reading import RunFacts, ShardFacts

BATCH = 500
NODE_FIELDS = ("name", "operating_system", "platform", "ping_status", "agent_version", "role", "tags")
STATE_FIELDS = (
    "findings", "missing", "failed", "pending_reboot", "rejected", "installed", "critical", "security", "other",
    "baseline_id", "operation", "execution_type", "scanned_at",
)  # fmt: skip

Row = TypeVar("Row", bound=models.Model)


def store_shard(shard: Shard, facts: ShardFacts) -> None:
    """Make the shard's rows say what the facts say. Call it inside a transaction."""
    nodes = _store_nodes(shard, facts)
    _store_compliance(nodes, facts)
    policies = {policy.configuration_id: policy for policy in Policy.objects.living()}
    _store_associations(shard, facts.runs, policies)
    _store_results(nodes, facts, policies)
    _store_scanners(shard, facts.scanners)


def _save(model: type[Row], new: list[Row], changed: list[Row], fields: Iterable[str]) -> None:
    model._default_manager.bulk_create(new, batch_size=BATCH)
    if changed:
        model._default_manager.bulk_update(changed, list(fields), batch_size=BATCH)


def _change(row: models.Model, values: Mapping[str, Any]) -> bool:
    """Set the values; whether any of them was another before."""
    different = [name for name, value in values.items() if getattr(row, name) != value]
    for name in different:
        setattr(row, name, values[name])
    return bool(different)


def _store_nodes(shard: Shard, facts: ShardFacts) -> dict[str, Node]:
    """Nodes that are new, changed, back, or gone; the living ones by instance id."""
    known = {node.instance_id: node for node in shard.nodes.all()}
    new, changed = [], []
    for fact in facts.nodes:
        values = {**_node_values(fact), "gone_at": None}
        row = known.get(fact.instance_id)
        if row is None:
            row = known[fact.instance_id] = Node(shard=shard, instance_id=fact.instance_id, seen_at=facts.observed_at)
            _change(row, values)
            new.append(row)
        elif _change(row, values):
            row.seen_at = facts.observed_at
            changed.append(row)
    living = {fact.instance_id for fact in facts.nodes}
    for row in known.values():
        if row.instance_id not in living and row.gone_at is None:
            row.gone_at = facts.observed_at
            changed.append(row)
    _save(Node, new, changed, [*NODE_FIELDS, "seen_at", "gone_at"])
    return {instance_id: row for instance_id, row in known.items() if instance_id in living}


def _node_values(fact: NodeFact) -> dict[str, Any]:
    values = asdict(fact)
    return {name: dict(values[name]) if name == "tags" else values[name][:256] for name in NODE_FIELDS}


def _store_compliance(nodes: Mapping[str, Node], facts: ShardFacts) -> None:
    known = {row.node_id: row for row in NodeCompliance.objects.filter(node__in=nodes.values())}
    new, changed = [], []
    for instance_id, node in nodes.items():
        values = _state_values(facts.states.get(instance_id), facts.execution_types.get(instance_id, ""))
        row = known.get(node.pk)
        if row is None:
            new.append(NodeCompliance(node=node, **values))
        elif _change(row, values):
            changed.append(row)
    _save(NodeCompliance, new, changed, STATE_FIELDS)


def _state_values(state: PatchStateFact | None, execution_type: str) -> dict[str, Any]:
    if state is None:
        return {"findings": Findings.NEVER_SCANNED}
    values = asdict(state)
    del values["instance_id"]
    ended_at = values.pop("ended_at")
    findings = findings_of(
        failed=state.failed, missing=state.missing, rejected=state.rejected, pending_reboot=state.pending_reboot
    )
    return {**values, "findings": findings, "scanned_at": ended_at, "execution_type": execution_type}


def _store_associations(shard: Shard, runs: Iterable[RunFacts], policies: Mapping[str, Policy]) -> None:
    known = {row.association_id: row for row in shard.associations.all()}
    new, changed = [], []
    for run in runs:
        fact = run.association
        values = {
            "name": fact.name,
            "purpose": fact.purpose,
            "status": association_status_of(fact.status),
            "counts": dict(fact.counts),
            "last_run_at": fact.last_run_at,
            "schedule": fact.schedule,
            "targets": [[target.key, list(target.values)] for target in fact.targets],
            "executions": dict(run.fingerprints),
        }
        row = known.pop(fact.association_id, None)
        if row is None:
            policy = policies[fact.configuration_id]
            new.append(AssociationState(shard=shard, policy=policy, association_id=fact.association_id, **values))
        elif _change(row, values):
            changed.append(row)
    fields = ["name", "purpose", "status", "counts", "last_run_at", "schedule", "targets", "executions"]
    _save(AssociationState, new, changed, fields)
    AssociationState.objects.filter(pk__in=[row.pk for row in known.values()]).delete()


def _store_scanners(shard: Shard, scanners: Iterable[ScannerFact]) -> None:
    known = {row.association_id: row for row in shard.other_scanners.all()}
    new, changed = [], []
    for fact in scanners:
        values = {
            "name": fact.name,
            "document": fact.document,
            "schedule": fact.schedule,
            "targets": [[target.key, list(target.values)] for target in fact.targets],
        }
        row = known.pop(fact.association_id, None)
        if row is None:
            new.append(OtherScanner(shard=shard, association_id=fact.association_id, **values))
        elif _change(row, values):
            changed.append(row)
    _save(OtherScanner, new, changed, ["name", "document", "schedule", "targets"])
    OtherScanner.objects.filter(pk__in=[row.pk for row in known.values()]).delete()


def _store_results(nodes: Mapping[str, Node], facts: ShardFacts, policies: Mapping[str, Policy]) -> None:
    """Which node is under which policy, and how its associations went there."""
    present = {policies[run.association.configuration_id].pk for run in facts.runs}
    NodePolicy.objects.filter(node__in=nodes.values()).exclude(policy__in=present).delete()
    known = {(row.node_id, row.policy_id): row for row in NodePolicy.objects.filter(node__in=nodes.values())}
    new: dict[tuple[int, int], NodePolicy] = {}
    changed: dict[tuple[int, int], NodePolicy] = {}
    for run in facts.runs:
        policy = policies[run.association.configuration_id]
        for instance_id, result in run.results.items():
            if instance_id not in nodes or run.association.purpose == "access":
                continue
            key = (nodes[instance_id].pk, policy.pk)
            row = known.get(key) or new.get(key)
            if row is None:
                row = new[key] = NodePolicy(node=nodes[instance_id], policy=policy)
            elif key in known:
                changed[key] = row
            failure = _failure_of(run, facts.failures.get(instance_id, ()))
            row.results = {**row.results, run.association.purpose: _result_values(result, failure)}
            _change(row, _verdict(row.results))
    fields = ["status", "detail", "exit_code", "results", "purpose", "executed_at"]
    _save(NodePolicy, list(new.values()), list(changed.values()), fields)


def _failure_of(run: RunFacts, failures: Iterable[FailureFact]) -> FailureFact | None:
    return next((f for f in failures if f.association_id == run.association.association_id), None)


def _result_values(result: ResultFact, failure: FailureFact | None) -> dict[str, Any]:
    return {
        "status": result.status,
        "detail": (failure.summary if failure else result.detail)[:512],
        "exit_code": failure.exit_code if failure else None,
        "at": result.at.isoformat() if result.at else None,
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
