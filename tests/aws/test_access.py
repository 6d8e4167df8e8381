"""Log buckets and resource groups."""

from __future__ import annotations

import json

import pytest

from policies.aws.access import (
    BucketFact,
    BucketGone,
    GroupFact,
    LogBucket,
    check_log_bucket,
    list_buckets,
    list_group_nodes,
    list_resource_groups,
)
from policies.aws.connect import Aws
from sandbox.engine.world import World
from sandbox.wire import Sandbox
from tests.worlds import MANAGEMENT, MEMBER, sign_in


def test_buckets_come_by_name_with_their_regions(aws: Aws) -> None:
    assert list_buckets(aws) == (
        BucketFact("example-company-reports", "us-east-1"),
        BucketFact("example-patch-logs-ap-northeast-1", "ap-northeast-1"),
        BucketFact("example-patch-logs-eu-west-1", "eu-west-1"),
        BucketFact("example-patch-logs-us-east-1", "us-east-1"),
    )


def test_an_account_without_buckets_has_an_empty_list(sandbox: Sandbox) -> None:
    assert list_buckets(sign_in(sandbox, MEMBER)) == ()


def test_an_own_bucket_is_readable_and_has_no_policy_at_first(aws: Aws) -> None:
    name = "example-patch-logs-eu-west-1"

    assert check_log_bucket(aws, name) == LogBucket(name, "eu-west-1", is_readable=True, policy={})


def test_the_bucket_policy_is_read_as_it_stands(aws: Aws) -> None:
    name = "example-patch-logs-us-east-1"
    statement = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{name}/*"}
    document = {"Version": "2012-10-17", "Statement": [statement]}
    aws.client("s3").put_bucket_policy(Bucket=name, Policy=json.dumps(document))

    assert check_log_bucket(aws, name).policy == document


def test_a_bucket_of_another_account_that_stays_shut_is_not_readable(sandbox: Sandbox) -> None:
    name = "example-patch-logs-us-east-1"

    assert check_log_bucket(sign_in(sandbox, MEMBER), name) == LogBucket(name, "", is_readable=False, policy=None)


def test_a_bucket_that_nobody_has_is_gone(aws: Aws) -> None:
    with pytest.raises(BucketGone):
        check_log_bucket(aws, "no-such-bucket-anywhere")


def test_resource_groups_of_several_regions_come_by_name(aws: Aws) -> None:
    assert list_resource_groups(aws, ["us-east-1", "eu-west-1"]) == (
        GroupFact("web-servers", "eu-west-1"),
        GroupFact("web-servers", "us-east-1"),
    )


def test_a_groups_nodes_are_its_instances(aws: Aws, world: World) -> None:
    nodes = [
        (node.region, node.instance_id)
        for node in world.fleet.nodes.values()
        if node.account_id == MANAGEMENT and node.tags["Role"] == "web" and not node.is_hybrid
    ]
    region = nodes[0][0]

    found = list_group_nodes(aws, region, "web-servers")

    assert sorted(found) == sorted(i for at, i in nodes if at == region)


def test_a_group_that_a_region_does_not_have_holds_no_nodes(aws: Aws) -> None:
    assert list_group_nodes(aws, "us-east-1", "no-such-group") == ()
