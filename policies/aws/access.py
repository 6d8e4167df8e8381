"""What a policy must be able to reach: log buckets, and the resource groups that choose nodes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from policies.aws.connect import Aws
from policies.aws.errors import AwsProblem, PermanentProblem, asking

PERMISSIONS = {
    "resource-groups:ListGroupResources",
    "resource-groups:ListGroups",
    "s3:GetBucketLocation",
    "s3:GetBucketPolicy",
    "s3:ListAllMyBuckets",
    "s3:ListBucket",
}

FIRST_REGION = "us-east-1"
"""S3 names no location for buckets of the first Region."""
BUCKETS_A_PAGE = 1000
DENIED = {"403", "AccessDenied", "MethodNotAllowed"}
GONE = {"404", "NoSuchBucket"}


class BucketGone(AwsProblem):
    """No bucket has this name."""


@dataclass(frozen=True)
class BucketFact:
    """One of the account's own buckets."""

    name: str
    region: str


@dataclass(frozen=True)
class LogBucket:
    """A bucket as the signed-in account sees it.

    `is_readable`: it may list the bucket. `policy` is the bucket policy ({} when there is none), or None when the
    account may not read it, as with a bucket of another account.
    """

    name: str
    region: str
    is_readable: bool
    policy: Mapping[str, Any] | None


@dataclass(frozen=True)
class GroupFact:
    """A resource group of one Region."""

    name: str
    region: str


def list_buckets(aws: Aws) -> tuple[BucketFact, ...]:
    """The account's own buckets with their Regions, by name."""
    with asking("s3:ListAllMyBuckets"):
        # S3 tells the Regions only when a page size is asked for.
        paginator = aws.client("s3").get_paginator("list_buckets")
        pages = paginator.paginate(PaginationConfig={"PageSize": BUCKETS_A_PAGE})
        found = [bucket for page in pages for bucket in page.get("Buckets", [])]
    facts = (BucketFact(b["Name"], b.get("BucketRegion") or _location(aws, b["Name"])) for b in found)
    return tuple(sorted(facts, key=lambda bucket: bucket.name))


def check_log_bucket(aws: Aws, name: str) -> LogBucket:
    """What the account may do with a bucket, its own or another's; raises BucketGone when no bucket has the name."""
    try:
        with asking("s3:ListBucket"):
            region = aws.client("s3").head_bucket(Bucket=name).get("BucketRegion") or _location(aws, name)
    except PermanentProblem as problem:
        if problem.code in GONE:
            raise BucketGone(problem.action, problem.code, problem.message) from problem
        if problem.code in DENIED:
            return LogBucket(name, "", is_readable=False, policy=None)
        raise
    return LogBucket(name, region, is_readable=True, policy=_policy(aws, name, region))


def list_resource_groups(aws: Aws, regions: Iterable[str]) -> tuple[GroupFact, ...]:
    """The account's resource groups in these Regions, by name."""
    found = []
    for region in regions:
        with asking("resource-groups:ListGroups"):
            pages = aws.client("resource-groups", region).get_paginator("list_groups").paginate()
            found += [GroupFact(g["GroupName"], region) for page in pages for g in page["GroupIdentifiers"]]
    return tuple(sorted(found, key=lambda group: (group.name, group.region)))


def list_group_nodes(aws: Aws, region: str, group: str) -> tuple[str, ...]:
    """The instance ids in a resource group; none when the Region has no such group."""
    try:
        with asking("resource-groups:ListGroupResources"):
            pages = aws.client("resource-groups", region).get_paginator("list_group_resources").paginate(Group=group)
            found = [item for page in pages for item in page["ResourceIdentifiers"]]
    except PermanentProblem as problem:
        if problem.code == "NotFoundException":
            return ()
        raise
    return tuple(i["ResourceArn"].rsplit("/", 1)[-1] for i in found if i["ResourceType"] == "AWS::EC2::Instance")


def _location(aws: Aws, name: str) -> str:
    with asking("s3:GetBucketLocation"):
        return aws.client("s3").get_bucket_location(Bucket=name)["LocationConstraint"] or FIRST_REGION


def _policy(aws: Aws, name: str, region: str) -> Mapping[str, Any] | None:
    try:
        with asking("s3:GetBucketPolicy"):
            text = aws.client("s3", region).get_bucket_policy(Bucket=name)["Policy"]
    except PermanentProblem as problem:
        if problem.code == "NoSuchBucketPolicy":
            return {}
        if problem.code in DENIED:
            return None
        raise
    document: Mapping[str, Any] = json.loads(text)
    return document
