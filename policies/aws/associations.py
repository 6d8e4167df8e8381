"""The associations that patch in one account and Region, policies' and others', and how policies' runs went."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from policies.aws.connect import Aws
from policies.aws.errors import asking
from policies.domain.scanners import PATCH_DOCUMENTS, Target

PERMISSIONS = {
    "ssm:DescribeAssociationExecutionTargets",
    "ssm:DescribeAssociationExecutions",
    "ssm:DescribeInstanceAssociationsStatus",
    "ssm:ListAssociations",
}

PAGE = 50
NAME = re.compile(r"^AWS-QuickSetup-PatchPolicy-(\w+)-(TA|MA|LA)-([a-z0-9]{5})$")
PURPOSES = {"ScanForPatches": "scan", "InstallPatches": "install"}


@dataclass(frozen=True)
class AssociationFact:
    """One association of a policy. `purpose` is scan, install or access; `counts`: targets by status."""

    association_id: str
    name: str
    purpose: str
    configuration_id: str
    status: str
    counts: Mapping[str, int]
    last_run_at: datetime | None
    schedule: str
    targets: tuple[Target, ...]


@dataclass(frozen=True)
class ScannerFact:
    """An association that runs a patching document, whoever made it."""

    association_id: str
    name: str
    document: str
    schedule: str
    targets: tuple[Target, ...]


@dataclass(frozen=True)
class PatchAssociations:
    """The associations of patch policies by their names, and all that patch (most policies' own among them)."""

    of_policies: tuple[AssociationFact, ...]
    scanners: tuple[ScannerFact, ...]


@dataclass(frozen=True)
class ExecutionFact:
    """One execution. `fingerprint` changes whenever a target's status does."""

    execution_id: str
    created_at: datetime
    fingerprint: str


@dataclass(frozen=True)
class ResultFact:
    """How one node fared in an execution."""

    instance_id: str
    status: str
    detail: str
    at: datetime | None


@dataclass(frozen=True)
class FailureFact:
    """What a node said of a failed run: State Manager's summary, and the exit code when there is one."""

    association_id: str
    summary: str
    exit_code: int | None


def list_patch_associations(aws: Aws, region: str) -> PatchAssociations:
    """The associations in a Region whose name is a patch policy's, and those that run a patching document."""
    with asking("ssm:ListAssociations"):
        paginator = aws.client("ssm", region).get_paginator("list_associations")
        pages = paginator.paginate(PaginationConfig={"PageSize": PAGE})
        told = [association for page in pages for association in page["Associations"]]
    return PatchAssociations(
        tuple(fact for association in told if (fact := _fact(association))),
        tuple(_scanner(association) for association in told if association.get("Name") in PATCH_DOCUMENTS),
    )


def _scanner(told: dict[str, Any]) -> ScannerFact:
    return ScannerFact(
        association_id=told["AssociationId"],
        name=told.get("AssociationName", ""),
        document=told["Name"],
        schedule=told.get("ScheduleExpression", ""),
        targets=_targets(told),
    )


def _targets(told: dict[str, Any]) -> tuple[Target, ...]:
    return tuple(Target(t["Key"], tuple(t.get("Values", ()))) for t in told.get("Targets", ()))


def _fact(told: dict[str, Any]) -> AssociationFact | None:
    named = NAME.match(told.get("AssociationName", ""))
    if not named:
        return None
    overview = told.get("Overview", {})
    return AssociationFact(
        association_id=told["AssociationId"],
        name=told["AssociationName"],
        purpose=PURPOSES.get(named[1], "access"),
        configuration_id=named[3],
        status=overview.get("Status", "Pending"),
        counts=overview.get("AssociationStatusAggregatedCount", {}),
        last_run_at=told.get("LastExecutionDate"),
        schedule=told.get("ScheduleExpression", ""),
        targets=_targets(told),
    )


def list_executions(aws: Aws, region: str, association_id: str) -> tuple[ExecutionFact, ...]:
    """The newest executions of an association, at most a page."""
    ssm = aws.client("ssm", region)
    with asking("ssm:DescribeAssociationExecutions"):
        told = ssm.describe_association_executions(AssociationId=association_id, MaxResults=PAGE)
    return tuple(
        ExecutionFact(
            e["ExecutionId"], e["CreatedTime"], f"{e.get('Status', '')} {e.get('ResourceCountByStatus', '')}"[:128]
        )
        for e in told["AssociationExecutions"]
    )


def list_results(aws: Aws, region: str, association_id: str, execution_id: str) -> tuple[ResultFact, ...]:
    """How each node of an execution fared."""
    with asking("ssm:DescribeAssociationExecutionTargets"):
        paginator = aws.client("ssm", region).get_paginator("describe_association_execution_targets")
        pages = paginator.paginate(
            AssociationId=association_id, ExecutionId=execution_id, PaginationConfig={"PageSize": PAGE}
        )
        told = [target for page in pages for target in page["AssociationExecutionTargets"]]
    return tuple(
        ResultFact(t["ResourceId"], t.get("Status", ""), t.get("DetailedStatus", ""), t.get("LastExecutionDate"))
        for t in told
    )


def read_failures(aws: Aws, region: str, instance_id: str) -> tuple[FailureFact, ...]:
    """What a node's associations said when they failed there."""
    with asking("ssm:DescribeInstanceAssociationsStatus"):
        told = aws.client("ssm", region).describe_instance_associations_status(InstanceId=instance_id, MaxResults=PAGE)
    return tuple(
        FailureFact(info["AssociationId"], info.get("ExecutionSummary", ""), _exit_code(info))
        for info in told["InstanceAssociationStatusInfos"]
        if info.get("Status") == "Failed"
    )


def _exit_code(info: Mapping[str, Any]) -> int | None:
    """ErrorCode when it is a number; else the one that the summary names ("exit status 160")."""
    if str(info.get("ErrorCode", "")).isdecimal():
        return int(info["ErrorCode"])
    named = re.search(r"exit (?:status|code) (\d{1,3})\b", info.get("ExecutionSummary", ""))
    return int(named[1]) if named else None
