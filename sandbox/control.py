"""The sandbox's own door under /_sandbox/, never an AWS path: see the world, move its clock, start and stop nodes."""

from __future__ import annotations

import json
from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sandbox.engine.trust import access_key
from sandbox.requests import Request

if TYPE_CHECKING:
    from sandbox.engine.world import World
    from sandbox.wire import Sandbox

PREFIX = "/_sandbox/"
LONGEST_STEP = timedelta(days=60)

Answer = tuple[int, dict[str, str], bytes]


def is_asked(request: Request) -> bool:
    """Whether a request is for this door."""
    return request.path.startswith(PREFIX)


def answer(sandbox: Sandbox, request: Request) -> Answer:
    """GET: the state. POST clock: {"advance_seconds": n} or {"speed": n}. POST node: {"instance_id", "state"}."""
    with sandbox.world.lock:
        sandbox.world.tick()
        return _answer(sandbox, request)


def _answer(sandbox: Sandbox, request: Request) -> Answer:
    world, what = sandbox.world, request.path.removeprefix(PREFIX).strip("/")
    if request.method == "GET" and not what:
        return _told(200, _state(sandbox))
    if request.method != "POST" or request.headers.get("content-type", "").split(";")[0] != "application/json":
        return _told(405, {"error": "GET /_sandbox/, or POST JSON to /_sandbox/clock or /_sandbox/node"})
    try:
        wanted = json.loads(request.body)
        if what == "clock":
            _set_clock(world, wanted)
        elif what == "node":
            _set_node(world, wanted)
        else:
            return _told(404, {"error": f"nothing is at {what}"})
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        return _told(400, {"error": str(error)})
    return _told(200, _state(sandbox))


def _set_clock(world: World, wanted: dict[str, Any]) -> None:
    if "advance_seconds" in wanted:
        step = timedelta(seconds=float(wanted["advance_seconds"]))
        if step > LONGEST_STEP:
            raise ValueError(f"at most {LONGEST_STEP.days} days at a time")
        world.clock.advance(step)
        world.tick()
    if "speed" in wanted:
        speed = float(wanted["speed"])
        if not 0 <= speed <= 86_400:
            raise ValueError("speed is 0 to 86400 sandbox seconds a second")
        world.clock.set_speed(speed)


def _set_node(world: World, wanted: dict[str, Any]) -> None:
    node = world.fleet.nodes[wanted["instance_id"]]
    world.fleet.set_state(node.instance_id, wanted["state"], world.now())
    world.timeline.at(world.now(), "node changed", node.instance_id)
    world.tick()


def _state(sandbox: Sandbox) -> dict[str, Any]:
    world = sandbox.world
    nodes = Counter(node.state for node in world.fleet.nodes.values())
    return {
        "now": world.now().isoformat(),
        "speed": world.clock.speed,
        "access_key": access_key(world.organization.management_id),
        "accounts": len(world.organization.accounts),
        "nodes": dict(nodes),
        "stack_sets": len(world.stack_sets.sets),
        "associations": len(world.associations.all),
        "requests": sandbox.answered,
    }


def _told(status: int, content: dict[str, Any]) -> Answer:
    return status, {"Content-Type": "application/json"}, json.dumps(content).encode()
