"""A bucket as it stands, setting by setting: S3 tells each one alone."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from policies.aws.connect import Aws
from policies.aws.errors import PermanentProblem, asking
from policies.aws.storage import PUBLIC_ACCESS, read_tags
from policies.domain.canonical import canonical
from policies.domain.resources import Bucket

PERMISSIONS = {
    "s3:GetBucketLogging",
    "s3:GetBucketOwnershipControls",
    "s3:GetBucketPolicy",
    "s3:GetBucketPublicAccessBlock",
    "s3:GetBucketVersioning",
    "s3:GetEncryptionConfiguration",
    "s3:GetLifecycleConfiguration",
}

T = TypeVar("T")


def read_bucket(aws: Aws, name: str, region: str) -> Bucket:
    """A bucket that exists, as it stands."""
    s3 = aws.client("s3", region)
    return Bucket(
        name=name,
        region=region,
        policy=_policy(s3, name),
        tags=read_tags(aws, name, region),
        log_bucket=_log_bucket(s3, name),
        versioning=_versioning(s3, name),
        encryption=_encryption(s3, name),
        object_ownership=_object_ownership(s3, name),
        blocks_public_access=_blocks_public_access(s3, name),
        **_lifecycle(s3, name),
    )


def _policy(s3: Any, name: str) -> str:
    def ask() -> str:
        with asking("s3:GetBucketPolicy"):
            return canonical(json.loads(s3.get_bucket_policy(Bucket=name)["Policy"]))

    return _unless(ask, "NoSuchBucketPolicy", "")


def _log_bucket(s3: Any, name: str) -> str:
    with asking("s3:GetBucketLogging"):
        told = s3.get_bucket_logging(Bucket=name)
    return str(told.get("LoggingEnabled", {}).get("TargetBucket", ""))


def _versioning(s3: Any, name: str) -> str:
    with asking("s3:GetBucketVersioning"):
        return str(s3.get_bucket_versioning(Bucket=name).get("Status", ""))


def _encryption(s3: Any, name: str) -> str:
    def ask() -> str:
        with asking("s3:GetEncryptionConfiguration"):
            rules = s3.get_bucket_encryption(Bucket=name)["ServerSideEncryptionConfiguration"]["Rules"]
        return str(rules[0]["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"])

    return _unless(ask, "ServerSideEncryptionConfigurationNotFoundError", "")


def _object_ownership(s3: Any, name: str) -> str:
    def ask() -> str:
        with asking("s3:GetBucketOwnershipControls"):
            return str(
                s3.get_bucket_ownership_controls(Bucket=name)["OwnershipControls"]["Rules"][0]["ObjectOwnership"]
            )

    return _unless(ask, "OwnershipControlsNotFoundError", "")


def _blocks_public_access(s3: Any, name: str) -> bool:
    def ask() -> bool:
        with asking("s3:GetBucketPublicAccessBlock"):
            told = s3.get_public_access_block(Bucket=name)["PublicAccessBlockConfiguration"]
        return all(told.get(each) for each in PUBLIC_ACCESS)

    return _unless(ask, "NoSuchPublicAccessBlockConfiguration", False)


def _lifecycle(s3: Any, name: str) -> dict[str, int | None]:
    """The days of the bucket's rules in force; of several that say one thing the soonest."""

    def ask() -> list[Mapping[str, Any]]:
        with asking("s3:GetLifecycleConfiguration"):
            rules = s3.get_bucket_lifecycle_configuration(Bucket=name)["Rules"]
        return [rule for rule in rules if rule["Status"] == "Enabled"]

    none: list[Mapping[str, Any]] = []
    rules = _unless(ask, "NoSuchLifecycleConfiguration", none)
    replaced = (rule.get("NoncurrentVersionExpiration", {}).get("NoncurrentDays") for rule in rules)
    archived = (each.get("Days") for rule in rules for each in rule.get("Transitions", ()))
    expired = (rule.get("Expiration", {}).get("Days") for rule in rules)
    days = {"expire_noncurrent_days": replaced, "archive_days": archived, "expire_days": expired}
    return {fact: min((int(day) for day in told if day), default=None) for fact, told in days.items()}


def _unless(ask: Callable[[], T], code: str, instead: T) -> T:
    """What `ask` answers, or `instead` when AWS says that the bucket has no such thing."""
    try:
        return ask()
    except PermanentProblem as problem:
        if problem.code == code:
            return instead
        raise
