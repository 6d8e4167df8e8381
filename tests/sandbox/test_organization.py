"""The organization grows, is reshaped and shrinks; whoever may not do so is refused in Organizations' words."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sandbox.engine import membership
from sandbox.engine.organization import STACK_SETS_PRINCIPAL
from sandbox.engine.world import World
from tests.sandbox.conftest import MANAGEMENT, MEMBER, Connect

ROOT, WORKLOADS, PRODUCTION, SHARED = "r-demo", "ou-demo-workload", "ou-demo-prod0001", "ou-demo-infra001"


@pytest.fixture
def organizations(client: Connect) -> Any:
    """Organizations, asked by the management account."""
    return client("organizations")


def refused(action: Any, **parameters: Any) -> str:
    with pytest.raises(ClientError) as caught:
        action(**parameters)
    return str(caught.value.response["Error"]["Code"])


def let_pass(world: World, **step: float) -> None:
    world.clock.advance(timedelta(**step))
    world.tick()


def test_a_new_account_is_made_in_the_root_some_minutes_after_it_was_asked_for(
    organizations: Any, client: Connect, world: World
) -> None:
    asked = organizations.create_account(Email="new@example.com", AccountName="New", Tags=[{"Key": "a", "Value": "b"}])
    request_id = asked["CreateAccountStatus"]["Id"]
    assert asked["CreateAccountStatus"]["State"] == "IN_PROGRESS"

    let_pass(world, minutes=5)

    told = organizations.describe_create_account_status(CreateAccountRequestId=request_id)["CreateAccountStatus"]
    account = organizations.describe_account(AccountId=told["AccountId"])["Account"]
    assert (told["State"], account["Name"], account["Email"]) == ("SUCCEEDED", "New", "new@example.com")
    assert organizations.list_parents(ChildId=account["Id"])["Parents"] == [{"Id": ROOT, "Type": "ROOT"}]
    assert organizations.list_tags_for_resource(ResourceId=account["Id"])["Tags"] == [{"Key": "a", "Value": "b"}]
    role = f"arn:aws:iam::{account['Id']}:role/OrganizationAccountAccessRole"
    assert client("sts").assume_role(RoleArn=role, RoleSessionName="me")["AssumedRoleUser"]["Arn"].endswith("/me")


def test_an_address_makes_one_account_and_an_organization_has_a_quota(organizations: Any, world: World) -> None:
    organizations.create_account(Email="network@example.com", AccountName="Twin")
    for number in range(4):
        organizations.create_account(Email=f"n{number}@example.com", AccountName=f"N{number}")
    let_pass(world, minutes=5)
    failed = organizations.list_create_account_status(States=["FAILED"])["CreateAccountStatuses"]
    assert [each["FailureReason"] for each in failed] == ["EMAIL_ALREADY_EXISTS", "ACCOUNT_LIMIT_EXCEEDED"]


def test_a_unit_is_made_renamed_and_removed_when_it_holds_nothing(organizations: Any) -> None:
    made = organizations.create_organizational_unit(ParentId=ROOT, Name="Lab")["OrganizationalUnit"]
    organizations.update_organizational_unit(OrganizationalUnitId=made["Id"], Name="Labs")
    found = organizations.describe_organizational_unit(OrganizationalUnitId=made["Id"])["OrganizationalUnit"]
    assert found == {**made, "Name": "Labs"}

    organizations.move_account(AccountId=MEMBER, SourceParentId=PRODUCTION, DestinationParentId=made["Id"])
    assert refused(organizations.delete_organizational_unit, OrganizationalUnitId=made["Id"]) == (
        "OrganizationalUnitNotEmptyException"
    )
    organizations.move_account(AccountId=MEMBER, SourceParentId=made["Id"], DestinationParentId=PRODUCTION)
    organizations.delete_organizational_unit(OrganizationalUnitId=made["Id"])
    assert refused(organizations.describe_organizational_unit, OrganizationalUnitId=made["Id"]) == (
        "OrganizationalUnitNotFoundException"
    )


def test_a_name_is_given_once_in_a_parent_and_the_tree_is_five_levels_deep(organizations: Any) -> None:
    assert refused(organizations.create_organizational_unit, ParentId=ROOT, Name="Workloads") == (
        "DuplicateOrganizationalUnitException"
    )
    parent = ROOT
    for level in range(5):
        made = organizations.create_organizational_unit(ParentId=parent, Name=f"L{level}")
        parent = made["OrganizationalUnit"]["Id"]
    assert refused(organizations.create_organizational_unit, ParentId=parent, Name="L5") == (
        "ConstraintViolationException"
    )


def test_tags_of_an_account_come_and_go(organizations: Any) -> None:
    asked = {"ResourceId": "555566667777"}
    organizations.tag_resource(**asked, Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}])
    organizations.untag_resource(**asked, TagKeys=["a"])
    assert {t["Key"] for t in organizations.list_tags_for_resource(**asked)["Tags"]} == {"b"}


def test_an_account_is_moved_from_where_it_is_to_where_it_is_not(organizations: Any) -> None:
    move = organizations.move_account
    assert refused(move, AccountId=MEMBER, SourceParentId=SHARED, DestinationParentId=ROOT) == (
        "AccountNotFoundException"
    )
    assert refused(move, AccountId=MEMBER, SourceParentId=PRODUCTION, DestinationParentId=PRODUCTION) == (
        "DuplicateAccountException"
    )
    move(AccountId=MEMBER, SourceParentId=PRODUCTION, DestinationParentId=SHARED)
    children = organizations.list_children(ParentId=SHARED, ChildType="ACCOUNT")["Children"]
    assert {"Id": MEMBER, "Type": "ACCOUNT"} in children


def test_a_closed_account_is_pending_and_then_suspended(organizations: Any, world: World) -> None:
    organizations.close_account(AccountId=MEMBER)
    pending = organizations.describe_account(AccountId=MEMBER)["Account"]
    let_pass(world, minutes=5)
    closed = organizations.describe_account(AccountId=MEMBER)["Account"]
    assert (pending["Status"], closed["Status"], closed["State"]) == ("PENDING_CLOSURE", "SUSPENDED", "CLOSED")
    assert refused(organizations.close_account, AccountId=MEMBER) == "AccountAlreadyClosedException"
    assert refused(organizations.close_account, AccountId=MANAGEMENT) == "ConstraintViolationException"


def test_an_account_that_was_removed_is_a_lone_one(organizations: Any, client: Connect) -> None:
    organizations.remove_account_from_organization(AccountId=MEMBER)
    assert refused(organizations.describe_account, AccountId=MEMBER) == "AccountNotFoundException"
    alone = client("organizations", MEMBER)
    assert refused(alone.describe_organization) == "AWSOrganizationsNotInUseException"
    assert refused(alone.list_roots) == "AWSOrganizationsNotInUseException"


def test_a_member_may_go_but_neither_a_new_one_nor_the_management_account(
    organizations: Any, client: Connect, world: World
) -> None:
    newcomer = membership.join(world, "Newcomer", SHARED)
    assert refused(client("organizations", newcomer.account_id).leave_organization) == "ConstraintViolationException"
    assert refused(organizations.leave_organization) == "MasterCannotLeaveOrganizationException"
    client("organizations", MEMBER).leave_organization()
    assert MEMBER not in world.organization.accounts


def test_a_delegated_administrator_reads_and_does_not_change(organizations: Any, client: Connect) -> None:
    member = client("organizations", MEMBER)
    assert refused(member.list_accounts) == "AccessDeniedException"

    organizations.register_delegated_administrator(AccountId=MEMBER, ServicePrincipal=STACK_SETS_PRINCIPAL)

    assert len(member.list_accounts()["Accounts"]) == 7
    assert refused(member.close_account, AccountId="222233334444") == "AccessDeniedException"
    [administrator] = organizations.list_delegated_administrators()["DelegatedAdministrators"]
    [service] = organizations.list_delegated_services_for_account(AccountId=MEMBER)["DelegatedServices"]
    assert (administrator["Id"], service["ServicePrincipal"]) == (MEMBER, STACK_SETS_PRINCIPAL)


def test_delegation_needs_trust_and_ends_before_it(organizations: Any) -> None:
    register, service = organizations.register_delegated_administrator, "ssm.amazonaws.com"
    assert refused(register, AccountId=MEMBER, ServicePrincipal=service) == "ConstraintViolationException"
    organizations.enable_aws_service_access(ServicePrincipal=service)
    register(AccountId=MEMBER, ServicePrincipal=service)
    assert refused(register, AccountId=MEMBER, ServicePrincipal=service) == "AccountAlreadyRegisteredException"
    assert refused(register, AccountId=MANAGEMENT, ServicePrincipal=service) == "ConstraintViolationException"
    disable = organizations.disable_aws_service_access
    assert refused(disable, ServicePrincipal=service) == "ConstraintViolationException"
    assert refused(organizations.remove_account_from_organization, AccountId=MEMBER) == "ConstraintViolationException"

    organizations.deregister_delegated_administrator(AccountId=MEMBER, ServicePrincipal=service)
    disable(ServicePrincipal=service)
    trusted = organizations.list_aws_service_access_for_organization()["EnabledServicePrincipals"]
    assert service not in {each["ServicePrincipal"] for each in trusted}


def test_accounts_are_told_page_by_page_each_once(organizations: Any, world: World) -> None:
    for number in range(40):
        membership.join(world, f"Team {number}", WORKLOADS)
    pages = list(organizations.get_paginator("list_accounts").paginate())
    ids = [account["Id"] for page in pages for account in page["Accounts"]]
    assert (len(pages), len(ids), len(set(ids))) == (3, 47, 47)
