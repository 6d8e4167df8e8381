"""Systems Manager: patch states and compliance, as the newest run of each node left them."""

from __future__ import annotations

from typing import Any

from sandbox.engine.errors import AwsError
from sandbox.engine.fleet import Node
from sandbox.engine.patching import Report, catalogue, is_installed
from sandbox.engine.world import World
from sandbox.paging import page
from sandbox.registry import Call, Parameters, operation, read_filters

SEVERITIES = ("Critical", "High", "Medium", "Low", "Informational", "Unspecified")


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


def _items(world: World, node: Node) -> list[dict[str, Any]]:
    """The compliance summary of a node for each compliance type it has."""
    told = []
    report = world.fleet.reports.get(node.instance_id)
    if report:
        bad = len(report.missing) + len(report.pending_reboot) + len(report.failed)
        summary = {"ExecutionTime": report.ended_at, "ExecutionId": report.execution_id,
                   "ExecutionType": report.execution_type}  # fmt: skip
        told.append(_summary(node, "Patch", report.installed, bad, summary))
    results = [a.latest[node.instance_id] for a in world.associations.within(node.account_id, node.region)
               if node.instance_id in a.latest and a.latest[node.instance_id].at]  # fmt: skip
    if results:
        bad = sum(r.status != "Success" for r in results)
        told.append(_summary(node, "Association", len(results) - bad, bad, {"ExecutionTime": world.now()}))
    return told


def _summary(node: Node, kind: str, good: int, bad: int, execution: dict[str, Any]) -> dict[str, Any]:
    return {
        "ComplianceType": kind,
        "ResourceType": "ManagedInstance",
        "ResourceId": node.instance_id,
        "Status": "NON_COMPLIANT" if bad else "COMPLIANT",
        "OverallSeverity": "UNSPECIFIED",
        "ExecutionSummary": execution,
        "CompliantSummary": {"CompliantCount": good, "SeveritySummary": _severities(good)},
        "NonCompliantSummary": {"NonCompliantCount": bad, "SeveritySummary": _severities(bad)},
    }


def _severities(unspecified: int) -> dict[str, int]:
    return {f"{name}Count": unspecified if name == "Unspecified" else 0 for name in SEVERITIES}


@operation("ssm", "ListResourceComplianceSummaries")
def list_resource_compliance_summaries(world: World, call: Call, parameters: Parameters) -> Parameters:
    """A summary for each node and compliance type."""
    filters = read_filters(parameters)
    rows = [row for node in world.fleet.within(call.account, call.region) for row in _items(world, node)]
    shown = [r for r in rows if all(r.get(key) in values for key, values in filters.items())]
    items, more = page(shown, parameters, default=50)
    return {"ResourceComplianceSummaryItems": items, **more}
