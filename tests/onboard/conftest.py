"""The portal in front of an organization in which nothing is set up."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.core.cache import cache

from policies.aws import connect
from policies.aws.connect import Aws
from policies.deploy.tasks import run_deployment
from sandbox.wire import Sandbox
from sandbox.worlds import WORLDS
from tests.worlds import BEGIN, sign_in


@pytest.fixture
def sandbox() -> Sandbox:
    """The empty world, its clock standing still."""
    return Sandbox(WORLDS["empty"](BEGIN, 0), strict_answers=True)


@pytest.fixture(autouse=True)
def aws(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[Aws]:
    """The connection of every view and command: the administrator of the management account. No worker is woken."""
    cache.clear()
    connected = sign_in(sandbox)
    connect.connection.cache_clear()
    monkeypatch.setattr(connect, "connect", lambda: connected)
    monkeypatch.setattr(run_deployment, "delay", lambda _id: None)
    yield connected
    connect.connection.cache_clear()
