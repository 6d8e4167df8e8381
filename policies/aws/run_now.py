"""Scans and installations at once in one account and Region: a policy's associations, or Run Command on chosen nodes.

Neither request has an idempotency token. Both are sent once, and can be found again afterwards: an association by an
execution that began since, a command by its comment.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from policies.aws.connect import Aws
from policies.aws.errors import asking

PERMISSIONS = {
    "ssm:DescribeAssociationExecutions",
    "ssm:ListCommands",
    "ssm:SendCommand",
    "ssm:StartAssociationsOnce",
}

DOCUMENT = "AWS-RunPatchBaseline"
MOST_NODES = 50
"""Instance ids that one SendCommand takes."""
MOST_ASSOCIATIONS = 10
"""Associations that one StartAssociationsOnce takes (aws-facts 4.3)."""
GOING_ON = {"Pending", "InProgress", "Cancelling", "Delayed"}
COUNT = re.compile(r"(\w+)=(\d+)")


@dataclass(frozen=True)
class RunState:
    """How far a run is: whether it has ended, and nodes by State Manager's or Run Command's status."""

    is_over: bool
    counts: Mapping[str, int]


def start_associations(aws: Aws, region: str, association_ids: Sequence[str]) -> None:
    """Run associations now, once more whenever it is called."""
    with asking("ssm:StartAssociationsOnce"):
        aws.client("ssm", region, once=True).start_associations_once(AssociationIds=list(association_ids))


def read_execution(aws: Aws, region: str, association_id: str, since: datetime) -> RunState | None:
    """The first execution of an association after a moment of AWS's clock; None while there is none."""
    after = {"Key": "CreatedTime", "Value": f"{since:%Y-%m-%dT%H:%M:%SZ}", "Type": "GREATER_THAN"}
    with asking("ssm:DescribeAssociationExecutions"):
        told = aws.client("ssm", region).describe_association_executions(AssociationId=association_id, Filters=[after])
    executions = told["AssociationExecutions"]
    if not executions:
        return None
    first = min(executions, key=lambda each: each["CreatedTime"])
    counts = {status: int(count) for status, count in COUNT.findall(first.get("ResourceCountByStatus", ""))}
    return RunState(first.get("Status", "Pending") not in GOING_ON, counts)


def send_command(
    aws: Aws, region: str, instance_ids: Sequence[str], parameters: Mapping[str, str], comment: str, **extra: Any
) -> str:
    """Run AWS-RunPatchBaseline on nodes now, once more whenever it is called; the command's id."""
    with asking("ssm:SendCommand"):
        answer = aws.client("ssm", region, once=True).send_command(
            DocumentName=DOCUMENT,
            InstanceIds=list(instance_ids),
            Parameters={name: [value] for name, value in parameters.items()},
            Comment=comment,
            **extra,
        )
    return str(answer["Command"]["CommandId"])


def find_command(aws: Aws, region: str, comment: str, since: datetime) -> str:
    """The id of the command with this comment that was sent after a moment of AWS's clock; "" when there is none."""
    after = {"key": "InvokedAfter", "value": f"{since:%Y-%m-%dT%H:%M:%SZ}"}
    with asking("ssm:ListCommands"):
        pages = aws.client("ssm", region).get_paginator("list_commands").paginate(Filters=[after])
        found = [each["CommandId"] for page in pages for each in page["Commands"] if each.get("Comment") == comment]
    return str(found[0]) if found else ""


def read_command(aws: Aws, region: str, command_id: str) -> RunState:
    """How far a command is."""
    with asking("ssm:ListCommands"):
        [told] = aws.client("ssm", region).list_commands(CommandId=command_id)["Commands"]
    failed = told["ErrorCount"] + told.get("DeliveryTimedOutCount", 0)
    counts = {
        "Success": told["CompletedCount"] - failed,
        "Failed": failed,
        "Pending": told["TargetCount"] - told["CompletedCount"],
    }
    return RunState(told["Status"] not in GOING_ON, {status: count for status, count in counts.items() if count > 0})
