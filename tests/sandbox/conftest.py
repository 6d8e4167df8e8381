"""The small world at a fixed moment, served in process; time moves only when a test moves it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.config import Config

from sandbox.engine.trust import access_key
from sandbox.engine.world import World
from sandbox.transport import in_process
from sandbox.wire import Sandbox
from sandbox.worlds import WORLDS, stock
from tests.worlds import session_with

BEGIN = datetime(2026, 11, 23, 12, tzinfo=UTC)
MANAGEMENT = "111122223333"
MEMBER = "555566667777"

Connect = Callable[..., Any]


@pytest.fixture
def sandbox() -> Sandbox:
    """The small world, its answers checked against botocore's models."""
    served = Sandbox(WORLDS["small"](BEGIN, 0), strict_answers=True)
    stock(served.world)
    return served


@pytest.fixture
def world(sandbox: Sandbox) -> World:
    """What happens behind the sandbox's door."""
    return sandbox.world


def connect_to(
    sandbox: Sandbox, service: str, key: str, region: str = "us-east-1", signature: str | None = None
) -> Any:
    """A boto3 client that signs with a key and is answered in process."""
    session = session_with(key)
    session.events.register_first("before-send", in_process(sandbox))
    config = Config(signature_version=signature, retries={"max_attempts": 0})
    return session.client(service, region_name=region, endpoint_url="http://127.0.0.1:1", config=config)


@pytest.fixture
def client(sandbox: Sandbox) -> Connect:
    """client(service, account, region): a boto3 client that speaks for an account's administrator, or for a key."""

    def connect(service: str, account: str = MANAGEMENT, region: str = "us-east-1", key: str = "") -> Any:
        return connect_to(sandbox, service, key or access_key(account), region)

    return connect
