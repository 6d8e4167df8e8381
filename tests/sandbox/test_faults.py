"""Planned faults strike the calls they are meant for, in process and over loopback, and look as they do on AWS."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionClosedError, ReadTimeoutError

from sandbox.engine.faults import Fault, FaultKind, Faults, read_fault
from sandbox.engine.trust import Principal, access_key
from sandbox.engine.world import World
from sandbox.registry import Call
from sandbox.wire import Sandbox
from tests.sandbox.conftest import MANAGEMENT, MEMBER, Connect
from tests.worlds import on_loopback, session_with

ASKS = {
    "ssm": "list_associations", "cloudformation": "list_stack_sets", "iam": "list_roles", "s3": "list_buckets",
    "sts": "get_caller_identity", "organizations": "list_roots", "ec2": "describe_instances",
    "resource-groups": "list_groups", "account": "list_regions", "resourcegroupstaggingapi": "get_resources",
}  # fmt: skip


def fails(client: Connect, service: str, **place: str) -> tuple[str, int]:
    """The code and status of the service's simplest call."""
    with pytest.raises(ClientError) as error:
        getattr(client(service, **place), ASKS[service])()
    told = error.value.response
    return str(told["Error"]["Code"]), int(told["ResponseMetadata"]["HTTPStatusCode"])


def works(client: Connect, service: str = "ssm", **place: str) -> bool:
    return bool(getattr(client(service, **place), ASKS[service])()["ResponseMetadata"]["HTTPStatusCode"] == 200)


@pytest.mark.parametrize(
    ("kind", "service", "told"),
    [
        (FaultKind.THROTTLING, "ssm", ("ThrottlingException", 400)),
        (FaultKind.THROTTLING, "cloudformation", ("Throttling", 400)),
        (FaultKind.THROTTLING, "ec2", ("RequestLimitExceeded", 503)),
        (FaultKind.THROTTLING, "s3", ("SlowDown", 503)),
        (FaultKind.THROTTLING, "organizations", ("TooManyRequestsException", 400)),
        (FaultKind.THROTTLING, "resourcegroupstaggingapi", ("ThrottledException", 400)),
        (FaultKind.INTERNAL_ERROR, "ssm", ("InternalServerError", 500)),
        (FaultKind.INTERNAL_ERROR, "iam", ("ServiceFailure", 500)),
        (FaultKind.INTERNAL_ERROR, "sts", ("InternalFailure", 500)),
        (FaultKind.UNAVAILABLE, "s3", ("ServiceUnavailable", 503)),
        (FaultKind.UNAVAILABLE, "ssm", ("ServiceUnavailableException", 503)),
        (FaultKind.ACCESS_DENIED, "ssm", ("AccessDeniedException", 400)),
        (FaultKind.ACCESS_DENIED, "ec2", ("UnauthorizedOperation", 403)),
        (FaultKind.ACCESS_DENIED, "account", ("AccessDeniedException", 403)),
        (FaultKind.EXPIRED, "cloudformation", ("ExpiredToken", 403)),
        (FaultKind.EXPIRED, "ssm", ("ExpiredTokenException", 400)),
        (FaultKind.REGION_NOT_ENABLED, "ssm", ("UnrecognizedClientException", 400)),
        (FaultKind.REGION_NOT_ENABLED, "sts", ("InvalidClientTokenId", 403)),
    ],
)
def test_a_fault_speaks_the_words_of_its_service(
    client: Connect, sandbox: Sandbox, kind: FaultKind, service: str, told: tuple[str, int]
) -> None:
    sandbox.faults.add(Fault(kind))
    assert fails(client, service) == told


@pytest.mark.parametrize("kind", FaultKind)
@pytest.mark.parametrize("service", ASKS)
def test_every_kind_strikes_every_service_and_then_is_over(
    client: Connect, sandbox: Sandbox, service: str, kind: FaultKind
) -> None:
    sandbox.faults.on_call(1, kind)
    if kind is FaultKind.SLOW:
        assert works(client, service)
    else:
        with pytest.raises((ClientError, ReadTimeoutError)):
            getattr(client(service), ASKS[service])()
    assert works(client, service)
    assert [entry.fault for entry in sandbox.log.entries] == [kind.value, ""]


def test_a_time_out_before_the_effect_leaves_nothing_behind(client: Connect, sandbox: Sandbox, world: World) -> None:
    sandbox.faults.on_call(1, FaultKind.TIMEOUT_BEFORE)
    with pytest.raises(ReadTimeoutError):
        client("iam").create_instance_profile(InstanceProfileName="mine")
    assert "mine" not in world.account(MANAGEMENT).profiles


def test_a_time_out_after_the_effect_has_done_its_work(client: Connect, sandbox: Sandbox, world: World) -> None:
    sandbox.faults.on_call(1, FaultKind.TIMEOUT_AFTER)
    with pytest.raises(ReadTimeoutError):
        client("iam").create_instance_profile(InstanceProfileName="mine")
    assert "mine" in world.account(MANAGEMENT).profiles


def test_a_bucket_is_there_after_a_time_out_that_hid_its_making(client: Connect, sandbox: Sandbox) -> None:
    sandbox.faults.add(Fault(FaultKind.TIMEOUT_AFTER, service="s3", action="CreateBucket", count=1))
    with pytest.raises(ReadTimeoutError):
        client("s3").create_bucket(Bucket="made-in-the-dark")
    assert "made-in-the-dark" in {bucket["Name"] for bucket in client("s3").list_buckets()["Buckets"]}


def test_any_one_call_of_a_run_can_be_struck(client: Connect, sandbox: Sandbox) -> None:
    def run() -> list[bool]:
        went_well = []
        for service in ("sts", "ssm", "iam"):
            try:
                went_well.append(works(client, service))
            except ClientError:
                went_well.append(False)
        return went_well

    assert run() == [True, True, True]
    calls = sandbox.faults.served
    struck = []
    for number in range(1, calls + 1):
        sandbox.faults.on_call(number, FaultKind.THROTTLING)
        struck.append(run())

    assert struck == [[False, True, True], [True, False, True], [True, True, False]]


@pytest.mark.parametrize(
    ("scope", "spared"),
    [
        ({"service": "ssm"}, {"service": "sts"}),
        ({"service": "ssm", "account": MEMBER}, {"service": "ssm"}),
        ({"service": "ssm", "region": "eu-west-1"}, {"service": "ssm"}),
        ({"action": "List*"}, {"service": "sts"}),
        ({"action": "CreateAssociation"}, {"service": "ssm"}),
    ],
)
def test_a_call_out_of_scope_is_spared(
    client: Connect, sandbox: Sandbox, scope: dict[str, str], spared: dict[str, str]
) -> None:
    sandbox.faults.add(Fault(FaultKind.THROTTLING, **scope))  # type: ignore[arg-type]
    assert works(client, **spared)


def test_a_call_in_scope_is_struck(client: Connect, sandbox: Sandbox) -> None:
    sandbox.faults.add(Fault(FaultKind.THROTTLING, "ssm", "List*", MEMBER, "eu-west-1"))
    assert fails(client, "ssm", account=MEMBER, region="eu-west-1") == ("ThrottlingException", 400)


def test_a_fault_spares_the_first_and_ends_after_its_count() -> None:
    faults, call = Faults(), Call(Principal(MEMBER), "us-east-1", "ssm", "ListAssociations")
    faults.add(Fault(FaultKind.SLOW, after=2, count=3))
    struck = [faults.choose(call, lambda *_: 0.0) is not None for _ in range(8)]
    assert struck == [False, False, True, True, True, False, False, False]


def test_chance_is_the_worlds_and_the_same_again(world: World) -> None:
    def struck() -> list[bool]:
        faults, call = Faults(), Call(Principal(MEMBER), "us-east-1", "ssm", "ListAssociations")
        faults.add(Fault(FaultKind.THROTTLING, probability=0.3))
        return [faults.choose(call, world.chance) is not None for _ in range(400)]

    assert struck() == struck()
    assert 80 < sum(struck()) < 160


@pytest.mark.parametrize(
    "told",
    [
        {}, [], {"kind": "earthquake"}, {"kind": "slow", "seconds": 21}, {"kind": "slow", "probability": 0},
        {"kind": "slow", "count": 0}, {"kind": "slow", "after": -1}, {"kind": "slow", "service": 3},
        {"kind": "slow", "actions": "List*"}, {"kind": "slow", "after": "2"},
    ],
)  # fmt: skip
def test_what_is_no_fault_is_refused(told: Any) -> None:
    with pytest.raises(ValueError, match=r".+"):
        read_fault(told)


def test_faults_are_read_from_a_file(tmp_path: Path) -> None:
    file, faults = tmp_path / "faults.json", Faults()
    file.write_text('[{"kind": "slow", "service": "ssm", "seconds": 2}, {"kind": "throttling", "count": 3}]')
    faults.read(file)
    assert faults.planned == [
        Fault(FaultKind.SLOW, "ssm", seconds=2, fault_id=1),
        Fault(FaultKind.THROTTLING, count=3, fault_id=2),
    ]
    file.write_text('{"kind": "slow"}')
    with pytest.raises(ValueError, match="no list of faults"):
        faults.read(file)


@pytest.fixture
def address(sandbox: Sandbox) -> Iterator[str]:
    """The sandbox over loopback."""
    with on_loopback(sandbox) as address:
        yield address


PATIENCE = 30
"""Seconds that an answer may take on a slow machine."""


def over(address: str, service: str) -> Any:
    config = Config(retries={"total_max_attempts": 1}, read_timeout=PATIENCE)
    return session_with(access_key(MANAGEMENT)).client(service, "us-east-1", endpoint_url=address, config=config)


def test_over_loopback_a_time_out_is_a_broken_connection_at_once(address: str, sandbox: Sandbox, world: World) -> None:
    sandbox.faults.on_call(1, FaultKind.TIMEOUT_AFTER)
    iam = over(address, "iam")
    with pytest.raises(ConnectionClosedError):
        iam.create_instance_profile(InstanceProfileName="mine")
    assert "mine" in world.account(MANAGEMENT).profiles
    assert iam.get_instance_profile(InstanceProfileName="mine")["InstanceProfile"]


def test_a_slow_answer_keeps_nobody_else_waiting(address: str, sandbox: Sandbox) -> None:
    held, let_go = threading.Event(), threading.Event()

    def wait(_seconds: float) -> None:
        held.set()
        let_go.wait(2 * PATIENCE)

    sandbox.wait = wait
    sandbox.faults.on_call(1, FaultKind.SLOW)
    slow = threading.Thread(target=over(address, "sts").get_caller_identity)
    slow.start()
    assert held.wait(PATIENCE)

    assert over(address, "iam").list_roles()["Roles"]
    let_go.set()
    slow.join(PATIENCE)


def test_in_process_a_slow_answer_takes_no_time(
    client: Connect, sandbox: Sandbox, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.sleep", lambda _seconds: pytest.fail("it waits"))
    sandbox.faults.add(Fault(FaultKind.SLOW, seconds=20))
    before = world.now()
    assert works(client)
    assert world.now() - before == timedelta(0)
    assert sandbox.log.entries[-1].seconds == 20
