"""The policy's buckets and its override file, against the sandbox's S3."""

from __future__ import annotations

import json
from typing import Any

import pytest

from policies.aws.bucket_facts import read_bucket
from policies.aws.connect import Aws
from policies.aws.errors import PermanentProblem
from policies.aws.override_file import delete_override_file, put_override_file, read_override_file
from policies.aws.storage import bucket_exists, delete_bucket, ensure_bucket
from policies.domain import naming
from policies.domain.canonical import canonical, digest
from policies.domain.resources import OVERRIDE_FILE, Bucket, OverrideFile
from tests.worlds import MANAGEMENT, MEMBER, sign_in

NAME = naming.override_bucket(MANAGEMENT, "abcde")
LOGS = naming.access_log_bucket(MANAGEMENT, "abcde")


def bucket(region: str = "us-east-1", **facts: Any) -> Bucket:
    statement = {
        "Sid": "DenyInsecureTransport",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [f"arn:aws:s3:::{NAME}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    policy = canonical({"Version": "2012-10-17", "Statement": [statement]})
    wanted = {"policy": policy, "log_bucket": LOGS, "expire_noncurrent_days": 90, **facts}
    return Bucket(NAME, region, tags=naming.resource_tags("abcde"), **wanted)


def log_bucket(region: str = "us-east-1") -> Bucket:
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "logging.s3.amazonaws.com"},
        "Action": "s3:PutObject",
        "Resource": f"arn:aws:s3:::{LOGS}/*",
    }
    policy = canonical({"Version": "2012-10-17", "Statement": [statement]})
    tags = naming.resource_tags("abcde")
    return Bucket(LOGS, region, policy, tags, expire_noncurrent_days=90, archive_days=30, expire_days=400)


def file(body: str = "[]") -> OverrideFile:
    return OverrideFile(NAME, "us-east-1", body, digest(body))


def versions(aws: Aws) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = aws.client("s3").list_object_versions(Bucket=NAME).get("Versions", [])
    return found


@pytest.mark.parametrize("region", ["us-east-1", "eu-west-1"])
def test_a_bucket_reads_back_as_it_was_wanted(aws: Aws, region: str) -> None:
    ensure_bucket(aws, log_bucket(region))
    ensure_bucket(aws, bucket(region))
    assert read_bucket(aws, NAME, region) == bucket(region)
    assert read_bucket(aws, LOGS, region) == log_bucket(region)


def test_a_bucket_is_versioned_encrypted_and_closed_to_the_public(aws: Aws) -> None:
    ensure_bucket(aws, log_bucket())
    ensure_bucket(aws, bucket())
    s3 = aws.client("s3")
    rule = s3.get_bucket_encryption(Bucket=NAME)["ServerSideEncryptionConfiguration"]["Rules"][0]
    assert s3.get_bucket_versioning(Bucket=NAME)["Status"] == "Enabled"
    assert rule["ApplyServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}
    assert set(s3.get_public_access_block(Bucket=NAME)["PublicAccessBlockConfiguration"].values()) == {True}
    assert s3.get_bucket_ownership_controls(Bucket=NAME)["OwnershipControls"]["Rules"] == [
        {"ObjectOwnership": "BucketOwnerEnforced"}
    ]


def test_a_bucket_that_somebody_made_has_nothing_of_ours(aws: Aws) -> None:
    aws.client("s3").create_bucket(Bucket=NAME)

    found = read_bucket(aws, NAME, "us-east-1")

    assert (found.policy, found.tags, found.log_bucket, found.versioning) == ("", {}, "", "")
    assert (found.expire_noncurrent_days, found.archive_days, found.expire_days) == (None, None, None)
    assert (found.object_ownership, found.blocks_public_access) == ("", False)


def test_a_bucket_left_half_made_is_completed(aws: Aws) -> None:
    aws.client("s3").create_bucket(Bucket=NAME)
    ensure_bucket(aws, bucket(log_bucket=""))
    assert read_bucket(aws, NAME, "us-east-1") == bucket(log_bucket="")


def test_making_a_bucket_twice_changes_nothing(aws: Aws) -> None:
    ensure_bucket(aws, bucket(log_bucket=""))
    ensure_bucket(aws, bucket(log_bucket=""))
    assert read_bucket(aws, NAME, "us-east-1") == bucket(log_bucket="")


def test_a_bucket_with_the_tags_of_something_else_is_left_alone(aws: Aws) -> None:
    s3 = aws.client("s3")
    s3.create_bucket(Bucket=NAME)
    s3.put_bucket_tagging(Bucket=NAME, Tagging={"TagSet": [{"Key": "Owner", "Value": "finance"}]})
    with pytest.raises(PermanentProblem, match="BucketAlreadyExists"):
        ensure_bucket(aws, bucket())
    assert s3.get_bucket_tagging(Bucket=NAME)["TagSet"] == [{"Key": "Owner", "Value": "finance"}]


def test_a_bucket_of_another_account_is_refused(aws: Aws, sandbox: Any) -> None:
    sign_in(sandbox, MEMBER).client("s3").create_bucket(Bucket=NAME)
    with pytest.raises(PermanentProblem) as told:
        ensure_bucket(aws, bucket())
    assert told.value.code in ("403", "AccessDenied")


def test_the_file_is_written_once_for_one_content(aws: Aws) -> None:
    ensure_bucket(aws, bucket(log_bucket=""))
    first = put_override_file(aws, file())
    assert put_override_file(aws, file()) == first
    assert [version["VersionId"] for version in versions(aws)] == [first]


def test_another_content_is_a_new_version(aws: Aws) -> None:
    ensure_bucket(aws, bucket(log_bucket=""))
    first = put_override_file(aws, file())
    second = put_override_file(aws, file('[{"OperatingSystem":"UBUNTU"}]'))
    assert {version["VersionId"] for version in versions(aws)} == {first, second}


def test_the_digest_is_read_back_without_opening_the_file(aws: Aws) -> None:
    ensure_bucket(aws, bucket(log_bucket=""))
    version_id = put_override_file(aws, file())
    found = read_override_file(aws, NAME, "us-east-1")
    assert found
    assert (found.version_id, found.digest) == (version_id, digest("[]"))


def test_a_file_that_someone_else_wrote_over_has_no_digest(aws: Aws) -> None:
    ensure_bucket(aws, bucket(log_bucket=""))
    put_override_file(aws, file())
    aws.client("s3").put_object(Bucket=NAME, Key=OVERRIDE_FILE, Body=b"by hand")
    found = read_override_file(aws, NAME, "us-east-1")
    assert found
    assert found.digest == ""


def test_there_is_no_file_without_a_bucket(aws: Aws) -> None:
    assert read_override_file(aws, NAME, "us-east-1") is None


def test_deleting_the_file_leaves_no_version(aws: Aws) -> None:
    ensure_bucket(aws, bucket(log_bucket=""))
    put_override_file(aws, file())
    put_override_file(aws, file("[1]"))
    aws.client("s3").delete_object(Bucket=NAME, Key=OVERRIDE_FILE)
    delete_override_file(aws, file())
    page = aws.client("s3").list_object_versions(Bucket=NAME)
    assert (page.get("Versions"), page.get("DeleteMarkers")) == (None, None)


def test_deleting_a_bucket_takes_what_is_in_it(aws: Aws) -> None:
    ensure_bucket(aws, bucket(log_bucket=""))
    put_override_file(aws, file())
    aws.client("s3").put_object(Bucket=NAME, Key="left/by/someone", Body=json.dumps({}).encode())
    delete_bucket(aws, NAME, "us-east-1")
    assert not bucket_exists(aws, NAME, "us-east-1")


def test_deleting_what_is_gone_is_success(aws: Aws) -> None:
    delete_bucket(aws, NAME, "us-east-1")
    delete_override_file(aws, file())
    assert not bucket_exists(aws, NAME, "us-east-1")
