"""Where a stack set is deployed: the operations over its account-Regions, and how each of them stands."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from policies.aws.connect import Aws
from policies.aws.errors import PermanentProblem, asking
from policies.domain.status import InstanceStatus

PERMISSIONS = {
    "cloudformation:CreateStackInstances",
    "cloudformation:DeleteStackInstances",
    "cloudformation:DescribeStackSetOperation",
    "cloudformation:ListStackInstances",
    "cloudformation:ListStackSetAutoDeploymentTargets",
    "cloudformation:ListStackSetOperationResults",
    "cloudformation:StopStackSetOperation",
    "cloudformation:UpdateStackInstances",
}

EVERYWHERE_AT_ONCE = {
    "RegionConcurrencyType": "PARALLEL",
    "MaxConcurrentPercentage": 100,
    "FailureTolerancePercentage": 100,
    "ConcurrencyMode": "SOFT_FAILURE_TOLERANCE",
}
"""An account that refuses must not keep the others from their patches; who failed is told and can be retried."""

STOPPABLE = {"QUEUED", "RUNNING"}
OPEN = {*STOPPABLE, "STOPPING"}


@dataclass(frozen=True)
class OperationState:
    """How an operation stands: CloudFormation's status, what it said, and how many stack instances failed."""

    status: str
    reason: str = ""
    failed_instances: int = 0

    @property
    def is_open(self) -> bool:
        return self.status in OPEN

    @property
    def is_queued(self) -> bool:
        """Whether it waits for another operation of the set."""
        return self.status == "QUEUED"

    @property
    def can_be_stopped(self) -> bool:
        return self.status in STOPPABLE


@dataclass(frozen=True)
class InstanceFact:
    """One account-Region of a set, with the unit that it came with. `reason` is CloudFormation's own text, hostile."""

    account_id: str
    region: str
    status: InstanceStatus
    reason: str = ""
    is_current: bool = False
    unit_id: str = ""


@dataclass(frozen=True)
class Where:
    """The places of one operation: units, or accounts, or the accounts that lie in the units; over Regions."""

    regions: tuple[str, ...]
    unit_ids: tuple[str, ...] = ()
    account_ids: tuple[str, ...] = ()

    def to_request(self) -> dict[str, Any]:
        """The members of a stack instances request that name these places."""
        if not self.unit_ids:
            return {"Accounts": list(self.account_ids), "Regions": list(self.regions)}
        targets: dict[str, Any] = {"OrganizationalUnitIds": list(self.unit_ids)}
        if self.account_ids:
            targets |= {"Accounts": list(self.account_ids), "AccountFilterType": "INTERSECTION"}
        return {"DeploymentTargets": targets, "Regions": list(self.regions)}


def create_instances(aws: Aws, name: str, region: str, where: Where, operation_id: str) -> None:
    """Start deploying to these places; those that have an instance are deployed again."""
    request = {**where.to_request(), "OperationPreferences": EVERYWHERE_AT_ONCE, "OperationId": operation_id}
    with starting("cloudformation:CreateStackInstances"):
        aws.client("cloudformation", region).create_stack_instances(StackSetName=name, **request)


def redeploy_instances(aws: Aws, name: str, region: str, where: Where, operation_id: str) -> None:
    """Start deploying the set's template again to places that have an instance."""
    request = {**where.to_request(), "OperationPreferences": EVERYWHERE_AT_ONCE, "OperationId": operation_id}
    with starting("cloudformation:UpdateStackInstances"):
        aws.client("cloudformation", region).update_stack_instances(StackSetName=name, **request)


def delete_instances(
    aws: Aws, name: str, region: str, where: Where, operation_id: str, *, retains: bool = False
) -> None:
    """Start removing the instances of these places with their stacks, or with `retains` without them."""
    request = {**where.to_request(), "OperationPreferences": EVERYWHERE_AT_ONCE, "OperationId": operation_id}
    with starting("cloudformation:DeleteStackInstances"):
        aws.client("cloudformation", region).delete_stack_instances(StackSetName=name, RetainStacks=retains, **request)


def read_operation(aws: Aws, name: str, region: str, operation_id: str) -> OperationState | None:
    """How the operation stands; None when CloudFormation never heard of it."""
    try:
        with asking("cloudformation:DescribeStackSetOperation"):
            told = aws.client("cloudformation", region).describe_stack_set_operation(
                StackSetName=name, OperationId=operation_id
            )["StackSetOperation"]
    except PermanentProblem as problem:
        if problem.code in ("OperationNotFoundException", "StackSetNotFoundException"):
            return None
        raise
    failed = int(told.get("StatusDetails", {}).get("FailedStackInstancesCount", 0))
    return OperationState(told["Status"], told.get("StatusReason", ""), failed)


def stop_operation(aws: Aws, name: str, region: str, operation_id: str) -> None:
    """Let the operation begin no further place; places that it works on go to their end. One that ended is success."""
    try:
        with asking("cloudformation:StopStackSetOperation"):
            aws.client("cloudformation", region).stop_stack_set_operation(StackSetName=name, OperationId=operation_id)
    except PermanentProblem as problem:
        if problem.code != "InvalidOperationException":
            raise


def count_results(aws: Aws, name: str, region: str, operation_id: str) -> Counter[str]:
    """How many places of the operation have which status (SUCCEEDED, CANCELLED, ...); none has when it never began."""
    with asking("cloudformation:ListStackSetOperationResults"):
        paginator = aws.client("cloudformation", region).get_paginator("list_stack_set_operation_results")
        pages = paginator.paginate(StackSetName=name, OperationId=operation_id)
        return Counter(told["Status"] for page in pages for told in page["Summaries"])


def read_instances(aws: Aws, name: str, region: str) -> Iterator[InstanceFact]:
    """Every account-Region of the set, page by page; none when the set is gone."""
    try:
        with asking("cloudformation:ListStackInstances"):
            pages = aws.client("cloudformation", region).get_paginator("list_stack_instances")
            for page in pages.paginate(StackSetName=name):
                yield from (_instance(told) for told in page["Summaries"])
    except PermanentProblem as problem:
        if problem.code != "StackSetNotFoundException":
            raise


def units_of(instances: Iterable[InstanceFact]) -> tuple[str, ...]:
    """The units that these came with, in order; () in a set that is not service-managed."""
    return tuple(sorted({one.unit_id for one in instances if one.unit_id}))


def read_awaiting_regions(aws: Aws, name: str, region: str) -> tuple[str, ...]:
    """The Regions in which accounts that join the set's units are deployed to by themselves, in order.

    One page has them all: it takes 100 units, more than a policy may name.
    """
    with asking("cloudformation:ListStackSetAutoDeploymentTargets"):
        told = aws.client("cloudformation", region).list_stack_set_auto_deployment_targets(StackSetName=name)
    return tuple(sorted({each for unit in told["Summaries"] for each in unit["Regions"]}))


@contextmanager
def starting(action: str) -> Iterator[None]:
    """Like `asking`, for a request that begins an operation: one that runs already by this id is success."""
    try:
        with asking(action):
            yield
    except PermanentProblem as problem:
        if problem.code != "OperationIdAlreadyExistsException":
            raise


def _instance(told: Mapping[str, Any]) -> InstanceFact:
    detailed = told.get("StackInstanceStatus", {}).get("DetailedStatus", "")
    if told.get("Status") == "INOPERABLE":
        detailed = "INOPERABLE"
    return InstanceFact(
        account_id=told["Account"],
        region=told["Region"],
        status=_status(detailed),
        reason=told.get("StatusReason", ""),
        is_current=told.get("Status") == "CURRENT",
        unit_id=told.get("OrganizationalUnitId", ""),
    )


def _status(detailed: str) -> InstanceStatus:
    if detailed == "FAILED_IMPORT":
        return InstanceStatus.FAILED
    known = {str(status).upper(): status for status in InstanceStatus}
    return known.get(detailed, InstanceStatus.PENDING)
