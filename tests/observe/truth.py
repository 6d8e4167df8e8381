"""What the sandbox knows of a fleet, read off its objects and reckoned without the portal's code."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sandbox.engine.fleet import Node
from sandbox.engine.node_access import is_managed
from sandbox.engine.reports import PatchState, Report
from sandbox.engine.world import World
from tests.observe.fleet_machine import PLACES, FleetMachine

FAILED_WORDS = {"Failed", "TimedOut", "Cancelled"}
WORST = (
    ("failed", (PatchState.FAILED,)),
    ("missing", (PatchState.MISSING, PatchState.INSTALLED_REJECTED)),
    ("pending_reboot", (PatchState.INSTALLED_PENDING_REBOOT,)),
)
KINDS = {
    "AWS-QuickSetup-SSMHostMgmt-ScanForPatches-h7x2k": "host-management",
    "AWS-PatchNowAssociation": "patch-now",
    "patch-scan-by-hand": "association",
}
COUNTED = (PatchState.MISSING, PatchState.FAILED, PatchState.INSTALLED_PENDING_REBOOT, PatchState.INSTALLED_REJECTED)
SHOWN = ("day", "week", "longer", "never", "uncovered", "several", "up_to_date", "missing", "pending_reboot", "failed",
         "never_scanned", "compliant", "non_compliant", "pending", "critical", "security", "other", "nodes",
         "missing_patches")  # fmt: skip
"""What a tally tells."""


@dataclass(frozen=True)
class Known:
    """A node that Systems Manager manages. `source`: kind and name of who made its newest result, a policy's id too.

    `source` is None when there is no result, or when nobody can tell any more. `statuses` by policy.
    """

    instance_id: str
    account_id: str
    region: str
    operating_system: str
    findings: str
    counts: tuple[int, ...]
    lacks: tuple[int, int, int]
    scanned_at: datetime | None
    source: tuple[str, str] | None
    statuses: dict[str, str]


def read_truth(machine: FleetMachine) -> dict[str, Known]:
    """Every managed node by its id."""
    nodes = (node for place in PLACES for node in machine.world.fleet.within(*place))
    return {node.instance_id: _know(machine, node) for node in nodes if is_managed(machine.world, node)}


def _know(machine: FleetMachine, node: Node) -> Known:
    report = machine.world.fleet.reports.get(node.instance_id)
    return Known(
        node.instance_id, node.account_id, node.region, node.operating_system,
        findings=_findings(report),
        counts=tuple(len(report.of_state(state)) if report else 0 for state in COUNTED),
        lacks=_lacks(report),
        scanned_at=report.ended_at if report else None,
        source=_source(machine, report) if report else None,
        statuses=_statuses(machine, node),
    )  # fmt: skip


def _findings(report: Report | None) -> str:
    if report is None:
        return "never_scanned"
    states = {finding.state for finding in report.findings}
    return next((word for word, telling in WORST if states & set(telling)), "up_to_date")


def _lacks(report: Report | None) -> tuple[int, int, int]:
    """Patches out of order: critical by the baseline, security among the rest, others."""
    wrong = report.wrong if report else ()
    critical = [f for f in wrong if f.level == "CRITICAL"]
    security = [f for f in wrong if f.level != "CRITICAL" and f.is_security]
    return len(critical), len(security), len(wrong) - len(critical) - len(security)


def _source(machine: FleetMachine, report: Report) -> tuple[str, str] | None:
    if report.execution_id in machine.commands:
        return "command", ""
    ours = {association_id: name for (name, _, _), association_id in machine.associations.items()}
    for association in machine.world.associations.all.values():
        if report.execution_id in {execution.command_id for execution in association.executions}:
            name = association.facts["AssociationName"]
            policy = ours.get(association.association_id)
            return ("policy", policy) if policy else (KINDS[name], name)
    for window in machine.world.windows.all.values():
        if report.execution_id in {task.command_id for run in window.runs for task in run.tasks}:
            return "maintenance-window", window.facts["Name"]
    return None


def _statuses(machine: FleetMachine, node: Node) -> dict[str, str]:
    words: dict[str, set[str]] = {}
    for (policy, _, _), association_id in machine.associations.items():
        execution = machine.newest.get((association_id, node.instance_id))
        if execution:
            words.setdefault(policy, set()).add(execution.results[node.instance_id].status)
    return {policy: _status(told) for policy, told in words.items()}


def _status(words: set[str]) -> str:
    if words & FAILED_WORDS:
        return "non_compliant"
    return "compliant" if "Success" in words else "pending"


def count(nodes: Iterable[Known], as_of: datetime, policy: str = "") -> dict[str, int]:
    """What a tally of these nodes tells; of a policy's part only its own statuses are counted."""
    told = dict.fromkeys(SHOWN, 0)
    for node in nodes:
        told["nodes"] += 1
        told["missing_patches"] += node.counts[0]
        told[_age(node, as_of)] += 1
        told[node.findings] += 1
        told["uncovered"] += not node.statuses
        told["several"] += len(node.statuses) > 1
        for name, lacking in zip(("critical", "security", "other"), node.lacks, strict=True):
            told[name] += lacking > 0
        for name, status in node.statuses.items():
            told[status] += policy in ("", name)
    return told


def _age(node: Known, as_of: datetime) -> str:
    if node.scanned_at is None:
        return "never"
    age = as_of - node.scanned_at
    return "day" if age <= timedelta(days=1) else "week" if age <= timedelta(days=7) else "longer"


def unit_of(world: World, account_id: str) -> str:
    """The unit that an account lies in."""
    return world.organization.accounts[account_id].parent_id
