"""Policies over organizational units, which hold other units, and accounts that come, go and are suspended."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from policies.aws.connect import Aws
from policies.aws.stack_instances import read_instances
from policies.deploy import drift, resume, start
from policies.domain.spec import AccountScope, PolicySpec
from policies.domain.status import DeploymentStatus
from policies.models import Policy
from sandbox.engine import membership
from sandbox.engine.world import World
from sandbox.wire import Sandbox
from tests.deploy.conftest import NOW, Work
from tests.worlds import sign_in

pytestmark = pytest.mark.django_db

LATER, LATER_STILL = NOW + timedelta(days=1), NOW + timedelta(days=2)
TARGETS = "AWS-QuickSetup-PatchPolicy-TA-abcde"
WORKLOADS, PRODUCTION, INFRASTRUCTURE = "ou-demo-workload", "ou-demo-prod0001", "ou-demo-infra001"
"""The first holds the second."""
TEAM, SHOP, BILLING, ANALYTICS = "444455556666", "555566667777", "666677778888", "777788889999"


def over(spec: PolicySpec, *unit_ids: str) -> PolicySpec:
    return replace(spec, targets=replace(spec.targets, account_scope=AccountScope.UNITS, unit_ids=unit_ids))


def make(spec: PolicySpec, work: Work, aws: Aws) -> Policy:
    return work(start.create_policy(spec, "ann", aws, NOW, lambda: "abcde")).policy


def accounts(aws: Aws) -> list[str]:
    return sorted(one.account_id for one in read_instances(aws, TARGETS, "us-east-1"))


def differs(policy: Policy, aws: Aws) -> bool:
    return not drift.find_drift(policy, aws)[0].is_empty


@pytest.mark.parametrize(
    ("stays", "expected"),
    [(WORKLOADS, [TEAM, SHOP, BILLING, ANALYTICS]), (PRODUCTION, [SHOP, BILLING, ANALYTICS])],
)
def test_a_unit_that_goes_takes_no_account_from_one_that_stays(
    stays: str, expected: list[str], spec: PolicySpec, work: Work, aws: Aws
) -> None:
    policy = make(over(spec, WORKLOADS, PRODUCTION), work, aws)

    edited = work(start.edit_policy(policy, over(spec, stays), "ann", aws, LATER))

    assert edited.status == DeploymentStatus.SUCCEEDED
    assert accounts(aws) == expected
    assert not differs(policy, aws)


def test_a_deletion_lets_go_of_suspended_accounts(spec: PolicySpec, work: Work, aws: Aws, world: World) -> None:
    policy = make(spec, work, aws)
    membership.suspend(world, SHOP)

    deleted = work(start.delete_policy(policy, "ann", aws, LATER))

    policy.refresh_from_db()
    assert deleted.status == DeploymentStatus.SUCCEEDED
    assert policy.deleted_at is not None


def test_an_edit_that_leaves_a_region_leaves_it_in_suspended_accounts_too(
    spec: PolicySpec, work: Work, aws: Aws, world: World
) -> None:
    wide = replace(spec, targets=replace(spec.targets, regions=("us-east-1", "eu-west-1")))
    policy = make(wide, work, aws)
    membership.suspend(world, SHOP)

    work(start.edit_policy(policy, spec, "ann", aws, LATER))

    assert {one.region for one in read_instances(aws, TARGETS, "us-east-1")} == {"us-east-1"}
    assert not differs(policy, aws)


def test_a_unit_without_an_account_does_not_differ_and_goes_like_any_other(
    spec: PolicySpec, work: Work, aws: Aws, world: World
) -> None:
    for account_id in (SHOP, BILLING, ANALYTICS):
        membership.leave(world, account_id)
    policy = make(over(spec, PRODUCTION), work, aws)

    assert not differs(policy, aws)
    assert work(start.delete_policy(policy, "ann", aws, LATER)).status == DeploymentStatus.SUCCEEDED


def protect(sandbox: Sandbox, is_on: bool, region: str = "us-east-1") -> None:
    """Keep the policy's stack in an account from being deleted, or let it be deleted."""
    cfn = sign_in(sandbox, SHOP).client("cloudformation", region)
    [name] = [stack["StackName"] for stack in cfn.describe_stacks()["Stacks"] if TARGETS in stack["StackName"]]
    cfn.update_termination_protection(StackName=name, EnableTerminationProtection=is_on)


def test_a_retry_removes_a_region_that_an_edit_could_not_leave(
    spec: PolicySpec, work: Work, aws: Aws, sandbox: Sandbox
) -> None:
    wide = replace(spec, targets=replace(spec.targets, regions=("us-east-1", "eu-west-1")))
    policy = make(wide, work, aws)
    protect(sandbox, True, "eu-west-1")
    edited = work(start.edit_policy(policy, spec, "ann", aws, LATER))
    assert edited.status == DeploymentStatus.PARTIAL
    protect(sandbox, False, "eu-west-1")

    resume.retry(edited, "ann", LATER_STILL)

    assert work(edited).status == DeploymentStatus.SUCCEEDED
    assert not differs(policy, aws)


def test_a_retry_removes_a_unit_that_an_edit_could_not_leave(
    spec: PolicySpec, work: Work, aws: Aws, sandbox: Sandbox
) -> None:
    policy = make(over(spec, PRODUCTION, INFRASTRUCTURE), work, aws)
    protect(sandbox, True)
    edited = work(start.edit_policy(policy, over(spec, INFRASTRUCTURE), "ann", aws, LATER))
    assert SHOP in accounts(aws)
    protect(sandbox, False)

    resume.retry(edited, "ann", LATER_STILL)

    assert work(edited).status == DeploymentStatus.SUCCEEDED
    assert SHOP not in accounts(aws)


@pytest.fixture
def half_deleted(spec: PolicySpec, work: Work, aws: Aws, sandbox: Sandbox) -> Policy:
    """A policy whose deletion failed in one account, which would let it go by now."""
    policy = make(spec, work, aws)
    protect(sandbox, True)
    assert work(start.delete_policy(policy, "ann", aws, LATER)).status == DeploymentStatus.FAILED
    protect(sandbox, False)
    return policy


def test_a_second_deletion_removes_what_the_first_one_left(half_deleted: Policy, work: Work, aws: Aws) -> None:
    deleted = work(start.delete_policy(half_deleted, "ann", aws, LATER_STILL))

    assert deleted.status == DeploymentStatus.SUCCEEDED


def test_a_deletion_that_failed_is_undone(half_deleted: Policy, work: Work, aws: Aws) -> None:
    failed = half_deleted.deployments.first()
    assert failed

    undone = work(start.undo(failed, "ann", aws, LATER_STILL))

    assert undone.status == DeploymentStatus.PARTIAL
    assert len(accounts(aws)) == 6
    assert not differs(half_deleted, aws)
