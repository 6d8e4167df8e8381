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
    "ssm:ListAssociations",
    "ssm:ListCommandInvocations",
}

PAGE = 50
SUMMARY = 512
"""Letters of a failed run's output that are kept: its end, where the reason stands."""
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
    last_run_at: datetime | None


@dataclass(frozen=True)
class PatchAssociations:
    """The associations of patch policies by their names, and all that patch (most policies' own among them).

    `count` is how many there are in all, whatever they run.
    """

    count: int
    of_policies: tuple[AssociationFact, ...]
    scanners: tuple[ScannerFact, ...]


@dataclass(frozen=True)
class ExecutionFact:
    """One execution with its targets by status. `fingerprint` changes whenever a target's status does."""

    execution_id: str
    created_at: datetime
    status: str
    counts: Mapping[str, int]

    @property
    def fingerprint(self) -> str:
        told = ", ".join(f"{status}={count}" for status, count in sorted(self.counts.items()))
        return f"{self.status} {{{told}}}"[:128]


@dataclass(frozen=True)
class ResultFact:
    """How one node fared in an execution. `command_id`: the command that State Manager sent it by, "" before that."""

    instance_id: str
    status: str
    detail: str
    at: datetime | None
    command_id: str


@dataclass(frozen=True)
class FailureFact:
    """What a node said of a failed run: the end of its output, and the exit code when there is one."""

    instance_id: str
    summary: str
    exit_code: int | None


def list_patch_associations(aws: Aws, region: str) -> PatchAssociations:
    """The associations in a Region whose name is a patch policy's, and those that run a patching document."""
    with asking("ssm:ListAssociations"):
        paginator = aws.client("ssm", region).get_paginator("list_associations")
        pages = paginator.paginate(PaginationConfig={"PageSize": PAGE})
        told = [association for page in pages for association in page["Associations"]]
    return PatchAssociations(
        len(told),
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
        last_run_at=told.get("LastExecutionDate"),
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
            e["ExecutionId"], e["CreatedTime"], e.get("Status", ""), _counts(e.get("ResourceCountByStatus", ""))
        )
        for e in told["AssociationExecutions"]
    )


def _counts(told: str) -> dict[str, int]:
    """ResourceCountByStatus, which is text such as {Success=4, Failed=1}."""
    return {status: int(count) for status, count in re.findall(r"(\w+)=(\d+)", told)}


def list_results(aws: Aws, region: str, association_id: str, execution_id: str) -> tuple[ResultFact, ...]:
    """How each node of an execution fared."""
    with asking("ssm:DescribeAssociationExecutionTargets"):
        paginator = aws.client("ssm", region).get_paginator("describe_association_execution_targets")
        pages = paginator.paginate(
            AssociationId=association_id, ExecutionId=execution_id, PaginationConfig={"PageSize": PAGE}
        )
        told = [target for page in pages for target in page["AssociationExecutionTargets"]]
    return tuple(_result(target) for target in told)


def _result(told: dict[str, Any]) -> ResultFact:
    return ResultFact(
        instance_id=told["ResourceId"],
        status=told.get("Status", ""),
        detail=told.get("DetailedStatus", ""),
        at=told.get("LastExecutionDate"),
        command_id=told.get("OutputSource", {}).get("OutputSourceId", ""),
    )


def list_failures(aws: Aws, region: str, command_id: str) -> tuple[FailureFact, ...]:
    """What the nodes said on which a command failed; a call for 50 of them."""
    with asking("ssm:ListCommandInvocations"):
        paginator = aws.client("ssm", region).get_paginator("list_command_invocations")
        pages = paginator.paginate(
            CommandId=command_id, Details=True, Filters=[{"key": "Status", "value": "Failed"}],
            PaginationConfig={"PageSize": PAGE},
        )  # fmt: skip
        told = [invocation for page in pages for invocation in page["CommandInvocations"]]
    return tuple(_failure(invocation) for invocation in told)


def _failure(told: dict[str, Any]) -> FailureFact:
    """A patch document has a step for each platform; the one that ran and failed tells the exit code."""
    failed = [step for step in told.get("CommandPlugins", ()) if step.get("ResponseCode", -1) > 0]
    output = failed[0].get("Output", "").strip() if failed else ""
    return FailureFact(
        told["InstanceId"], output[-SUMMARY:] or told.get("StatusDetails", ""),
        failed[0]["ResponseCode"] if failed else None,
    )  # fmt: skip
