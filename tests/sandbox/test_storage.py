"""S3: who may read and write, what a bucket policy must be, and what outlives a restart."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from botocore.exceptions import ClientError

from sandbox.engine.errors import AwsError
from sandbox.engine.trust import Principal, access_key
from sandbox.engine.world import World
from sandbox.saving import load, save
from sandbox.wire import Sandbox
from tests.sandbox.conftest import MANAGEMENT, MEMBER, Connect, connect_to

BUCKET = f"aws-quicksetup-patchpolicy-{MANAGEMENT}-abcde"
FILE = "baseline_overrides.json"
READ = "arn:aws:iam::aws:policy/AWSQuickSetupPatchPolicyBaselineAccess"
NODE = Principal(MEMBER, "app-server", "i-1")


def refusal(ask: Callable[..., Any], **asked: Any) -> str:
    with pytest.raises(ClientError) as error:
        ask(**asked)
    return str(error.value.response["Error"]["Code"])


@pytest.fixture
def s3(client: Connect) -> Any:
    """The management account's S3, with one bucket and one file."""
    door = client("s3")
    door.create_bucket(Bucket=BUCKET)
    door.put_object(Bucket=BUCKET, Key=FILE, Body=b"[]")
    return door


def open_to_organization(s3: Any) -> None:
    condition = {"StringEquals": {"aws:PrincipalOrgID": "o-demoorg001"}}
    put_policy(s3, Principal="*", Condition=condition)


def put_policy(s3: Any, **statement: Any) -> None:
    whole = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{BUCKET}/{FILE}", **statement}
    s3.put_bucket_policy(Bucket=BUCKET, Policy=json.dumps({"Version": "2012-10-17", "Statement": [whole]}))


def reads(world: World, principal: Principal) -> str:
    try:
        return str(world.storage.read_object(principal, BUCKET, FILE).decode())
    except AwsError as error:
        return error.code


def test_head_and_get_agree_about_the_length(s3: Any) -> None:
    assert s3.head_object(Bucket=BUCKET, Key=FILE)["ContentLength"] == 2
    assert s3.get_object(Bucket=BUCKET, Key=FILE)["Body"].read() == b"[]"


def test_an_object_is_dated_by_the_sandbox_s_clock(s3: Any, world: World) -> None:
    world.clock.advance(timedelta(days=40))
    s3.put_object(Bucket=BUCKET, Key="later", Body=b"")
    assert s3.head_object(Bucket=BUCKET, Key="later")["LastModified"] == world.now()


def test_another_account_reads_nothing_without_a_bucket_policy(s3: Any, client: Connect) -> None:
    other = client("s3", MEMBER)
    assert refusal(other.get_object, Bucket=BUCKET, Key=FILE) == "AccessDenied"
    assert refusal(other.head_bucket, Bucket=BUCKET) == "403"
    open_to_organization(s3)
    assert other.get_object(Bucket=BUCKET, Key=FILE)["Body"].read() == b"[]"
    assert refusal(other.put_object, Bucket=BUCKET, Key=FILE, Body=b"") == "AccessDenied"


def test_a_node_of_another_account_needs_a_yes_from_bucket_and_role(s3: Any, world: World) -> None:
    role = world.account(MEMBER).roles["app-server"]
    assert reads(world, NODE) == "AccessDenied"
    role.attached.append(READ)
    assert reads(world, NODE) == "AccessDenied"
    open_to_organization(s3)
    assert reads(world, NODE) == "[]"
    role.attached.remove(READ)
    assert reads(world, NODE) == "AccessDenied"


def test_a_permissions_boundary_bounds_a_role(s3: Any, client: Connect, world: World) -> None:
    open_to_organization(s3)
    role = world.account(MEMBER).roles["app-server"]
    role.attached.append(READ)
    narrow = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "ssm:*", "Resource": "*"}]}
    made = client("iam", MEMBER).create_policy(PolicyName="narrow", PolicyDocument=json.dumps(narrow))
    role.boundary = made["Policy"]["Arn"]
    assert reads(world, NODE) == "AccessDenied"


def test_the_deny_of_untagged_callers_shuts_out_administrators_too(s3: Any, client: Connect) -> None:
    put_policy(s3, Effect="Deny", Principal="*", Condition={"StringNotEquals": {"aws:PrincipalTag/QSConfigId-x": "x"}})
    assert refusal(s3.get_object, Bucket=BUCKET, Key=FILE) == "AccessDenied"
    client("iam").tag_user(UserName="administrator", Tags=[{"Key": "QSConfigId-x", "Value": "x"}])
    assert s3.get_object(Bucket=BUCKET, Key=FILE)["Body"].read() == b"[]"


def test_a_bucket_of_an_unexpected_owner_is_refused(s3: Any) -> None:
    assert refusal(s3.head_bucket, Bucket=BUCKET, ExpectedBucketOwner=MEMBER) == "403"
    s3.head_bucket(Bucket=BUCKET, ExpectedBucketOwner=MANAGEMENT)


def test_a_name_that_another_account_took_is_taken(s3: Any, client: Connect) -> None:
    assert refusal(client("s3", MEMBER).create_bucket, Bucket=BUCKET) == "BucketAlreadyExists"


def test_a_role_that_may_not_make_buckets_makes_none(client: Connect, world: World) -> None:
    given = client("sts").assume_role(RoleArn=f"arn:aws:iam::{MEMBER}:role/PatchPortal-ReadOnly",
                                      RoleSessionName="test", ExternalId="patchportal-demo")  # fmt: skip
    as_role = client("s3", key=given["Credentials"]["AccessKeyId"])
    assert refusal(as_role.create_bucket, Bucket="bucket-of-nobody") == "AccessDenied"
    assert refusal(as_role.list_buckets) == "AccessDenied"


@pytest.mark.parametrize(
    ("statement", "code"),
    [
        ({"Principal": "*", "Resource": "arn:aws:s3:::another-bucket/*"}, "MalformedPolicy"),
        ({"Principal": "*", "Resource": f"arn:aws:s3:::{BUCKET}"}, "MalformedPolicy"),
        ({"Principal": "*", "Action": "s3:ListBucket"}, "MalformedPolicy"),
        ({"Principal": {"AWS": "999999999999"}}, "MalformedPolicy"),
        ({"Principal": {"AWS": f"arn:aws:iam::{MEMBER}:role/no-such-role"}}, "MalformedPolicy"),
        ({}, "MalformedPolicy"),
    ],
)
def test_a_bucket_policy_that_s3_would_refuse_is_refused(s3: Any, statement: dict[str, Any], code: str) -> None:
    assert refusal(lambda: put_policy(s3, **statement)) == code


def test_a_public_policy_is_refused_while_public_access_is_blocked(s3: Any) -> None:
    s3.put_public_access_block(Bucket=BUCKET, PublicAccessBlockConfiguration={"BlockPublicPolicy": True})
    assert refusal(lambda: put_policy(s3, Principal="*")) == "AccessDenied"
    open_to_organization(s3)
    put_policy(s3, Principal={"AWS": MEMBER})


def test_what_is_not_simulated_is_said_and_not_guessed(s3: Any) -> None:
    assert refusal(s3.get_bucket_website, Bucket=BUCKET) == "NotImplemented"
    assert refusal(s3.get_object_torrent, Bucket=BUCKET, Key=FILE) == "NotImplemented"


def test_a_hostile_key_is_told_back_escaped(client: Connect, s3: Any) -> None:
    with pytest.raises(ClientError, match="<b>&"):
        client("s3", MEMBER).get_object(Bucket=BUCKET, Key="<b>&")


@pytest.mark.parametrize("version", ["s3", "s3v4"])
def test_a_presigned_address_opens_an_object(s3: Any, sandbox: Sandbox, version: str) -> None:
    signer = connect_to(sandbox, "s3", access_key(MANAGEMENT), signature=version)
    url = urlsplit(signer.generate_presigned_url("get_object", Params={"Bucket": BUCKET, "Key": FILE}))
    told: list[str] = []
    environ = {"REQUEST_METHOD": "GET", "PATH_INFO": url.path, "QUERY_STRING": url.query, "HTTP_HOST": url.netloc,
               "wsgi.input": io.BytesIO(), "wsgi.url_scheme": "http", "SERVER_NAME": "sandbox", "SERVER_PORT": "80",
               "wsgi.errors": io.StringIO()}  # fmt: skip
    assert b"".join(sandbox(environ, lambda status, _: told.append(status))) == b"[]"
    assert told == ["200 OK"]


def test_buckets_objects_and_versions_outlive_a_restart(s3: Any, world: World, tmp_path: Path) -> None:
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    s3.put_bucket_tagging(Bucket=BUCKET, Tagging={"TagSet": [{"Key": "QuickSetupID", "Value": "abcde"}]})
    for body in (b"one", b"two"):
        s3.put_object(Bucket=BUCKET, Key=FILE, Body=body)
    open_to_organization(s3)
    save(world, tmp_path / "saved")

    again = Sandbox(load(tmp_path / "saved"))

    door = connect_to(again, "s3", access_key(MANAGEMENT))
    assert door.get_object(Bucket=BUCKET, Key=FILE)["Body"].read() == b"two"
    assert len(door.list_object_versions(Bucket=BUCKET)["Versions"]) == 3
    assert door.get_bucket_tagging(Bucket=BUCKET)["TagSet"][0]["Value"] == "abcde"
    assert "aws:PrincipalOrgID" in door.get_bucket_policy(Bucket=BUCKET)["Policy"]


def test_logging_goes_to_a_bucket_whose_policy_also_speaks_of_everyone(s3: Any) -> None:
    s3.create_bucket(Bucket=f"{BUCKET}-logs")
    deny = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": f"arn:aws:s3:::{BUCKET}-logs/*"}
    condition = {"Condition": {"Bool": {"aws:SecureTransport": "false"}}}
    policy = {"Version": "2012-10-17", "Statement": [{**deny, **condition}]}
    s3.put_bucket_policy(Bucket=f"{BUCKET}-logs", Policy=json.dumps(policy))
    target = {"TargetBucket": f"{BUCKET}-logs", "TargetPrefix": "access/"}

    s3.put_bucket_logging(Bucket=BUCKET, BucketLoggingStatus={"LoggingEnabled": target})

    assert s3.get_bucket_logging(Bucket=BUCKET)["LoggingEnabled"] == target


@pytest.mark.parametrize(
    "asked",
    [
        {"ACL": "public-read"},
        {"GrantRead": "uri=http://acs.amazonaws.com/groups/global/AllUsers"},
        {"ObjectLockMode": "GOVERNANCE"},
        {"WebsiteRedirectLocation": "/elsewhere"},
        {"RequestPayer": "requester"},
    ],
)
def test_what_would_be_passed_over_is_refused(s3: Any, asked: dict[str, str]) -> None:
    with pytest.raises(ClientError) as refused:
        s3.put_object(Bucket=BUCKET, Key="other.json", Body=b"{}", **asked)
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 501


def test_who_may_not_read_an_object_may_not_copy_it(s3: Any, client: Connect) -> None:
    member = client("s3", MEMBER)
    member.create_bucket(Bucket="mine-to-fill")
    wanted = {"Bucket": "mine-to-fill", "Key": "copy.json", "CopySource": {"Bucket": BUCKET, "Key": FILE}}

    assert refusal(member.copy_object, **wanted) == "AccessDenied"

    open_to_organization(s3)
    member.copy_object(**wanted)
    assert member.get_object(Bucket="mine-to-fill", Key="copy.json")["Body"].read() == b"[]"
