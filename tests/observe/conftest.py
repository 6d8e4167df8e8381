"""The small world, and the portal signed in to it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pytest_django import DjangoDbBlocker

from policies.aws.connect import Aws
from sandbox.engine.world import World
from sandbox.wire import Sandbox
from tests.observe.reading import collect, make_policy, scan
from tests.observe.scene import Scene, set_scene
from tests.worlds import open_sandbox, rows_of_a_module, sign_in


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


@pytest.fixture(scope="module")
def fleet(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """The rows of the small world, scanned by a policy and read, for a module all of whose tests want them."""

    def read() -> None:
        sandbox = open_sandbox()
        aws = sign_in(sandbox)
        make_policy()
        scan(sandbox.world, aws)
        collect(aws)

    yield from rows_of_a_module(django_db_blocker, read)
