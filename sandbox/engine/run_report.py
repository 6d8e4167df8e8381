"""Makes a node's report out of what was looked at: counts, and a finding for each patch that is not in order."""

from __future__ import annotations

import functools
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from sandbox.engine.approval import read_rules
from sandbox.engine.assessment import Assessment, Row
from sandbox.engine.baselines import patch_group_of
from sandbox.engine.fleet import Node
from sandbox.engine.reports import LEVELS, Finding, PatchState, Report, make_finding

if TYPE_CHECKING:
    from sandbox.engine.world import World

IN_ORDER = (PatchState.INSTALLED, PatchState.INSTALLED_OTHER)


@dataclass(frozen=True)
class Asked:
    """The parameters of one run, read."""

    operation: str
    override: str
    install_list: str
    reboot: str
    snapshot_id: str
    execution_id: str
    by_policy: bool
    began_at: datetime | None = None


def make_report(
    world: World, node: Node, asked: Asked, judged: Assessment, rules: str, baseline_id: str, snapshot_id: str
) -> Report:
    """What the node tells of itself now."""
    available = read_rules(rules).get("AvailableSecurityUpdatesComplianceStatus") != "NON_COMPLIANT"
    return Report(
        operation=asked.operation,
        baseline_id=baseline_id,
        snapshot_id=snapshot_id,
        execution_type="PatchPolicy" if asked.by_policy else "Command",
        execution_id=asked.execution_id,
        started_at=(asked.began_at or world.now()) + node.clock_ahead,
        ended_at=world.now() + node.clock_ahead,
        reboot_option=asked.reboot,
        rules=rules,
        findings=tuple(_finding(row, available) for row in judged.rows if row.state not in IN_ORDER),
        compliant=_compliant(judged, available),
        installed=len(judged.of_state(PatchState.INSTALLED)),
        installed_other=len(judged.of_state(PatchState.INSTALLED_OTHER)),
        not_applicable=judged.not_applicable,
        patch_group="" if asked.by_policy else patch_group_of(node),
        install_override_list=asked.install_list,
        last_no_reboot_at=node.installed_without_reboot_at,
    )


def _finding(row: Row, available_is_compliant: bool) -> Finding:
    is_available = row.state == PatchState.AVAILABLE_SECURITY_UPDATE
    return make_finding(
        row.patch.patch_id, row.state, row.ruling.level, row.patch.is_security, is_available and available_is_compliant
    )


def _compliant(judged: Assessment, available_is_compliant: bool) -> tuple[int, ...]:
    """How many patches in order there are of each level; what the baseline does not name has none."""
    good = (*IN_ORDER, PatchState.AVAILABLE_SECURITY_UPDATE) if available_is_compliant else IN_ORDER
    counted = Counter(
        row.ruling.level if row.state == PatchState.INSTALLED else "UNSPECIFIED"
        for row in judged.rows
        if row.state in good
    )
    return _shared(tuple(counted[level] for level in LEVELS))


@functools.lru_cache(maxsize=4096)
def _shared(counts: tuple[int, ...]) -> tuple[int, ...]:
    return counts
