"""AWS as the doors meet it: the small world of the sandbox, in process."""

from __future__ import annotations

import pytest

from policies.aws.connect import Aws
from sandbox.engine.world import World
from sandbox.wire import Sandbox
from tests.worlds import open_sandbox, sign_in


@pytest.fixture
def sandbox() -> Sandbox:
    """The small world, served."""
    return open_sandbox()


@pytest.fixture
def world(sandbox: Sandbox) -> World:
    """What happens behind the door."""
    return sandbox.world


@pytest.fixture
def aws(sandbox: Sandbox) -> Aws:
    """Signed in to the management account."""
    return sign_in(sandbox)
