"""What the stories of associations, commands and windows share: a place with nodes, and ways to ask."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sandbox.engine.associations import Association
from sandbox.engine.fleet import Node
from sandbox.engine.targets import is_reachable
from sandbox.engine.world import World
from tests.sandbox.conftest import MEMBER

REGION = "us-east-1"
EVERYTHING = [{"Key": "InstanceIds", "Values": ["*"]}]
SCAN = {"Operation": ["Scan"]}


def managed(world: World) -> list[Node]:
    """The nodes that Systems Manager manages in the member's first Region."""
    return [n for n in world.fleet.within(MEMBER, REGION) if is_reachable(world, n)]


def associate(ssm: Any, **more: Any) -> str:
    """A scan of every node, or what the test says instead; the association's id."""
    wanted = {"Name": "AWS-RunPatchBaseline", "Targets": EVERYTHING, "Parameters": SCAN, **more}
    made = ssm.create_association(**{key: value for key, value in wanted.items() if value is not None})
    return str(made["AssociationDescription"]["AssociationId"])


def let_pass(world: World, **step: float) -> None:
    """Time goes by, and what is due happens."""
    world.clock.advance(timedelta(**step))
    world.tick()


def association_of(world: World, association_id: str) -> Association:
    return world.associations.all[association_id]


def refusal(ask: Any, **asked: Any) -> str:
    """The code of the error that a call ends with."""
    with pytest.raises(ClientError) as refused:
        ask(**asked)
    return str(refused.value.response["Error"]["Code"])
