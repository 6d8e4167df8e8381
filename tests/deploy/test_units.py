"""Policies over organizational units, which hold other units, and accounts that come, go and are suspended."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from policies.aws.connect import Aws
from policies.aws.stack_instances import read_instances
from policies.deploy import drift, start
from policies.domain.spec import AccountScope, PolicySpec
from policies.domain.status import DeploymentStatus
from policies.models import Policy
from sandbox.engine import membership
from sandbox.engine.world import World
from tests.deploy.conftest import NOW, Work

pytestmark = pytest.mark.django_db

LATER = NOW + timedelta(days=1)
TARGETS = "AWS-QuickSetup-PatchPolicy-TA-abcde"
WORKLOADS, PRODUCTION = "ou-demo-workload", "ou-demo-prod0001"
"""The one holds the other."""
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
