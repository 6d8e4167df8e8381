"""The policy's buckets in S3: look, then make true, so that every call may be repeated."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from policies.aws.connect import Aws
from policies.aws.errors import PermanentProblem, TemporaryProblem, asking
from policies.domain.resources import Bucket

PERMISSIONS = {
    "s3:CreateBucket",
    "s3:DeleteBucket",
    "s3:DeleteObjectVersion",
    "s3:GetBucketTagging",
    "s3:ListBucket",
    "s3:ListBucketVersions",
    "s3:PutBucketLogging",
    "s3:PutBucketOwnershipControls",
    "s3:PutBucketPolicy",
    "s3:PutBucketPublicAccessBlock",
    "s3:PutBucketTagging",
    "s3:PutBucketVersioning",
    "s3:PutEncryptionConfiguration",
    "s3:PutLifecycleConfiguration",
}

FIRST_REGION = "us-east-1"
"""The Region that CreateBucket refuses as a LocationConstraint."""
OWNER_TAG = "QuickSetupID"
PUBLIC_ACCESS = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
PAGES_AT_A_TIME = 10
"""Pages of 1,000 object versions that one call of `empty` removes at most."""


def ensure_bucket(aws: Aws, bucket: Bucket) -> None:
    """Make the bucket, or what is missing of it. Raises PermanentProblem when it belongs to something else."""
    if not bucket_exists(aws, bucket.name, bucket.region):
        _create(aws, bucket)
    _refuse_strangers(aws, bucket)
    _secure(aws, bucket)
    _describe(aws, bucket)


def bucket_exists(aws: Aws, name: str, region: str) -> bool:
    """Whether this account has the bucket; a bucket of another account raises PermanentProblem (403)."""
    try:
        with asking("s3:ListBucket"):
            aws.client("s3", region).head_bucket(Bucket=name, ExpectedBucketOwner=aws.account_id)
    except PermanentProblem as problem:
        if problem.code in ("404", "NoSuchBucket"):
            return False
        raise
    return True


def read_tags(aws: Aws, name: str, region: str) -> dict[str, str]:
    """The bucket's tags; {} when it has none."""
    try:
        with asking("s3:GetBucketTagging"):
            told = aws.client("s3", region).get_bucket_tagging(Bucket=name)["TagSet"]
    except PermanentProblem as problem:
        if problem.code == "NoSuchTagSet":
            return {}
        raise
    return {tag["Key"]: tag["Value"] for tag in told}


def delete_bucket(aws: Aws, name: str, region: str) -> None:
    """Empty and remove the bucket; gone is success. Raises TemporaryProblem while something is still in it."""
    if not bucket_exists(aws, name, region):
        return
    empty(aws, name, region)
    try:
        with asking("s3:DeleteBucket"):
            aws.client("s3", region).delete_bucket(Bucket=name, ExpectedBucketOwner=aws.account_id)
    except PermanentProblem as problem:
        if problem.code == "BucketNotEmpty":
            raise TemporaryProblem(problem.action, problem.code, problem.message) from problem
        if problem.code != "NoSuchBucket":
            raise


def empty(aws: Aws, name: str, region: str, prefix: str = "") -> None:
    """Remove all versions of the objects under a prefix; no bucket is success.

    Raises TemporaryProblem when more of them are left than one call should remove.
    """
    for _ in range(PAGES_AT_A_TIME):
        doomed = _list_versions(aws, name, region, prefix)
        if not doomed:
            return
        _delete_versions(aws, name, region, doomed)
    raise TemporaryProblem("s3:DeleteObjectVersion", "BucketNotEmpty", f"{name} holds more objects")


def _create(aws: Aws, bucket: Bucket) -> None:
    place = {} if bucket.region == FIRST_REGION else {"LocationConstraint": bucket.region}
    extra = {"CreateBucketConfiguration": place} if place else {}
    try:
        with asking("s3:CreateBucket"):
            aws.client("s3", bucket.region).create_bucket(
                Bucket=bucket.name, ObjectOwnership=bucket.object_ownership, **extra
            )
    except PermanentProblem as problem:
        if problem.code != "BucketAlreadyOwnedByYou":
            raise


def _refuse_strangers(aws: Aws, bucket: Bucket) -> None:
    """A bucket without tags was made by an attempt that died; one with another owner's tags is not ours to change."""
    tags = read_tags(aws, bucket.name, bucket.region)
    if tags and tags.get(OWNER_TAG) != bucket.tags.get(OWNER_TAG):
        message = f"The bucket {bucket.name} exists and does not carry the tag {OWNER_TAG}={bucket.tags.get(OWNER_TAG)}"
        raise PermanentProblem("s3:CreateBucket", "BucketAlreadyExists", message)


def _secure(aws: Aws, bucket: Bucket) -> None:
    s3, whose = aws.client("s3", bucket.region), _whose(aws, bucket)
    with asking("s3:PutBucketOwnershipControls"):
        s3.put_bucket_ownership_controls(
            OwnershipControls={"Rules": [{"ObjectOwnership": bucket.object_ownership}]}, **whose
        )
    with asking("s3:PutBucketPublicAccessBlock"):
        blocks = dict.fromkeys(PUBLIC_ACCESS, bucket.blocks_public_access)
        s3.put_public_access_block(PublicAccessBlockConfiguration=blocks, **whose)
    with asking("s3:PutEncryptionConfiguration"):
        rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": bucket.encryption}}
        s3.put_bucket_encryption(ServerSideEncryptionConfiguration={"Rules": [rule]}, **whose)
    with asking("s3:PutBucketVersioning"):
        s3.put_bucket_versioning(VersioningConfiguration={"Status": bucket.versioning}, **whose)


def _describe(aws: Aws, bucket: Bucket) -> None:
    s3, whose = aws.client("s3", bucket.region), _whose(aws, bucket)
    with asking("s3:PutBucketTagging"):
        s3.put_bucket_tagging(Tagging={"TagSet": _pairs(bucket.tags)}, **whose)
    if rules := _lifecycle(bucket):
        with asking("s3:PutLifecycleConfiguration"):
            s3.put_bucket_lifecycle_configuration(LifecycleConfiguration={"Rules": rules}, **whose)
    if bucket.policy:
        with asking("s3:PutBucketPolicy"):
            s3.put_bucket_policy(Policy=bucket.policy, **whose)
    if bucket.log_bucket:
        with asking("s3:PutBucketLogging"):
            target = {"TargetBucket": bucket.log_bucket, "TargetPrefix": ""}
            s3.put_bucket_logging(BucketLoggingStatus={"LoggingEnabled": target}, **whose)


def _whose(aws: Aws, bucket: Bucket) -> dict[str, str]:
    return {"Bucket": bucket.name, "ExpectedBucketOwner": aws.account_id}


def _pairs(tags: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in sorted(tags.items())]


def _lifecycle(bucket: Bucket) -> list[dict[str, Any]]:
    """The rules, one for each of the bucket's days."""
    rules: dict[str, dict[str, Any]] = {}
    if bucket.expire_noncurrent_days:
        days = {"NoncurrentDays": bucket.expire_noncurrent_days}
        rules["DeleteVersionsOlderThan90Days"] = {"NoncurrentVersionExpiration": days}
    if bucket.archive_days:
        to_glacier = {"Days": bucket.archive_days, "StorageClass": "GLACIER"}
        rules["ArchiveLogs"] = {"Transitions": [to_glacier]}
    if bucket.expire_days:
        rules["DeleteLogs"] = {"Expiration": {"Days": bucket.expire_days}}
    return [{"ID": name, "Status": "Enabled", "Filter": {"Prefix": ""}, **rule} for name, rule in rules.items()]


def _list_versions(aws: Aws, name: str, region: str, prefix: str) -> list[dict[str, str]]:
    try:
        with asking("s3:ListBucketVersions"):
            page = aws.client("s3", region).list_object_versions(Bucket=name, Prefix=prefix)
    except PermanentProblem as problem:
        if problem.code == "NoSuchBucket":
            return []
        raise
    found = [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
    return [{"Key": one["Key"], "VersionId": one["VersionId"]} for one in found]


def _delete_versions(aws: Aws, name: str, region: str, doomed: list[dict[str, str]]) -> None:
    with asking("s3:DeleteObjectVersion"):
        answer = aws.client("s3", region).delete_objects(Bucket=name, Delete={"Objects": doomed, "Quiet": True})
    for failed in answer.get("Errors", [])[:1]:
        raise PermanentProblem("s3:DeleteObjectVersion", failed["Code"], failed["Message"])
