"""Who is signed in, and what the organization holds."""

from __future__ import annotations

from typing import Any

import pytest

from policies.aws import organization
from policies.aws.connect import Aws
from policies.aws.errors import AwsProblem
from policies.aws.organization import (
    AccountFact,
    Caller,
    Unit,
    list_accounts,
    list_regions,
    place_of,
    read_organization,
    who,
)
from policies.domain.resources import Place
from sandbox.engine.organization import Unit as SandboxUnit
from sandbox.engine.world import World
from sandbox.wire import Sandbox
from tests.worlds import MANAGEMENT, MEMBER, leave_organization, sign_in


def test_the_management_account_is_told_as_such_with_its_alias(aws: Aws) -> None:
    assert who(aws) == Caller(
        account_id=MANAGEMENT,
        alias="example-management",
        arn=f"arn:aws:iam::{MANAGEMENT}:user/administrator",
        is_management=True,
        organization_id="o-demoorg001",
        root_id="r-demo",
        management_account_id=MANAGEMENT,
    )


def test_a_member_account_knows_its_organization_but_does_not_manage_it(sandbox: Sandbox) -> None:
    caller = who(sign_in(sandbox, MEMBER))

    assert caller.is_member
    assert (caller.organization_id, caller.management_account_id) == ("o-demoorg001", MANAGEMENT)
    assert caller.root_id == ""


def test_a_lone_account_belongs_to_no_organization(sandbox: Sandbox, world: World) -> None:
    leave_organization(world, MEMBER)

    caller = who(sign_in(sandbox, MEMBER))

    assert caller == Caller(MEMBER, "", f"arn:aws:iam::{MEMBER}:user/administrator", is_management=False)
    assert not caller.is_member


def test_a_policy_lives_in_the_callers_account_and_partition() -> None:
    caller = Caller(MEMBER, "", f"arn:aws-us-gov:iam::{MEMBER}:root", is_management=False, organization_id="o-1")

    assert place_of(caller, "us-gov-west-1") == Place(MEMBER, "us-gov-west-1", "o-1", "", "aws-us-gov")


def test_units_come_parents_first_with_the_accounts_in_and_below_them(aws: Aws) -> None:
    assert read_organization(aws).units == (
        Unit("r-demo", "Root", "", "r-demo", 7),
        Unit("ou-demo-infra001", "Infrastructure", "r-demo", "r-demo/ou-demo-infra001", 2),
        Unit("ou-demo-workload", "Workloads", "r-demo", "r-demo/ou-demo-workload", 4),
        Unit(
            "ou-demo-prod0001",
            "Production",
            "ou-demo-workload",
            "r-demo/ou-demo-workload/ou-demo-prod0001",
            3,
        ),
    )


def test_every_page_of_units_is_read(aws: Aws, world: World) -> None:
    for number in range(45):
        unit_id = f"ou-demo-{number:08d}"
        world.organization.units[unit_id] = SandboxUnit(unit_id, f"Unit {number:02d}", "ou-demo-infra001")

    assert len(read_organization(aws).units) == 49


def test_accounts_say_where_they_lie_and_which_one_manages(aws: Aws) -> None:
    accounts = {account.account_id: account for account in list_accounts(aws)}

    assert len(accounts) == 7
    assert accounts[MANAGEMENT] == AccountFact(MANAGEMENT, "Example Management", "r-demo", "r-demo", True, True)
    assert accounts[MEMBER].unit_path == "r-demo/ou-demo-workload/ou-demo-prod0001"


def test_an_account_that_is_moved_while_the_tree_is_read_is_told_once(
    aws: Aws, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    account, last = world.organization.accounts[MANAGEMENT], read_organization(aws).units[-1].unit_id
    list_there = organization._accounts_in

    def list_then_move(aws: Aws, parent_id: str) -> list[dict[str, Any]]:
        listed = list_there(aws, parent_id)
        if parent_id == account.parent_id:
            account.parent_id = last
        return listed

    monkeypatch.setattr(organization, "_accounts_in", list_then_move)

    assert [a.unit_id for a in list_accounts(aws) if a.is_management] == [last]


def test_a_suspended_account_is_not_active(aws: Aws, world: World) -> None:
    world.organization.accounts[MEMBER].status = "SUSPENDED"

    assert [a.account_id for a in list_accounts(aws) if not a.is_active] == [MEMBER]


def test_a_member_account_sees_itself_alone(sandbox: Sandbox) -> None:
    organization = read_organization(sign_in(sandbox, MEMBER))

    assert organization.units == ()
    assert [account.account_id for account in organization.accounts] == [MEMBER]


def test_regions_say_whether_they_are_enabled(aws: Aws) -> None:
    regions = {region.name: region.is_enabled for region in list_regions(aws)}

    assert len(regions) == 16
    assert sorted(name for name, is_enabled in regions.items() if is_enabled) == [
        "ap-northeast-1",
        "eu-west-1",
        "us-east-1",
    ]


def test_credentials_that_aws_does_not_know_are_an_aws_problem(sandbox: Sandbox) -> None:
    aws = sign_in(sandbox, key="AKIANOTAKEYOFANYONE1")

    with pytest.raises(AwsProblem) as told:
        who(aws)

    assert (told.value.action, told.value.code) == ("sts:GetCallerIdentity", "InvalidClientTokenId")
