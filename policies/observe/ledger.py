"""Writes the compliance ledger while a shard is stored: runs, results with their sources, and why statuses changed.

A result names the command that made it. Where it has not been read yet who sent that, its author is found at a later
reading (`attribute`), and the changes that it shows are explained again.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from policies.aws.associations import Purpose
from policies.aws.compliance import PatchStateFact, SourceFact
from policies.domain.baselines import BaselineRules, rules_from_override
from policies.domain.ledger import (
    GONE,
    PRESENT,
    FlipCause,
    FlipKind,
    Result,
    explain_findings,
    explain_policy,
    explain_presence,
    is_flip,
)
from policies.domain.scanners import ScannerKind
from policies.domain.status import Findings, PolicyStatus
from policies.models import Flip, Node, NodeCompliance, NodePolicy, OverrideVersion, Policy, Run, Scan, Shard
from policies.observe.installs import find_installs
from policies.observe.rows import BATCH, fit
from policies.observe.run_reading import RunFacts
from policies.observe.sources import Author, Sources

DOUBTFUL = (FlipCause.REPLACED, FlipCause.CHANGED_BY_HAND, FlipCause.UNEXPLAINED)
"""Causes for want of an installation that is known."""


@dataclass(frozen=True)
class Scanned:
    """A node with a result that is new: its row, which says so already, what its findings were, and who scanned."""

    node: Node
    row: NodeCompliance
    before: Findings | None
    state: PatchStateFact
    source: SourceFact | None


def tell_presence(nodes: Iterable[Node], after: str, at: datetime) -> None:
    """Nodes that are gone, or back."""
    before = PRESENT if after == GONE else GONE
    flips = [
        Flip(
            node=node, kind=FlipKind.PRESENCE, before=before, after=after, cause=explain_presence(after),
            happened_at=at, seen_at=at,
        )
        for node in nodes
    ]  # fmt: skip
    Flip.objects.bulk_create(flips, batch_size=BATCH)


def policy_flip(row: NodePolicy, before: PolicyStatus, at: datetime, *, is_dropped: bool) -> Flip:
    """A node's status under a policy has changed to what its row says now; `is_dropped`: by what counts no more."""
    telling = row.results.get(row.purpose, {})
    after = PolicyStatus(row.status)
    return Flip(
        node_id=row.node_id, kind=FlipKind.POLICY, policy_id=row.policy_id, before=before, after=after,
        cause=FlipCause.ASSOCIATION_GONE if is_dropped else explain_policy(after, telling.get("status", "")),
        execution_id=telling.get("execution_id", ""),
        exit_code=row.exit_code, happened_at=at if is_dropped else row.executed_at or at, seen_at=at,
    )  # fmt: skip


def tell_lost_results(lost: Iterable[tuple[Node, Findings]], at: datetime) -> None:
    """Nodes of which AWS had a result, and has none any more: a node that is registered anew begins without."""
    flips = [
        Flip(
            node=node, kind=FlipKind.FINDINGS, before=before, after=Findings.NEVER_SCANNED,
            cause=FlipCause.RESULT_LOST, happened_at=at, seen_at=at,
        )
        for node, before in lost
    ]  # fmt: skip
    Flip.objects.bulk_create(flips, batch_size=BATCH)


def store_runs(shard: Shard, runs: Sequence[RunFacts], policies: Mapping[str, Policy]) -> frozenset[str]:
    """Keep the executions that were seen; the commands that are known now."""
    rows = [
        Run(
            policy=policies[run.association.configuration_id], shard=shard, purpose=run.association.purpose,
            association_id=run.association.association_id, execution_id=execution.execution_id,
            command_id=run.commands.get(execution.execution_id, ""), status=execution.status[:32],
            counts=dict(execution.counts), created_at=execution.created_at,
        )
        for run in runs
        if run.association.purpose is not Purpose.ACCESS
        for execution in run.executions
    ]  # fmt: skip
    told, seen = [row for row in rows if row.command_id], [row for row in rows if not row.command_id]
    keys = ["association_id", "execution_id"]
    Run.objects.bulk_create(
        told,
        batch_size=BATCH,
        update_conflicts=True,
        unique_fields=keys,
        update_fields=["command_id", "status", "counts"],
    )
    Run.objects.bulk_create(
        seen, batch_size=BATCH, update_conflicts=True, unique_fields=keys, update_fields=["status", "counts"]
    )
    for run in runs:
        for execution_id in set(run.commands) - {execution.execution_id for execution in run.executions}:
            passed_over = Run.objects.filter(shard=shard, execution_id=execution_id)
            passed_over.update(command_id=run.commands[execution_id])
    return frozenset(command_id for run in runs for command_id in run.commands.values())


def keep_scans(shard: Shard, scanned: Sequence[Scanned], at: datetime) -> None:
    """A row for each new result, which the node's compliance points to from now on, and why its findings changed."""
    if not scanned:
        return
    sources = Sources(shard, [each.source.execution_id for each in scanned if each.source])
    previous = Scan.objects.select_related("version").in_bulk([e.row.scan_id for e in scanned if e.row.scan_id])
    rows = [_scan(each, sources, at) for each in scanned]
    Scan.objects.bulk_create(
        rows, batch_size=BATCH, update_conflicts=True, unique_fields=["node", "ended_at", "snapshot_id"],
        update_fields=["seen_at"],
    )  # fmt: skip
    flips = []
    for each, row in zip(scanned, rows, strict=True):
        before = previous.get(each.row.scan_id) if each.row.scan_id else None
        each.row.scan = row
        if is_flip(each.before, Findings(row.findings)):
            flips.append(_findings_flip(each, before, row))
    _explain(shard, flips)
    Flip.objects.bulk_create(flips, batch_size=BATCH)


def _scan(each: Scanned, sources: Sources, at: datetime) -> Scan:
    state, source = each.state, each.source or SourceFact("", "")
    said = {
        "execution_id": source.execution_id, "execution_type": source.kind, "operation": state.operation,
        "baseline_id": state.baseline_id, "snapshot_id": state.snapshot_id, "patch_group": state.patch_group,
        "install_list": state.install_list,
    }  # fmt: skip
    scan = Scan(
        node=each.node, findings=each.row.findings, missing=state.missing, failed=state.failed,
        pending_reboot=state.pending_reboot, rejected=state.rejected, installed=state.installed,
        started_at=state.started_at, ended_at=state.ended_at, seen_at=at, **fit(Scan, said),
    )  # fmt: skip
    for name, value in sources.author_of(scan).fields.items():
        setattr(scan, name, value)
    return scan


def _findings_flip(each: Scanned, before: Scan | None, scan: Scan) -> Flip:
    """It happened when the scan ended by the node's clock, but not after it was seen: that clock may be ahead."""
    return Flip(
        node=each.node, kind=FlipKind.FINDINGS, policy_id=scan.policy_id, before=str(each.before),
        after=scan.findings, scan=scan, previous=before, execution_id=scan.execution_id,
        happened_at=min(scan.ended_at, scan.seen_at), seen_at=scan.seen_at,
    )  # fmt: skip


def attribute(shard: Shard, commands: Collection[str]) -> None:
    """Find who made results that were kept before it was read who sent these commands."""
    waiting = list(Scan.objects.filter(node__shard=shard, run=None, execution_id__in=commands))
    if not waiting:
        return
    sources, scans = Sources(shard, commands), dict[Author, list[int]]()
    for scan in waiting:
        scans.setdefault(sources.author_of(scan), []).append(scan.pk)
    for author, pks in scans.items():
        Scan.objects.filter(pk__in=pks).update(**author.fields)
    told = [scan.pk for scan in waiting]
    _explain_again(shard, Q(scan__in=told) | Q(previous__in=told))


def explain_anew(shard: Shard, installed: Collection[int]) -> None:
    """On these nodes a policy installed, which was not known yet when a later result was explained."""
    _explain_again(shard, Q(node__in=installed, cause__in=DOUBTFUL))


def _explain_again(shard: Shard, where: Q) -> None:
    """A change without a result before it keeps its cause: it shows a first scan, or that result is forgotten."""
    flips = list(Flip.objects.filter(where, scan__isnull=False).select_related("node", "scan", "previous"))
    for flip in flips:
        flip.policy_id = flip.scan.policy_id if flip.scan else None
    _explain(shard, [flip for flip in flips if flip.previous])
    Flip.objects.bulk_update(flips, ["cause", "policy"], batch_size=BATCH)


def _explain(shard: Shard, flips: Sequence[Flip]) -> None:
    """Give each change of findings its cause."""
    if not flips:
        return
    versions = OverrideVersion.objects.in_bulk(
        [s.version_id for flip in flips for s in (flip.scan, flip.previous) if s and s.version_id]
    )
    installs = find_installs(shard, flips)
    for flip in flips:
        system = flip.node.operating_system
        before, after = (_result(scan, system, versions) for scan in (flip.previous, flip.scan))
        if after:
            flip.cause = explain_findings(before, after, installs.get(flip.node_id, ()))


def _result(scan: Scan | None, system: str, versions: Mapping[int, OverrideVersion]) -> Result | None:
    if scan is None:
        return None
    version = versions.get(scan.version_id) if scan.version_id else None
    return Result(
        source=ScannerKind(scan.source), author=str(scan.policy_id or scan.scanner), operation=scan.operation,
        baseline_id=scan.baseline_id, ended_at=scan.ended_at, missing=scan.missing, failed=scan.failed,
        pending_reboot=scan.pending_reboot, rejected=scan.rejected, installed=scan.installed, system=system,
        rules=rules_of(version, system) if version else None,
    )  # fmt: skip


def rules_of(version: OverrideVersion, system: str) -> BaselineRules | None:
    """What a version of the file says for an operating system."""
    elements = json.loads(version.body)
    return next((rules_from_override(each) for each in elements if each["OperatingSystem"] == system), None)
