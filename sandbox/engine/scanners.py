"""What else scans nodes beside a patch policy, set up as its owner would: each overwrites what the policy reported.

Quick Setup's Host Management, Patch now, a maintenance window, an association of somebody's own (aws-facts 7.2).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from sandbox.engine.trust import Principal
from sandbox.registry import Call, perform

if TYPE_CHECKING:
    from sandbox.engine.world import World

EVERY_NODE = ({"Key": "InstanceIds", "Values": ["*"]},)
HOST_MANAGEMENT_ID = "h7x2k"

Targets = tuple[dict[str, Any], ...]


def _ask(world: World, account_id: str, region: str, action: str, parameters: dict[str, Any]) -> dict[str, Any]:
    return perform(world, Call(Principal(account_id), region, "ssm", action), parameters)


def _associate(world: World, account_id: str, region: str, **parameters: Any) -> str:
    told = _ask(world, account_id, region, "CreateAssociation", parameters)
    return str(told["AssociationDescription"]["AssociationId"])


def add_host_management(world: World, account_id: str, region: str) -> str:
    """Quick Setup's Host Management: a scan of every node, each day. The association's id."""
    return _associate(
        world, account_id, region,
        Name="AWS-RunPatchBaselineAssociation",
        AssociationName=f"AWS-QuickSetup-SSMHostMgmt-ScanForPatches-{HOST_MANAGEMENT_ID}",
        Parameters={"Operation": ["Scan"]},
        Targets=list(EVERY_NODE),
        ScheduleExpression="rate(1 day)",
    )  # fmt: skip


def patch_now(
    world: World, account_id: str, region: str, operation: str = "Scan", targets: Targets = EVERY_NODE
) -> str:
    """Somebody presses Patch now: an association that runs once. Its id. The name is UNVERIFIED (aws-facts 7.2)."""
    return _associate(
        world, account_id, region,
        Name="AWS-RunPatchBaseline",
        AssociationName="AWS-PatchNowAssociation",
        Parameters={"Operation": [operation], "RebootOption": ["RebootIfNeeded"]},
        Targets=list(targets),
    )  # fmt: skip


def add_maintenance_window(
    world: World, account_id: str, region: str, operation: str = "Scan", schedule: str = "cron(0 3 * * ? *)"
) -> str:
    """A window that runs AWS-RunPatchBaseline on every node, each night. Its id."""

    def ask(action: str, **parameters: Any) -> dict[str, Any]:
        return _ask(world, account_id, region, action, parameters)

    window = str(ask(
        "CreateMaintenanceWindow", Name="nightly-patching", Schedule=schedule, Duration=3, Cutoff=1,
        AllowUnassociatedTargets=False,
    )["WindowId"])  # fmt: skip
    target = ask(
        "RegisterTargetWithMaintenanceWindow", WindowId=window, ResourceType="INSTANCE", Targets=list(EVERY_NODE)
    )
    ask(
        "RegisterTaskWithMaintenanceWindow", WindowId=window, TaskType="RUN_COMMAND", TaskArn="AWS-RunPatchBaseline",
        Targets=[{"Key": "WindowTargetIds", "Values": [target["WindowTargetId"]]}], MaxConcurrency="50", MaxErrors="50",
        TaskInvocationParameters={"RunCommand": {"Parameters": {"Operation": [operation]}}},
    )  # fmt: skip
    return window


def add_own_association(world: World, account_id: str, region: str) -> str:
    """An association that somebody made without a thought of the policy. Its id."""
    return _associate(
        world, account_id, region,
        Name="AWS-RunPatchBaseline",
        AssociationName="patch-scan-by-hand",
        Parameters={"Operation": ["Scan"]},
        Targets=list(EVERY_NODE),
        ScheduleExpression="rate(12 hours)",
    )  # fmt: skip


SCANNERS: dict[str, Callable[[World, str, str], str]] = {
    "host-management": add_host_management,
    "patch-now": patch_now,
    "maintenance-window": add_maintenance_window,
    "own-association": add_own_association,
}
"""Each by the name that worlds and the control page know it by."""
