"""The override file in S3: written once for each content, read back without opening it.

The bucket policy denies s3:GetObject on it to everyone without the node's role tag, the portal included (aws-facts
2.6). So the digest is kept as an object tag, beside the ETag that it belongs to, and read from there.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from urllib.parse import urlencode

from policies.aws.connect import Aws
from policies.aws.errors import PermanentProblem, asking
from policies.aws.storage import empty
from policies.domain.resources import OVERRIDE_FILE, OverrideFile

PERMISSIONS = {"s3:GetObjectTagging", "s3:ListBucketVersions", "s3:PutObject", "s3:PutObjectTagging"}

DIGEST_TAG, ETAG_TAG = "ContentSHA256", "ContentETag"


@dataclass(frozen=True)
class StoredFile:
    """The live version. `digest` is the SHA-256 of its content, or "" when something else than the portal wrote it."""

    version_id: str
    digest: str


def read_override_file(aws: Aws, bucket: str, region: str) -> StoredFile | None:
    """The file as it stands; None when there is no file or no bucket."""
    version = _live_version(aws, bucket, region)
    if version is None:
        return None
    version_id, etag = version
    tags = _read_tags(aws, bucket, region, version_id)
    return StoredFile(version_id, tags.get(DIGEST_TAG, "") if tags.get(ETAG_TAG) == etag else "")


def put_override_file(aws: Aws, file: OverrideFile) -> str:
    """Write the file unless it already stands there as wanted. Returns the S3 version id that is live then."""
    found = read_override_file(aws, file.bucket, file.region)
    if found and found.digest == file.digest:
        return found.version_id
    body = file.body.encode()
    etag = hashlib.md5(body, usedforsecurity=False).hexdigest()
    with asking("s3:PutObject"):
        # Not repeated by botocore: after a lost answer the next look decides, so no second version is written.
        answer = aws.client("s3", file.region, once=True).put_object(
            Bucket=file.bucket,
            Key=OVERRIDE_FILE,
            Body=body,
            ContentType="application/json",
            ServerSideEncryption="AES256",
            Tagging=urlencode({DIGEST_TAG: file.digest, ETAG_TAG: etag}),
            ExpectedBucketOwner=aws.account_id,
        )
    return str(answer.get("VersionId", ""))


def delete_override_file(aws: Aws, file: OverrideFile) -> None:
    """Remove every version of the file; a file or bucket that is gone is success."""
    empty(aws, file.bucket, file.region, prefix=OVERRIDE_FILE)


def _live_version(aws: Aws, bucket: str, region: str) -> tuple[str, str] | None:
    try:
        with asking("s3:ListBucketVersions"):
            page = aws.client("s3", region).list_object_versions(Bucket=bucket, Prefix=OVERRIDE_FILE)
    except PermanentProblem as problem:
        if problem.code == "NoSuchBucket":
            return None
        raise
    # The newest versions of a key come first, so the live one is on the first page.
    live = [v for v in page.get("Versions", []) if v["IsLatest"] and v["Key"] == OVERRIDE_FILE]
    return (live[0]["VersionId"], live[0]["ETag"].strip('"')) if live else None


def _read_tags(aws: Aws, bucket: str, region: str, version_id: str) -> dict[str, str]:
    with asking("s3:GetObjectTagging"):
        told = aws.client("s3", region).get_object_tagging(Bucket=bucket, Key=OVERRIDE_FILE)
    if told.get("VersionId", version_id) != version_id:
        return {}
    return {tag["Key"]: tag["Value"] for tag in told["TagSet"]}
