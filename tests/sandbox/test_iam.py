"""IAM's own operations: roles, their policies and profiles, made, read back, changed and removed."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.sandbox.conftest import MEMBER, Connect
from tests.sandbox.state_manager import refusal

TRUST = {"Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "ec2.amazonaws.com"}}]}
READ = {"Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}
WRITE = {"Statement": [{"Effect": "Allow", "Action": "s3:PutObject", "Resource": "*"}]}
CORE = "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"


@pytest.fixture
def iam(client: Connect) -> Any:
    """A member's IAM with a role of its own."""
    door = client("iam", MEMBER)
    door.create_role(RoleName="mine", AssumeRolePolicyDocument=json.dumps(TRUST), Tags=[{"Key": "a", "Value": "1"}])
    return door


def make_policy(iam: Any) -> str:
    return str(iam.create_policy(PolicyName="reading", PolicyDocument=json.dumps(READ))["Policy"]["Arn"])


def test_a_policy_tells_page_by_page_to_whom_it_is_attached(iam: Any) -> None:
    arn = make_policy(iam)
    iam.create_role(RoleName="other", AssumeRolePolicyDocument=json.dumps(TRUST))
    for name in ("other", "mine"):
        iam.attach_role_policy(RoleName=name, PolicyArn=arn)
    iam.attach_user_policy(UserName="administrator", PolicyArn=arn)

    pages = iam.get_paginator("list_entities_for_policy").paginate(PolicyArn=arn, PaginationConfig={"PageSize": 1})
    roles = iam.list_entities_for_policy(PolicyArn=arn, EntityFilter="Role")

    assert [role["RoleName"] for page in pages for role in page["PolicyRoles"]] == ["mine", "other"]
    assert (len(roles["PolicyRoles"]), roles["PolicyUsers"]) == (2, [])
    assert iam.list_entities_for_policy(PolicyArn=arn, EntityFilter="User")["PolicyUsers"][0]["UserName"] == (
        "administrator"
    )
    assert refusal(iam.list_entities_for_policy, PolicyArn=f"{arn}-none") == "NoSuchEntity"


def test_a_role_is_changed_and_tells_so(iam: Any) -> None:
    other = {"Statement": [{**TRUST["Statement"][0], "Principal": {"AWS": MEMBER}}]}
    iam.update_assume_role_policy(RoleName="mine", PolicyDocument=json.dumps(other))
    iam.update_role(RoleName="mine", Description="of mine", MaxSessionDuration=7200)
    iam.put_role_permissions_boundary(RoleName="mine", PermissionsBoundary=CORE)

    role = iam.get_role(RoleName="mine")["Role"]

    assert role["AssumeRolePolicyDocument"]["Statement"][0]["Principal"] == {"AWS": MEMBER}
    assert (role["Description"], role["MaxSessionDuration"]) == ("of mine", 7200)
    assert role["PermissionsBoundary"]["PermissionsBoundaryArn"] == CORE
    iam.delete_role_permissions_boundary(RoleName="mine")
    assert "PermissionsBoundary" not in iam.get_role(RoleName="mine")["Role"]
    gone = "arn:aws:iam::aws:policy/NoSuchPolicy"
    assert refusal(iam.put_role_permissions_boundary, RoleName="mine", PermissionsBoundary=gone) == "NoSuchEntity"


def test_a_role_s_tags_come_and_go(iam: Any) -> None:
    iam.tag_role(RoleName="mine", Tags=[{"Key": "b", "Value": "2"}, {"Key": "a", "Value": "3"}])
    assert iam.list_role_tags(RoleName="mine")["Tags"] == [{"Key": "a", "Value": "3"}, {"Key": "b", "Value": "2"}]

    first = iam.list_role_tags(RoleName="mine", MaxItems=1)
    rest = iam.list_role_tags(RoleName="mine", MaxItems=1, Marker=first["Marker"])
    assert [tag["Key"] for tag in first["Tags"] + rest["Tags"]] == ["a", "b"]

    iam.untag_role(RoleName="mine", TagKeys=["a", "never"])
    assert iam.list_role_tags(RoleName="mine")["Tags"] == [{"Key": "b", "Value": "2"}]


def test_the_administrator_s_tags_come_and_go(iam: Any) -> None:
    iam.tag_user(UserName="administrator", Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}])
    iam.untag_user(UserName="administrator", TagKeys=["a"])

    assert iam.list_user_tags(UserName="administrator", MaxItems=5)["Tags"] == [{"Key": "b", "Value": "2"}]
    assert refusal(iam.list_user_tags, UserName="nobody") == "NoSuchEntity"


def test_inline_policies_are_read_back_and_keep_the_role(iam: Any) -> None:
    iam.put_role_policy(RoleName="mine", PolicyName="reading", PolicyDocument=json.dumps(READ))

    assert iam.get_role_policy(RoleName="mine", PolicyName="reading")["PolicyDocument"] == READ
    assert iam.list_role_policies(RoleName="mine", MaxItems=5)["PolicyNames"] == ["reading"]
    assert refusal(iam.get_role_policy, RoleName="mine", PolicyName="other") == "NoSuchEntity"
    assert refusal(iam.delete_role, RoleName="mine") == "DeleteConflict"

    iam.delete_role_policy(RoleName="mine", PolicyName="reading")
    iam.delete_role(RoleName="mine")
    assert refusal(iam.get_role, RoleName="mine") == "NoSuchEntity"


def test_a_managed_policy_has_five_versions_and_one_default(iam: Any) -> None:
    arn = make_policy(iam)
    for _ in range(4):
        iam.create_policy_version(PolicyArn=arn, PolicyDocument=json.dumps(WRITE), SetAsDefault=True)
    assert refusal(iam.create_policy_version, PolicyArn=arn, PolicyDocument=json.dumps(READ)) == "LimitExceeded"

    versions = iam.list_policy_versions(PolicyArn=arn, MaxItems=10)["Versions"]
    assert {v["VersionId"] for v in versions if v["IsDefaultVersion"]} == {"v5"}
    assert iam.get_policy_version(PolicyArn=arn, VersionId="v1")["PolicyVersion"]["Document"] == READ
    assert refusal(iam.get_policy_version, PolicyArn=arn, VersionId="v9") == "NoSuchEntity"

    assert refusal(iam.delete_policy_version, PolicyArn=arn, VersionId="v5") == "DeleteConflict"
    assert refusal(iam.delete_policy, PolicyArn=arn) == "DeleteConflict"
    for number in range(1, 5):
        iam.delete_policy_version(PolicyArn=arn, VersionId=f"v{number}")
    iam.delete_policy(PolicyArn=arn)
    assert refusal(iam.get_policy, PolicyArn=arn) == "NoSuchEntity"


def test_a_policy_stays_while_a_role_has_it(iam: Any) -> None:
    arn = make_policy(iam)
    iam.attach_role_policy(RoleName="mine", PolicyArn=arn)
    assert refusal(iam.delete_policy, PolicyArn=arn) == "DeleteConflict"

    iam.detach_role_policy(RoleName="mine", PolicyArn=arn)

    assert refusal(iam.detach_role_policy, RoleName="mine", PolicyArn=arn) == "NoSuchEntity"
    iam.delete_policy(PolicyArn=arn)


def test_a_profile_holds_one_role_and_lets_it_go(iam: Any) -> None:
    profile = {"InstanceProfileName": "mine-too"}
    iam.create_instance_profile(**profile)
    iam.add_role_to_instance_profile(**profile, RoleName="mine")
    assert refusal(iam.add_role_to_instance_profile, **profile, RoleName="mine") == "LimitExceeded"

    carrying = iam.list_instance_profiles_for_role(RoleName="mine", MaxItems=5)["InstanceProfiles"]
    assert [each["InstanceProfileName"] for each in carrying] == ["mine-too"]
    assert refusal(iam.delete_role, RoleName="mine") == "DeleteConflict"
    assert refusal(iam.delete_instance_profile, **profile) == "DeleteConflict"

    iam.remove_role_from_instance_profile(**profile, RoleName="mine")
    assert refusal(iam.remove_role_from_instance_profile, **profile, RoleName="mine") == "NoSuchEntity"
    iam.delete_instance_profile(**profile)
    assert refusal(iam.get_instance_profile, **profile) == "NoSuchEntity"


def decisions(iam: Any, **asked: Any) -> list[str]:
    told = iam.simulate_principal_policy(PolicySourceArn=f"arn:aws:iam::{MEMBER}:role/mine", **asked)
    return [each["EvalDecision"] for each in told["EvaluationResults"]]


def test_a_simulation_tells_what_a_role_may(iam: Any) -> None:
    iam.put_role_policy(RoleName="mine", PolicyName="reading", PolicyDocument=json.dumps(READ))
    both = ["s3:GetObject", "s3:PutObject"]
    assert decisions(iam, ActionNames=both) == ["allowed", "implicitDeny"]

    iam.put_role_permissions_boundary(RoleName="mine", PermissionsBoundary=CORE)
    assert decisions(iam, ActionNames=both[:1]) == ["implicitDeny"]


def test_a_simulation_weighs_the_conditions_and_resources_that_it_is_given(iam: Any) -> None:
    shut = {"Effect": "Deny", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/x"}
    open_to_one = {**READ["Statement"][0], "Condition": {"StringEquals": {"aws:PrincipalTag/team": "a"}}}
    document = json.dumps({"Statement": [open_to_one, shut]})
    iam.put_role_policy(RoleName="mine", PolicyName="reading", PolicyDocument=document)
    key = {"ContextKeyName": "aws:PrincipalTag/team", "ContextKeyType": "string", "ContextKeyValues": ["a"]}
    objects = ["arn:aws:s3:::b/x", "arn:aws:s3:::b/y"]

    told = decisions(iam, ActionNames=["s3:GetObject"], ResourceArns=objects, ContextEntries=[key])

    assert told == ["explicitDeny", "allowed"]


def test_a_simulation_needs_a_role_or_the_administrator(iam: Any) -> None:
    asked = {"ActionNames": ["s3:GetObject"]}
    nobody = f"arn:aws:sts::{MEMBER}:assumed-role/mine/session"
    assert refusal(iam.simulate_principal_policy, PolicySourceArn=nobody, **asked) == "InvalidInput"
    gone = f"arn:aws:iam::{MEMBER}:role/gone"
    assert refusal(iam.simulate_principal_policy, PolicySourceArn=gone, **asked) == "NoSuchEntity"
    administrator = f"arn:aws:iam::{MEMBER}:user/administrator"
    told = iam.simulate_principal_policy(PolicySourceArn=administrator, **asked)["EvaluationResults"]
    assert told[0]["EvalDecision"] == "allowed"
