"""The log of served requests: who asked what, and what came of it."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from sandbox.engine.faults import FaultKind
from sandbox.request_log import KEPT
from sandbox.wire import Sandbox
from tests.sandbox.conftest import MANAGEMENT, MEMBER, Connect


def test_each_request_is_told_with_its_outcome(client: Connect, sandbox: Sandbox) -> None:
    client("ssm", MEMBER, "eu-west-1").list_associations()
    with pytest.raises(ClientError):
        client("iam").get_role(RoleName="nobody")
    with pytest.raises(ClientError):
        client("s3").get_object(Bucket="no-such-bucket", Key="x")
    sandbox.faults.on_call(1, FaultKind.THROTTLING)
    with pytest.raises(ClientError):
        client("sts").get_caller_identity()

    told = [(e.service, e.action, e.account, e.region, e.status, e.code, e.fault) for e in sandbox.log.entries]
    assert told == [
        ("ssm", "ListAssociations", MEMBER, "eu-west-1", 200, "", ""),
        ("iam", "GetRole", MANAGEMENT, "us-east-1", 404, "NoSuchEntity", ""),
        ("s3", "GetObject", MANAGEMENT, "us-east-1", 404, "NoSuchBucket", ""),
        ("sts", "GetCallerIdentity", MANAGEMENT, "us-east-1", 400, "Throttling", "throttling"),
    ]
    assert sandbox.log.entries[0].caller == f"arn:aws:iam::{MEMBER}:user/administrator"
    assert all(entry.milliseconds > 0 for entry in sandbox.log.entries)


def test_the_newest_are_found_by_what_they_are(client: Connect, sandbox: Sandbox) -> None:
    client("ssm").list_associations()
    client("sts").get_caller_identity()
    client("sts", MEMBER).get_caller_identity()
    with pytest.raises(ClientError):
        client("sts", "461757342029").get_caller_identity()

    assert [e.number for e in sandbox.log.newest({"service": "sts"}, 10)] == [4, 3, 2]
    assert [e.number for e in sandbox.log.newest({"service": "sts"}, 2)] == [4, 3]
    assert [e.number for e in sandbox.log.newest({"account": MEMBER}, 10)] == [3]
    assert [e.code for e in sandbox.log.newest({"failed": "true"}, 10)] == ["InvalidClientTokenId"]
    with pytest.raises(ValueError, match="no filter is called colour"):
        sandbox.log.newest({"colour": "red"}, 10)


def test_the_oldest_are_forgotten(client: Connect, sandbox: Sandbox) -> None:
    sts = client("sts")
    for _ in range(KEPT + 1):
        sts.get_caller_identity()
    assert [sandbox.log.entries[0].number, len(sandbox.log.entries)] == [2, KEPT]
