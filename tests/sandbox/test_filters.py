"""Lists are narrowed by what was asked, and by nothing that is passed over."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sandbox.engine.world import World
from tests.sandbox.conftest import MANAGEMENT, MEMBER, Connect

READ = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}]})
CORE = "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"


def tagged(client: Connect, **asked: Any) -> set[str]:
    pages = client("resourcegroupstaggingapi", MEMBER).get_paginator("get_resources")
    return {found["ResourceARN"] for page in pages.paginate(**asked) for found in page["ResourceTagMappingList"]}


def test_resources_are_found_by_tag_kind_and_arn(client: Connect, world: World) -> None:
    every = tagged(client)
    patched = tagged(client, TagFilters=[{"Key": "Patch", "Values": ["true"]}])
    tags = {node.instance_id: node.tags for node in world.fleet.nodes.values()}

    assert patched == {arn for arn in every if tags[arn.rsplit("/", 1)[1]].get("Patch") == "true"}
    assert set() < patched < every
    assert tagged(client, TagFilters=[{"Key": "Patch"}]) >= patched
    assert tagged(client, TagFilters=[{"Key": "NoSuchTag"}]) == set()
    assert tagged(client, ResourceTypeFilters=["ec2"]) == {arn for arn in every if ":ec2:" in arn}
    assert tagged(client, ResourceARNList=[min(every)]) == {min(every)}


def test_arns_and_filters_cannot_be_asked_for_together(client: Connect) -> None:
    with pytest.raises(ClientError, match="InvalidParameterException"):
        tagged(client, ResourceARNList=["arn:aws:ec2:us-east-1:1:instance/i-1"], TagFilters=[{"Key": "Patch"}])


def test_groups_are_found_by_name_and_kind(client: Connect, world: World) -> None:
    world.groups[MANAGEMENT, "us-east-1"] = {"one": {"tags": {}}, "two": {"tags": {}}}

    def names(name: str, *values: str) -> list[str]:
        told = client("resource-groups").list_groups(Filters=[{"Name": name, "Values": list(values)}])
        return [group["GroupName"] for group in told["GroupIdentifiers"]]

    assert names("display-name", "two") == ["two"]
    assert names("resource-type", "AWS::EC2::Instance") == ["one", "two"]
    assert names("resource-type", "AWS::S3::Bucket") == []
    with pytest.raises(ClientError, match="does not honour the filter owner"):
        names("owner", "someone")


def test_the_resources_of_a_group_are_found_by_kind(client: Connect, world: World) -> None:
    world.groups[MEMBER, "us-east-1"] = {"all": {"tags": {}}}

    def found(kind: str) -> list[dict[str, Any]]:
        filters = [{"Name": "resource-type", "Values": [kind]}]
        answer = client("resource-groups", MEMBER).list_group_resources(Group="all", Filters=filters)
        return list(answer["Resources"])

    assert found("AWS::EC2::Instance")
    assert found("AWS::S3::Bucket") == []
    by_old_name = client("resource-groups", MEMBER).list_group_resources(GroupName="all")["Resources"]
    assert by_old_name == found("AWS::EC2::Instance")


def test_policies_are_found_by_path_and_use(client: Connect) -> None:
    iam = client("iam", MEMBER)
    arn = iam.create_policy(PolicyName="Read", Path="/team/", PolicyDocument=READ)["Policy"]["Arn"]
    trust = json.dumps({"Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}]})
    iam.create_role(RoleName="bound", AssumeRolePolicyDocument=trust, PermissionsBoundary=arn)

    def arns(**asked: Any) -> list[str]:
        return [policy["Arn"] for policy in iam.list_policies(**asked)["Policies"]]

    assert arns(PathPrefix="/team/") == [arn]
    assert arn in arns(OnlyAttached=True)
    assert arns(PolicyUsageFilter="PermissionsBoundary") == [arn]
    assert arn not in arns(PolicyUsageFilter="PermissionsPolicy")

    iam.attach_role_policy(RoleName="bound", PolicyArn=arn)
    iam.attach_role_policy(RoleName="bound", PolicyArn=CORE)
    attached = iam.list_attached_role_policies(RoleName="bound", PathPrefix="/team/")["AttachedPolicies"]
    assert [policy["PolicyArn"] for policy in attached] == [arn]


def test_instance_profiles_carry_tags_and_are_found_by_path(client: Connect) -> None:
    iam = client("iam", MEMBER)
    tags = [{"Key": "team", "Value": "red"}]
    iam.create_instance_profile(InstanceProfileName="mine", Path="/team/", Tags=tags)

    [found] = iam.list_instance_profiles(PathPrefix="/team/")["InstanceProfiles"]

    assert (found["InstanceProfileName"], found["Tags"]) == ("mine", tags)
