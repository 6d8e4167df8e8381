"""What of a policy exists in AWS right now, in the words of the plan, so that it can be compared with what should."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TypeVar

from policies.aws.connect import Aws
from policies.aws.errors import PermanentProblem, asking
from policies.aws.override_file import read_override_file
from policies.aws.stack_instances import read_instances
from policies.aws.stack_sets import StoredSet, read_stack_set
from policies.aws.storage import bucket_exists, read_tags
from policies.domain import naming
from policies.domain.canonical import canonical
from policies.domain.resources import Bucket, OverrideFile, Place, Resource, StackInstances

PERMISSIONS = {
    "s3:GetBucketLogging",
    "s3:GetBucketPolicy",
    "s3:GetLifecycleConfiguration",
}

T = TypeVar("T")

STACK_SET_KINDS = ("TA", "MA", "LA")


def read_actual(aws: Aws, place: Place, configuration_id: str) -> tuple[Resource, ...]:
    """The policy's resources as they stand, in the order in which they were made; () when nothing is left.

    The override file's body cannot be read back (aws-facts 2.6): it is "" and the digest speaks for it.
    """
    names = (
        naming.access_log_bucket(place.account_id, configuration_id),
        naming.override_bucket(place.account_id, configuration_id),
    )
    found: list[Resource] = []
    for name in names:
        if bucket_exists(aws, name, place.home_region):
            found.append(read_bucket(aws, name, place.home_region))
    found += _read_file(aws, names[1], place.home_region)
    stored = _read_sets(aws, place.home_region, configuration_id)
    found += [one.resource for one in stored]
    found += [place for one in stored for place in _read_places(aws, one)]
    return tuple(found)


def read_bucket(aws: Aws, name: str, region: str) -> Bucket:
    """A bucket that exists, as it stands."""
    return Bucket(
        name=name,
        region=region,
        policy=_policy(aws, name, region),
        tags=read_tags(aws, name, region),
        log_bucket=_log_bucket(aws, name, region),
        expire_noncurrent_days=_expiry(aws, name, region),
    )


def _read_file(aws: Aws, bucket: str, region: str) -> list[OverrideFile]:
    found = read_override_file(aws, bucket, region)
    return [OverrideFile(bucket, region, body="", digest=found.digest)] if found else []


def _read_sets(aws: Aws, region: str, configuration_id: str) -> list[StoredSet]:
    names = (naming.stack_set(kind, configuration_id) for kind in STACK_SET_KINDS)
    return [found for name in names if (found := read_stack_set(aws, name, region))]


def _read_places(aws: Aws, stored: StoredSet) -> list[StackInstances]:
    name, region = stored.resource.name, stored.resource.region
    instances = list(read_instances(aws, name, region))
    if not instances:
        return []
    regions = tuple(sorted({one.region for one in instances}))
    if stored.unit_ids:
        return [StackInstances(name, region, regions, unit_ids=stored.unit_ids)]
    return [StackInstances(name, region, regions, account_ids=tuple(sorted({one.account_id for one in instances})))]


def _policy(aws: Aws, name: str, region: str) -> str:
    def ask() -> str:
        with asking("s3:GetBucketPolicy"):
            return canonical(json.loads(aws.client("s3", region).get_bucket_policy(Bucket=name)["Policy"]))

    return _unless(ask, "NoSuchBucketPolicy", "")


def _log_bucket(aws: Aws, name: str, region: str) -> str:
    with asking("s3:GetBucketLogging"):
        told = aws.client("s3", region).get_bucket_logging(Bucket=name)
    return str(told.get("LoggingEnabled", {}).get("TargetBucket", ""))


def _expiry(aws: Aws, name: str, region: str) -> int | None:
    def ask() -> int | None:
        with asking("s3:GetLifecycleConfiguration"):
            rules = aws.client("s3", region).get_bucket_lifecycle_configuration(Bucket=name)["Rules"]
        days = [rule.get("NoncurrentVersionExpiration", {}).get("NoncurrentDays") for rule in rules]
        return next((int(d) for d in days if d), None)

    return _unless(ask, "NoSuchLifecycleConfiguration", None)


def _unless(ask: Callable[[], T], code: str, instead: T) -> T:
    """What `ask` answers, or `instead` when AWS says that the bucket has no such thing."""
    try:
        return ask()
    except PermanentProblem as problem:
        if problem.code == code:
            return instead
        raise
