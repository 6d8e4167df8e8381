"""Systems Manager: patch states and compliance, as the newest run of each node left them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sandbox.engine.associations import TargetResult
from sandbox.engine.errors import AwsError
from sandbox.engine.fleet import Node
from sandbox.engine.patching import Report, catalogue, is_installed
from sandbox.engine.world import World
from sandbox.paging import page
from sandbox.registry import Call, Parameters, operation, read_filters

NO_SEVERITIES = {f"{name}Count": 0 for name in ("Critical", "High", "Medium", "Low", "Informational", "Unspecified")}


def _reported(world: World, call: Call) -> list[tuple[Node, Report]]:
    nodes = world.fleet.within(call.account, call.region)
    return [(n, world.fleet.reports[n.instance_id]) for n in nodes if n.instance_id in world.fleet.reports]


@operation("ssm", "DescribeInstancePatchStates")
def describe_instance_patch_states(world: World, call: Call, parameters: Parameters) -> Parameters:
    """The counts of each node that ever reported."""
    wanted = set(parameters["InstanceIds"])
    shown = [(n, r) for n, r in _reported(world, call) if n.instance_id in wanted]
    items, more = page(shown, parameters, default=100)
    return {"InstancePatchStates": [_state(n, r) for n, r in items], **more}


def _state(node: Node, report: Report) -> dict[str, Any]:
    critical = sum(level == "CRITICAL" for level in report.levels.values())
    security = len(report.missing) - critical
    return {
        "InstanceId": node.instance_id,
        "PatchGroup": "",
        "BaselineId": report.baseline_id,
        "SnapshotId": report.snapshot_id,
        "InstalledCount": report.installed,
        "InstalledOtherCount": report.installed_other,
        "InstalledPendingRebootCount": len(report.pending_reboot),
        "InstalledRejectedCount": 0,
        "MissingCount": len(report.missing),
        "FailedCount": len(report.failed),
        "UnreportedNotApplicableCount": 0,
        "NotApplicableCount": report.not_applicable,
        "OperationStartTime": report.started_at,
        "OperationEndTime": report.ended_at,
        "Operation": report.operation,
        "RebootOption": report.reboot_option,
        "CriticalNonCompliantCount": critical,
        "SecurityNonCompliantCount": security,
        "OtherNonCompliantCount": len(report.pending_reboot) + len(report.failed),
    }


@operation("ssm", "DescribeInstancePatches")
def describe_instance_patches(world: World, call: Call, parameters: Parameters) -> Parameters:
    """Every patch of one node."""
    node = world.fleet.nodes.get(parameters["InstanceId"])
    report = world.fleet.reports.get(parameters["InstanceId"])
    if node is None or (node.account_id, node.region) != (call.account, call.region):
        raise AwsError("InvalidInstanceId", f"The instance ID {parameters['InstanceId']} is not valid.")
    filters = read_filters(parameters)
    patches = [p for p in _patches(world, node, report) if _passes(p, filters)] if report else []
    items, more = page(patches, parameters, default=50)
    return {"Patches": items, **more}


def _patches(world: World, node: Node, report: Report) -> list[dict[str, Any]]:
    told = []
    for patch in reversed(catalogue(world, node)):
        if patch.patch_id in report.missing:
            state = "Missing"
        elif patch.patch_id in report.pending_reboot:
            state = "InstalledPendingReboot"
        elif is_installed(node, patch):
            state = "Installed"
        else:
            continue
        row = {
            "Title": patch.title,
            "KBId": patch.patch_id,
            "Classification": patch.classification,
            "Severity": patch.severity,
            "State": state,
            "InstalledTime": node.installed.get(patch.patch_id, node.launched_at),
        }
        told.append({**row, "CVEIds": ",".join(patch.cves)} if state == "Missing" and patch.cves else row)
    return told


def _passes(patch: dict[str, Any], filters: dict[str, list[str]]) -> bool:
    return all(patch.get(key) in values for key, values in filters.items())


@dataclass(frozen=True, slots=True)
class _Summary:
    """A compliance summary before it is shown: all are listed, a page of them is counted and told."""

    node: Node
    told: Report | list[TargetResult]

    def counts(self) -> tuple[int, int]:
        """What is in order, and what is not."""
        if isinstance(self.told, Report):
            return self.told.installed, sum(map(len, (self.told.missing, self.told.pending_reboot, self.told.failed)))
        good = sum(result.status == "Success" for result in self.told)
        return good, len(self.told) - good

    def facts(self) -> dict[str, str]:
        """What filters look at."""
        return {
            "ComplianceType": "Patch" if isinstance(self.told, Report) else "Association",
            "ResourceType": "ManagedInstance",
            "ResourceId": self.node.instance_id,
            "Status": "NON_COMPLIANT" if self.counts()[1] else "COMPLIANT",
            "OverallSeverity": "UNSPECIFIED",
        }

    def execution(self, now: datetime) -> dict[str, Any]:
        """Of a patch report its own run; of associations the moment of asking."""
        if not isinstance(self.told, Report):
            return {"ExecutionTime": now}
        report = self.told
        return {"ExecutionTime": report.ended_at, "ExecutionId": report.execution_id,
                "ExecutionType": report.execution_type}  # fmt: skip


def _summaries(world: World, call: Call) -> Iterator[_Summary]:
    """One for each node and compliance type that it has."""
    latest = [a.latest for a in world.associations.within(call.account, call.region)]
    for node in world.fleet.within(call.account, call.region):
        report = world.fleet.reports.get(node.instance_id)
        if report:
            yield _Summary(node, report)
        results = [results[node.instance_id] for results in latest if node.instance_id in results]
        if ended := [result for result in results if result.at]:
            yield _Summary(node, ended)


def _show_summary(summary: _Summary, now: datetime) -> dict[str, Any]:
    good, bad = summary.counts()
    return {
        **summary.facts(),
        "ExecutionSummary": summary.execution(now),
        "CompliantSummary": {"CompliantCount": good, "SeveritySummary": _severities(good)},
        "NonCompliantSummary": {"NonCompliantCount": bad, "SeveritySummary": _severities(bad)},
    }


def _severities(unspecified: int) -> dict[str, int]:
    return NO_SEVERITIES | {"UnspecifiedCount": unspecified}


@operation("ssm", "ListResourceComplianceSummaries")
def list_resource_compliance_summaries(world: World, call: Call, parameters: Parameters) -> Parameters:
    """A summary for each node and compliance type."""
    filters = read_filters(parameters)
    rows = list(_summaries(world, call))
    if filters:
        rows = [r for r in rows if all(r.facts().get(key) in values for key, values in filters.items())]
    items, more = page(rows, parameters, default=50)
    now = world.now()
    return {"ResourceComplianceSummaryItems": [_show_summary(item, now) for item in items], **more}
