"""The small world, and the portal signed in to it."""

from __future__ import annotations

import pytest

from policies.aws.connect import Aws
from sandbox.engine.world import World
from sandbox.wire import Sandbox
from tests.observe.scene import Scene, set_scene
from tests.worlds import open_sandbox, sign_in


@pytest.fixture
def sandbox() -> Sandbox:
    """The small world in process."""
    return open_sandbox()


@pytest.fixture
def world(sandbox: Sandbox) -> World:
    """What happens behind the sandbox's door."""
    return sandbox.world


@pytest.fixture
def aws(sandbox: Sandbox) -> Aws:
    """The portal's connection as the management account."""
    return sign_in(sandbox)


@pytest.fixture
def scene(db: None, aws: Aws, world: World) -> Scene:
    """Two managed Linux nodes that may read the policy's file, which is not written yet."""
    return set_scene(aws, world)
