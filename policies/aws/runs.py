"""The runs of one association, asked for when somebody opens them: executions, their nodes, what a node answered."""

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
MOST_PAGES = 10
"""Pages of failed invocations that are read for the exit codes of one page of nodes."""
NOT_SENT = {"InvocationDoesNotExist", "InvalidCommandId", "InvalidPluginName"}


@dataclass(frozen=True)
class RunFact:
    """One execution; `counts`: nodes by State Manager's words."""

    execution_id: str
    status: str
    counts: Mapping[str, int]
    created_at: datetime


@dataclass(frozen=True)
class NodeRunFact:
    """How one node fared. `command_id`: the command that carried the run, "" when there is none."""

    instance_id: str
    status: str
    detail: str
    at: datetime | None
    command_id: str


@dataclass(frozen=True)
class NodeRunPage:
    """At most fifty nodes; `next_token` leads to more, "" at the end."""

    rows: tuple[NodeRunFact, ...]
    next_token: str


@dataclass(frozen=True)
class Answer:
    """What a node answered to a command. The texts are cut by AWS; S3 holds the whole."""

    exit_code: int
    status: str
    output: str
    errors: str


def list_runs(aws: Aws, region: str, association_id: str) -> tuple[RunFact, ...]:
    """The newest executions of an association, at most a page."""
    with asking("ssm:DescribeAssociationExecutions"):
        told = aws.client("ssm", region).describe_association_executions(AssociationId=association_id, MaxResults=PAGE)
    return tuple(_run(execution) for execution in told["AssociationExecutions"])


def _run(told: Mapping[str, Any]) -> RunFact:
    # ResourceCountByStatus is text: "{Success=4, Failed=1}" (aws-facts 4.4).
    counts = re.findall(r"(\w+)=(\d+)", told.get("ResourceCountByStatus", ""))
    return RunFact(
        told["ExecutionId"], told.get("Status", ""), {word: int(n) for word, n in counts}, told["CreatedTime"]
    )


def list_node_runs(
    aws: Aws, region: str, association_id: str, execution_id: str, status: str = "", token: str = ""
) -> NodeRunPage:
    """A page of an execution's nodes, of all or of those with a status."""
    filters = {"Filters": [{"Key": "Status", "Value": status}]} if status else {}
    more = {"NextToken": token} if token else {}
    return _targets(aws, region, association_id, execution_id, **filters, **more)


def find_node_run(
    aws: Aws, region: str, association_id: str, execution_id: str, instance_id: str
) -> NodeRunFact | None:
    """One node of an execution; None when it had no part in it."""
    only = [{"Key": "ResourceId", "Value": instance_id}]
    rows = _targets(aws, region, association_id, execution_id, Filters=only).rows
    return rows[0] if rows else None


def _targets(aws: Aws, region: str, association_id: str, execution_id: str, **asked: Any) -> NodeRunPage:
    with asking("ssm:DescribeAssociationExecutionTargets"):
        told = aws.client("ssm", region).describe_association_execution_targets(
            AssociationId=association_id, ExecutionId=execution_id, MaxResults=PAGE, **asked
        )
    return NodeRunPage(
        tuple(_node_run(target) for target in told["AssociationExecutionTargets"]), told.get("NextToken", "")
    )


def _node_run(told: Mapping[str, Any]) -> NodeRunFact:
    return NodeRunFact(
        instance_id=told["ResourceId"],
        status=told.get("Status", ""),
        detail=told.get("DetailedStatus", ""),
        at=told.get("LastExecutionDate"),
        command_id=told.get("OutputSource", {}).get("OutputSourceId", ""),
    )


def read_exit_codes(aws: Aws, region: str, command_id: str, instance_ids: Collection[str]) -> dict[str, int]:
    """The exit codes of those nodes that failed a command, as far as the first pages of its failures tell them."""
    with asking("ssm:ListCommandInvocations"):
        pages = (
            aws.client("ssm", region)
            .get_paginator("list_command_invocations")
            .paginate(
                CommandId=command_id,
                Details=True,
                Filters=[{"key": "Status", "value": "Failed"}],
                PaginationConfig={"PageSize": PAGE, "MaxItems": PAGE * MOST_PAGES},
            )
        )
        told = [found for page in pages for found in page["CommandInvocations"]]
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
