"""Systems Manager: patch states of nodes, as the newest run of each left them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from sandbox.engine.assessment import Assessment, Row, assess
from sandbox.engine.errors import AwsError
from sandbox.engine.fleet import Node
from sandbox.engine.reports import Finding, PatchState, Report
from sandbox.engine.systems import Packaging
from sandbox.engine.world import World
from sandbox.paging import page
from sandbox.registry import Call, Parameters, operation, read_filters

NEVER = datetime(1970, 1, 1, tzinfo=UTC)
PATCH_FILTERS = {"Classification", "KBId", "Severity", "State"}
COMPARISONS: dict[str, Callable[[int, int], bool]] = {
    "Equal": lambda count, wanted: count == wanted,
    "NotEqual": lambda count, wanted: count != wanted,
    "LessThan": lambda count, wanted: count < wanted,
    "GreaterThan": lambda count, wanted: count > wanted,
}
COUNTED = (
    "InstalledCount", "InstalledOtherCount", "InstalledPendingRebootCount", "InstalledRejectedCount", "MissingCount",
    "FailedCount", "UnreportedNotApplicableCount", "NotApplicableCount",
)  # fmt: skip


def reports_within(world: World, call: Call) -> list[tuple[Node, Report]]:
    """The nodes of an account and Region that ever reported, with what they told last."""
    nodes = world.fleet.within(call.account, call.region)
    return [(n, world.fleet.reports[n.instance_id]) for n in nodes if n.instance_id in world.fleet.reports]


@operation("ssm", "DescribeInstancePatchStates", takes="InstanceIds MaxResults NextToken")
def describe_instance_patch_states(world: World, call: Call, parameters: Parameters) -> Parameters:
    """The counts of each of these nodes that ever reported; others are passed over."""
    nodes = [world.fleet.nodes[i] for i in dict.fromkeys(parameters["InstanceIds"]) if _is_here(world, call, i)]
    shown = [(n, world.fleet.reports[n.instance_id]) for n in nodes if n.instance_id in world.fleet.reports]
    items, more = page(shown, parameters, default=100)
    return {"InstancePatchStates": [show_state(n, r) for n, r in items], **more}


def _is_here(world: World, call: Call, instance_id: str) -> bool:
    node = world.fleet.nodes.get(instance_id)
    return node is not None and (node.account_id, node.region) == (call.account, call.region)


@operation("ssm", "DescribeInstancePatchStatesForPatchGroup", takes="PatchGroup Filters MaxResults NextToken")
def describe_states_for_group(world: World, call: Call, parameters: Parameters) -> Parameters:
    """The counts of the nodes that reported as members of a patch group."""
    states = [show_state(n, r) for n, r in reports_within(world, call) if r.patch_group == parameters["PatchGroup"]]
    for wanted in parameters.get("Filters") or []:
        if wanted["Key"] not in COUNTED or not all(value.isdecimal() for value in wanted["Values"]):
            raise AwsError("InvalidFilter", f"The filter {wanted['Key']} is not valid.")
        compare = COMPARISONS[wanted["Type"]]
        states = [s for s in states if any(compare(s[wanted["Key"]], int(v)) for v in wanted["Values"])]
    items, more = page(states, parameters, default=100)
    return {"InstancePatchStates": items, **more}


def show_state(node: Node, report: Report) -> dict[str, Any]:
    """InstancePatchState: the counts of a node's newest report."""
    told = {
        "InstanceId": node.instance_id,
        "PatchGroup": report.patch_group,
        "BaselineId": report.baseline_id,
        "SnapshotId": report.snapshot_id,
        "InstallOverrideList": report.install_override_list or None,
        "OwnerInformation": "",
        **report.state_counts,
        "UnreportedNotApplicableCount": 0,
        "OperationStartTime": report.started_at,
        "OperationEndTime": report.ended_at,
        "Operation": report.operation,
        "LastNoRebootInstallOperationTime": report.last_no_reboot_at,
        "RebootOption": report.reboot_option,
        **_wrong_counts(report.wrong),
    }
    if node.system.packaging is Packaging.WINDOWS:
        told["AvailableSecurityUpdateCount"] = len(report.of_state(PatchState.AVAILABLE_SECURITY_UPDATE))
    return {name: value for name, value in told.items() if value is not None}


def _wrong_counts(wrong: tuple[Finding, ...]) -> dict[str, int]:
    """What is out of order, each patch once: critical for the baseline, else security, else other."""
    critical = sum(f.level == "CRITICAL" for f in wrong)
    security = sum(f.is_security and f.level != "CRITICAL" for f in wrong)
    return {
        "CriticalNonCompliantCount": critical,
        "SecurityNonCompliantCount": security,
        "OtherNonCompliantCount": len(wrong) - critical - security,
    }


@operation("ssm", "DescribeInstancePatches", takes="InstanceId Filters MaxResults NextToken")
def describe_instance_patches(world: World, call: Call, parameters: Parameters) -> Parameters:
    """Every patch of one node that is reported by name, as its newest report judged it."""
    if not _is_here(world, call, parameters["InstanceId"]):
        raise AwsError("InvalidInstanceId", f"The instance ID {parameters['InstanceId']} is not valid.")
    node, report = world.fleet.nodes[parameters["InstanceId"]], world.fleet.reports.get(parameters["InstanceId"])
    filters = read_filters(parameters)
    if set(filters) - PATCH_FILTERS:
        raise AwsError("InvalidFilter", f"The filter {min(set(filters) - PATCH_FILTERS)} is not valid.")
    rows = [_show_row(row, state) for row, state in rows_of(world, node, report)] if report else []
    shown = [r for r in rows if all(r[key] in values for key, values in filters.items())]
    items, more = page(shown, parameters, default=50)
    return {"Patches": items, **more}


def rows_of(world: World, node: Node, report: Report) -> list[tuple[Row, PatchState]]:
    """The patches of a node with their states when it reported; what happened since is not told."""
    judged: Assessment = assess(world, node, report.rules, report.ended_at)
    told = {f.patch_id: f.state for f in report.findings}
    rows = [(row, told.get(row.patch.patch_id, row.state)) for row in judged.rows]
    good = (PatchState.INSTALLED, PatchState.INSTALLED_OTHER)
    return [(row, state) for row, state in rows if row.patch.patch_id in told or state in good]


def _show_row(row: Row, state: PatchState) -> dict[str, Any]:
    patch = row.patch
    told = {
        "Title": patch.title,
        "KBId": patch.kb_id,
        "Classification": patch.classification,
        "Severity": patch.severity,
        "State": str(state),
        "InstalledTime": row.installed_at or NEVER,
    }
    lacks = state in (PatchState.MISSING, PatchState.FAILED)
    return {**told, "CVEIds": ",".join(patch.cves)} if lacks and patch.cves else told
