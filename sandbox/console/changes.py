"""What can be changed through the sandbox's own door: the clock, a node, the planned faults, IAM enforcement."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from sandbox.engine.faults import read_fault
from sandbox.engine.world import World

Wanted = Mapping[str, Any]
Change = Callable[[World, Wanted], None]
LONGEST_STEP = timedelta(days=60)
FASTEST = 86_400
NUMBERS: dict[str, Callable[[str], float]] = {
    "after": int, "count": int, "fault_id": int, "probability": float, "seconds": float,
}  # fmt: skip
"""How a form's numbers are read; the clock's are read by the clock."""


def read_form(told: Mapping[str, str]) -> dict[str, Any]:
    """A form's values as JSON would have them, without the empty ones. Raises ValueError for what is no number."""
    given = {name: value.strip() for name, value in told.items() if value.strip()}
    return {name: NUMBERS.get(name, str)(value) for name, value in given.items()}


def set_clock(world: World, wanted: Wanted) -> None:
    """{"advance_seconds": n} steps the clock, {"speed": n} sets its pace; raises ValueError for too much of either."""
    if not {"advance_seconds", "speed"} & set(wanted):
        raise ValueError("a clock takes advance_seconds or speed")
    if "advance_seconds" in wanted:
        step = timedelta(seconds=float(wanted["advance_seconds"]))
        if step > LONGEST_STEP:
            raise ValueError(f"at most {LONGEST_STEP.days} days at a time")
        world.clock.advance(step)
        world.tick()
    if "speed" in wanted:
        speed = float(wanted["speed"])
        if not 0 <= speed <= FASTEST:
            raise ValueError(f"speed is 0 to {FASTEST} sandbox seconds a second")
        world.clock.set_speed(speed)


def set_node(world: World, wanted: Wanted) -> None:
    """{"instance_id": ..., "contact": Online or ConnectionLost} or {..., "state": running, stopped or terminated}.

    Raises ValueError for other words and for a node that is not there or was terminated.
    """
    node = world.fleet.nodes.get(wanted["instance_id"])
    if node is None or node.state == "terminated":
        raise ValueError(f"no node {wanted['instance_id']} is there")
    if "contact" in wanted:
        world.fleet.set_contact(node.instance_id, wanted["contact"], world.now())
    else:
        world.fleet.set_state(node.instance_id, wanted["state"], world.now())
    world.timeline.at(world.now(), "node changed", node.instance_id)
    world.tick()


def plan_fault(world: World, wanted: Wanted) -> None:
    """One more fault: {"kind": ..., "service": ..., ...} (engine/faults.py). Raises ValueError for anything else."""
    world.faults.add(read_fault(wanted))


def forget_fault(world: World, wanted: Wanted) -> None:
    """{"fault_id": n} is no longer planned. Raises ValueError when it was not."""
    world.faults.remove(wanted["fault_id"])


def forget_faults(world: World, _wanted: Wanted) -> None:
    """Nothing is planned to go wrong any more."""
    world.faults.clear()


def set_enforcement(world: World, wanted: Wanted) -> None:
    """{"enforce": true} judges every call by its caller's policies (enforcement.py); raises ValueError for a word."""
    if str(wanted["enforce"]).lower() not in ("true", "false"):
        raise ValueError("enforce is true or false")
    world.enforces_iam = str(wanted["enforce"]).lower() == "true"


CHANGES: dict[str, Change] = {
    "clock": set_clock,
    "iam": set_enforcement,
    "node": set_node,
    "fault": plan_fault,
    "fault/remove": forget_fault,
    "faults/clear": forget_faults,
}
"""What is posted where."""
