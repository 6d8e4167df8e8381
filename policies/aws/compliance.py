"""The newest patch state of nodes, and which kind of run wrote it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from policies.aws.connect import Aws
from policies.aws.errors import asking

PERMISSIONS = {"ssm:DescribeInstancePatchStates", "ssm:ListResourceComplianceSummaries"}

# DescribeInstancePatchStates takes at most 50 node ids.
BATCH = 50


@dataclass(frozen=True)
class PatchStateFact:
    """InstancePatchState of one node: its counts, and the run that wrote them."""

    instance_id: str
    baseline_id: str
    snapshot_id: str
    patch_group: str
    install_list: str
    operation: str
    reboot_option: str
    started_at: datetime
    ended_at: datetime
    missing: int
    failed: int
    pending_reboot: int
    rejected: int
    installed: int
    critical: int
    security: int
    other: int


@dataclass(frozen=True)
class SourceFact:
    """ExecutionSummary of a node's Patch compliance. `kind`: PatchPolicy, Command, or what else AWS says.

    `execution_id` is the id of the command that ran, also where State Manager sent it.
    """

    kind: str
    execution_id: str


def list_patch_states(aws: Aws, region: str, instance_ids: Sequence[str]) -> tuple[PatchStateFact, ...]:
    """The states of those nodes that ever reported."""
    facts: list[PatchStateFact] = []
    for start in range(0, len(instance_ids), BATCH):
        with asking("ssm:DescribeInstancePatchStates"):
            told = aws.client("ssm", region).describe_instance_patch_states(
                InstanceIds=list(instance_ids[start : start + BATCH]), MaxResults=BATCH
            )
        facts += [_fact(state) for state in told["InstancePatchStates"]]
    return tuple(facts)


def _fact(state: dict[str, Any]) -> PatchStateFact:
    return PatchStateFact(
        instance_id=state["InstanceId"],
        baseline_id=state.get("BaselineId", ""),
        snapshot_id=state.get("SnapshotId", ""),
        patch_group=state.get("PatchGroup", ""),
        install_list=state.get("InstallOverrideList", ""),
        operation=state.get("Operation", ""),
        reboot_option=state.get("RebootOption", ""),
        started_at=state["OperationStartTime"],
        ended_at=state["OperationEndTime"],
        missing=state.get("MissingCount", 0),
        failed=state.get("FailedCount", 0),
        pending_reboot=state.get("InstalledPendingRebootCount", 0),
        rejected=state.get("InstalledRejectedCount", 0),
        installed=state.get("InstalledCount", 0),
        critical=state.get("CriticalNonCompliantCount", 0),
        security=state.get("SecurityNonCompliantCount", 0),
        other=state.get("OtherNonCompliantCount", 0),
    )


def list_sources(aws: Aws, region: str) -> dict[str, SourceFact]:
    """Which kind of run wrote each node's Patch compliance, and its execution."""
    with asking("ssm:ListResourceComplianceSummaries"):
        paginator = aws.client("ssm", region).get_paginator("list_resource_compliance_summaries")
        pages = paginator.paginate(
            Filters=[{"Key": "ComplianceType", "Values": ["Patch"], "Type": "EQUAL"}],
            PaginationConfig={"PageSize": BATCH},
        )
        told = [item for page in pages for item in page["ResourceComplianceSummaryItems"]]
    return {item["ResourceId"]: _source(item.get("ExecutionSummary", {})) for item in told}


def _source(told: dict[str, Any]) -> SourceFact:
    return SourceFact(told.get("ExecutionType", ""), told.get("ExecutionId", ""))
