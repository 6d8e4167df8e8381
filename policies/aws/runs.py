"""The runs of one association: executions, their nodes, what nodes answered."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from policies.aws.connect import Aws
from policies.aws.errors import PermanentProblem, asking

PERMISSIONS = {
    "ssm:DescribeAssociationExecutionTargets",
    "ssm:DescribeAssociationExecutions",
    "ssm:GetCommandInvocation",
    "ssm:ListCommandInvocations",
}

PAGE = 50
SUMMARY = 512
"""Letters of a failed run's output that are kept: its end, where the reason stands."""
MOST_PAGES = 10
"""Pages of failed invocations that are read for the exit codes of one page of nodes."""
NOT_SENT = {"InvocationDoesNotExist", "InvalidCommandId", "InvalidPluginName"}


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


@dataclass(frozen=True)
class ResultPage:
    """At most fifty nodes; `next_token` leads to more, "" at the end."""

    rows: tuple[ResultFact, ...]
    next_token: str


@dataclass(frozen=True)
class Answer:
    """What a node answered to a command. The texts are cut by AWS; S3 holds the whole."""

    exit_code: int
    status: str
    output: str
    errors: str


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


def read_results(
    aws: Aws, region: str, association_id: str, execution_id: str, status: str = "", token: str = ""
) -> ResultPage:
    """A page of an execution's nodes, of all or of those with a status."""
    filters = {"Filters": [{"Key": "Status", "Value": status}]} if status else {}
    more = {"NextToken": token} if token else {}
    return _targets(aws, region, association_id, execution_id, **filters, **more)


def find_result(aws: Aws, region: str, association_id: str, execution_id: str, instance_id: str) -> ResultFact | None:
    """One node of an execution; None when it had no part in it."""
    only = [{"Key": "ResourceId", "Value": instance_id}]
    rows = _targets(aws, region, association_id, execution_id, Filters=only).rows
    return rows[0] if rows else None


def _targets(aws: Aws, region: str, association_id: str, execution_id: str, **asked: Any) -> ResultPage:
    with asking("ssm:DescribeAssociationExecutionTargets"):
        told = aws.client("ssm", region).describe_association_execution_targets(
            AssociationId=association_id, ExecutionId=execution_id, MaxResults=PAGE, **asked
        )
    return ResultPage(
        tuple(_result(target) for target in told["AssociationExecutionTargets"]), told.get("NextToken", "")
    )


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
    return tuple(_failure(invocation) for invocation in _failed_invocations(aws, region, command_id))


def _failed_invocations(aws: Aws, region: str, command_id: str, most: int | None = None) -> list[dict[str, Any]]:
    with asking("ssm:ListCommandInvocations"):
        paginator = aws.client("ssm", region).get_paginator("list_command_invocations")
        pages = paginator.paginate(
            CommandId=command_id, Details=True, Filters=[{"key": "Status", "value": "Failed"}],
            PaginationConfig={"PageSize": PAGE, "MaxItems": most},
        )  # fmt: skip
        return [invocation for page in pages for invocation in page["CommandInvocations"]]


def _failure(told: dict[str, Any]) -> FailureFact:
    """A patch document has a step for each platform; the one that ran and failed tells the exit code."""
    failed = [step for step in told.get("CommandPlugins", ()) if step.get("ResponseCode", -1) > 0]
    output = failed[0].get("Output", "").strip() if failed else ""
    return FailureFact(
        told["InstanceId"], output[-SUMMARY:] or told.get("StatusDetails", ""),
        failed[0]["ResponseCode"] if failed else None,
    )  # fmt: skip


def read_exit_codes(aws: Aws, region: str, command_id: str, instance_ids: Collection[str]) -> dict[str, int]:
    """The exit codes of those nodes that failed a command, as far as the first pages of its failures tell them."""
    told = _failed_invocations(aws, region, command_id, PAGE * MOST_PAGES)
    return {i["InstanceId"]: code for i in told if i["InstanceId"] in instance_ids and (code := _exit_code(i))}


def _exit_code(invocation: Mapping[str, Any]) -> int:
    """The worst of the steps: those of other platforms are skipped with 0."""
    return max((step.get("ResponseCode", 0) for step in invocation.get("CommandPlugins", [])), default=0)


def read_answer(aws: Aws, region: str, command_id: str, instance_id: str, step: str) -> Answer | None:
    """What a node answered in a step of a command; None when the command did not reach it so far."""
    try:
        with asking("ssm:GetCommandInvocation"):
            told = aws.client("ssm", region).get_command_invocation(
                CommandId=command_id, InstanceId=instance_id, PluginName=step
            )
    except PermanentProblem as problem:
        if problem.code in NOT_SENT:
            return None
        raise
    return Answer(
        told.get("ResponseCode", -1),
        told.get("StatusDetails", ""),
        told.get("StandardOutputContent", ""),
        told.get("StandardErrorContent", ""),
    )
