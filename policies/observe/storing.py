"""Writes what was read of a shard into rows, in bulk, and only what changed."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from policies.aws.compliance import PatchStateFact
from policies.aws.nodes import NodeFact
from policies.domain.compliance import findings_of
from policies.domain.ledger import GONE, PRESENT
from policies.domain.status import LACKING, Findings
from policies.models import Node, NodeCompliance, Policy, Shard
from policies.observe import ledger
from policies.observe.reading import ShardFacts
from policies.observe.rows import change, fit, plain, save
from policies.observe.run_rows import store_associations, store_results
from policies.observe.scanner_rows import store_scanners
from policies.observe.scanners import Unsigned
from policies.observe.sources import find_ordered

NODE_FIELDS = ("name", "operating_system", "platform", "ping_status", "agent_version", "role", "tags")
COUNT_FIELDS = ("missing", "failed", "pending_reboot", "rejected", "installed", "critical", "security", "other")
STATE_FIELDS = (
    "findings", *COUNT_FIELDS, "baseline_id", "operation", "execution_type", "scanned_at", "missing_since", "scan",
)  # fmt: skip


def store_shard(
    shard: Shard, facts: ShardFacts, policies: Mapping[str, Policy], unsigned: Collection[Unsigned]
) -> None:
    """Make the shard's rows say what the facts say, and the ledger why. Call it inside a transaction.

    `policies`: those whose associations were read, by configuration id, though one be deleted by now. `unsigned`: whose
    senders were not known before. The shard itself is left to the caller to save, with its nodes counted.
    """
    nodes = _store_nodes(shard, facts)
    store_associations(shard, facts.runs, policies)
    commands = store_scanners(shard, facts.scanners)
    installed = store_results(nodes, facts, policies)
    commands |= ledger.store_runs(shard, facts.runs, policies)
    commands |= find_ordered(shard, [each.command_id for each in unsigned])
    found = _store_compliance(shard, nodes, facts)
    _count_nodes(shard, [row.findings for row in found])
    ledger.attribute(shard, commands)
    ledger.explain_anew(shard, installed)


def _count_nodes(shard: Shard, findings: Collection[str]) -> None:
    shard.node_count = len(findings)
    shard.lacking_count = sum(each in LACKING for each in findings)
    shard.unscanned_count = sum(each == Findings.NEVER_SCANNED for each in findings)


def _store_nodes(shard: Shard, facts: ShardFacts) -> dict[str, Node]:
    """Nodes that are new, changed, back, or gone; the living ones by instance id."""
    known = _known_nodes(shard, facts)
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


def _known_nodes(shard: Shard, facts: ShardFacts) -> dict[str, Node]:
    """By instance id those that were there, and those that are back; the others that are gone may be very many."""
    known = {node.instance_id: node for node in shard.nodes.filter(gone_at=None)}
    new = [fact.instance_id for fact in facts.nodes if fact.instance_id not in known]
    back = shard.nodes.filter(instance_id__in=new) if new and shard.collected_at else ()
    return known | {node.instance_id: node for node in back}


def _node_values(fact: NodeFact) -> dict[str, Any]:
    tags = {plain(key): plain(value) for key, value in fact.tags.items()}
    return {name: tags if name == "tags" else getattr(fact, name) for name in NODE_FIELDS}


def _store_compliance(shard: Shard, nodes: Mapping[str, Node], facts: ShardFacts) -> list[NodeCompliance]:
    """How each of these nodes stands by its newest scan."""
    known = {row.node_id: row for row in NodeCompliance.objects.filter(node__in=nodes.values())}
    new, changed, scanned, lost = [], [], [], []
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
        elif before and before is not Findings(row.findings):
            lost.append((node, before))
    ledger.tell_lost_results(lost, facts.observed_at)
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
        nothing = {"baseline_id": "", "operation": "", "execution_type": "", "scanned_at": None, "scan_id": None}
        return {"findings": Findings.NEVER_SCANNED, **dict.fromkeys(COUNT_FIELDS, 0), **nothing}
    findings = findings_of(
        failed=state.failed, missing=state.missing, rejected=state.rejected, pending_reboot=state.pending_reboot
    )
    counts = {name: getattr(state, name) for name in COUNT_FIELDS}
    told = {"baseline_id": state.baseline_id, "operation": state.operation, "scanned_at": state.ended_at}
    return {**counts, **told, "findings": findings}
