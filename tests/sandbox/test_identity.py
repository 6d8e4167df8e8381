"""Who may be whom, and what each account sees."""

from __future__ import annotations

from datetime import timedelta

import pytest
from botocore.exceptions import ClientError

from sandbox.engine.world import World
from tests.sandbox.conftest import MANAGEMENT, MEMBER, Connect

ROLE = f"arn:aws:iam::{MEMBER}:role/PatchPortal-ReadOnly"


def code_of(error: pytest.ExceptionInfo[ClientError]) -> str:
    return str(error.value.response["Error"]["Code"])


def test_a_key_carries_its_account(client: Connect) -> None:
    assert client("sts", MEMBER).get_caller_identity()["Account"] == MEMBER


def test_the_management_account_sees_every_account(client: Connect) -> None:
    assert len(client("organizations").list_accounts()["Accounts"]) == 7


def test_a_member_account_may_not_list_accounts(client: Connect) -> None:
    with pytest.raises(ClientError) as error:
        client("organizations", MEMBER).list_accounts()
    assert code_of(error) == "AccessDeniedException"


def test_a_role_is_assumed_with_its_external_id(client: Connect) -> None:
    given = client("sts").assume_role(RoleArn=ROLE, RoleSessionName="test", ExternalId="patchportal-demo")
    assert given["AssumedRoleUser"]["Arn"] == f"arn:aws:sts::{MEMBER}:assumed-role/PatchPortal-ReadOnly/test"


@pytest.mark.parametrize(
    "asked",
    [
        {"RoleArn": ROLE},
        {"RoleArn": ROLE, "ExternalId": "another"},
        {"RoleArn": f"arn:aws:iam::{MEMBER}:role/NoSuchRole", "ExternalId": "patchportal-demo"},
    ],
)
def test_a_role_is_refused_without_the_right_external_id(client: Connect, asked: dict[str, str]) -> None:
    with pytest.raises(ClientError) as error:
        client("sts").assume_role(RoleSessionName="test", **asked)
    assert code_of(error) == "AccessDenied"


def test_a_session_ends(client: Connect, world: World) -> None:
    client("sts").assume_role(RoleArn=ROLE, RoleSessionName="test", ExternalId="patchportal-demo")
    session = next(iter(world.sessions.values()))
    world.clock.advance(timedelta(hours=2))
    assert session.expires_at is not None
    assert session.expires_at < world.now()


def test_a_request_is_held_to_the_maximum_of_its_model(client: Connect) -> None:
    with pytest.raises(ClientError) as error:
        client("ssm").describe_instance_information(MaxResults=51)
    assert code_of(error) == "ValidationException"


def test_a_page_token_is_good_for_its_own_question_alone(client: Connect) -> None:
    token = client("organizations").list_accounts(MaxResults=3)["NextToken"]
    assert len(client("organizations").list_accounts(MaxResults=3, NextToken=token)["Accounts"]) == 3
    with pytest.raises(ClientError) as error:
        client("organizations").list_accounts_for_parent(ParentId="r-demo", NextToken=token)
    assert code_of(error) == "InvalidInputException"


def test_each_account_and_region_has_its_own_nodes(client: Connect) -> None:
    def nodes(account: str, region: str) -> set[str]:
        pages = client("ssm", account, region).get_paginator("describe_instance_information").paginate()
        return {n["InstanceId"] for page in pages for n in page["InstanceInformationList"]}

    shards = [nodes(a, r) for a in (MANAGEMENT, MEMBER) for r in ("us-east-1", "eu-west-1")]
    assert sum(len(s) for s in shards) == len(set().union(*shards))


def test_a_session_may_carry_tags_only_where_the_trust_lets_it(client: Connect) -> None:
    tags = [{"Key": "team", "Value": "red"}]
    with pytest.raises(ClientError, match="sts:TagSession"):
        client("sts").assume_role(RoleArn=ROLE, RoleSessionName="me", ExternalId="patchportal-demo", Tags=tags)


def test_a_session_policy_must_be_a_policy(client: Connect) -> None:
    with pytest.raises(ClientError) as error:
        client("sts").assume_role(RoleArn=ROLE, RoleSessionName="me", ExternalId="patchportal-demo", Policy="{}")
    assert code_of(error) == "MalformedPolicyDocument"


def test_a_session_tells_its_role_and_name(client: Connect) -> None:
    given = client("sts").assume_role(RoleArn=ROLE, RoleSessionName="me", ExternalId="patchportal-demo")
    me = client("sts", key=given["Credentials"]["AccessKeyId"]).get_caller_identity()
    assert me["UserId"] == given["AssumedRoleUser"]["AssumedRoleId"]
    assert me["Arn"] == given["AssumedRoleUser"]["Arn"]
