"""Worlds to begin with: what is there, how it is found, kept and loaded."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from sandbox.engine.places import ByPlace
from sandbox.engine.world import World
from tests.sandbox.conftest import MEMBER


@dataclass
class Thing:
    account_id: str
    region: str


def test_things_are_found_by_their_place_in_the_order_of_their_coming() -> None:
    things: ByPlace[Thing] = ByPlace()
    for name, account in (("c", "1"), ("a", "2"), ("b", "1")):
        things[name] = Thing(account, "eu-west-1")

    assert things.within("1", "eu-west-1") == [things["c"], things["b"]]
    del things["c"]
    assert things.within("1", "eu-west-1") == [things["b"]]
    assert list(things) == ["a", "b"]
    assert things.within("1", "us-east-1") == []
    with pytest.raises(KeyError):
        del things["c"]


def test_a_terminated_node_is_no_longer_within_its_account(world: World) -> None:
    node = next(world.fleet.within(MEMBER, "us-east-1"))
    world.fleet.set_state(node.instance_id, "terminated", world.now())
    assert node not in world.fleet.within(MEMBER, "us-east-1")
    assert world.fleet.nodes[node.instance_id] is node
