"""How an operation of a stack set goes: Region after Region, as many accounts at once as the preferences allow."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sandbox.engine.drift import set_drift
from sandbox.engine.errors import AwsError
from sandbox.engine.places import Place
from sandbox.engine.stack_changes import STEP, StackWaits
from sandbox.engine.stack_set_places import SKIPPED, is_suspended, work_at
from sandbox.engine.stack_sets import Action, Operation, StackSet

if TYPE_CHECKING:
    from sandbox.engine.world import World

SHORTEST, SPREAD = timedelta(seconds=35), timedelta(seconds=50)
MOST_AT_ONCE = 10_000
"""Instance operations at a time of an administrator account in a Region (aws-facts 7.3)."""
BEYOND_TOLERANCE = "Cancelled since failure tolerance has exceeded"


def proceed(world: World, stack_set: StackSet, operation: Operation) -> None:
    """Begin as many places as the preferences allow; end the operation when none is left."""
    if operation.status == "RUNNING":
        for region in list(operation.waiting):
            _fill(world, stack_set, operation, region)
    if not operation.running and not operation.waiting:
        _end(world, stack_set, operation)


def _fill(world: World, stack_set: StackSet, operation: Operation, region: str) -> None:
    """SEQUENTIAL: a Region begins when the one before it has ended."""
    book, owner = world.stack_sets, (stack_set.account_id, stack_set.region)
    while region in operation.waiting and operation.running_in[region] < operation.concurrency(region):
        if not operation.is_parallel and any(n for r, n in operation.running_in.items() if r != region):
            return
        if book.running[owner] >= MOST_AT_ONCE:
            book.held[stack_set.key, operation.operation_id] = None
            return
        place = (operation.waiting[region].popleft(), region)
        if not operation.waiting[region]:
            del operation.waiting[region]
        _begin_place(world, stack_set, operation, place)


def _begin_place(world: World, stack_set: StackSet, operation: Operation, place: Place) -> None:
    instance = stack_set.instances[place]
    if is_suspended(world, stack_set, place[0]) and not operation.retain:
        instance.detailed, instance.reason = SKIPPED, "The account is suspended"
        operation.results[place] = ("SUCCEEDED", instance.reason)
        return
    operation.running.add(place)
    operation.running_in[place[1]] += 1
    world.stack_sets.running[stack_set.account_id, stack_set.region] += 1
    if operation.action is not Action.DETECT_DRIFT:
        instance.detailed = "RUNNING"
    moment = world.now() + SHORTEST + SPREAD * world.chance(stack_set.name, operation.operation_id, *place)
    world.timeline.at(moment, "stack instance ends", stack_set.key, operation.operation_id, place)


def end_place(world: World, stack_set: StackSet, operation: Operation, place: Place) -> None:
    """A place has been worked on for its time: make, change or remove its stack, and go on."""
    if place not in operation.running:
        return
    try:
        operation.results[place] = work_at(world, stack_set, operation, place)
    except StackWaits:
        world.timeline.at(world.now() + STEP, "stack instance ends", stack_set.key, operation.operation_id, place)
        return
    operation.running.remove(place)
    operation.running_in[place[1]] -= 1
    world.stack_sets.running[stack_set.account_id, stack_set.region] -= 1
    if operation.results[place][0] == "FAILED":
        operation.failed_in[place[1]] += 1
        if operation.has_failed(place[1]):
            cancel_waiting(stack_set, operation, BEYOND_TOLERANCE)
    proceed(world, stack_set, operation)
    _let_held_go_on(world)


def _let_held_go_on(world: World) -> None:
    book = world.stack_sets
    held, book.held = book.held, {}
    for key, operation_id in held:
        stack_set = book.sets.get(key)
        if stack_set and operation_id in stack_set.operations and stack_set.operations[operation_id].is_open:
            proceed(world, stack_set, stack_set.operations[operation_id])


def stop(world: World, stack_set: StackSet, operation: Operation) -> None:
    """Begin no further place; those that run go on to their end. Raises AwsError InvalidOperationException."""
    if operation.status not in ("RUNNING", "QUEUED"):
        words = f"Operation {operation.operation_id} is in {operation.status} state and cannot be stopped"
        raise AwsError("InvalidOperationException", words)
    if operation.status == "QUEUED":
        operation.status, operation.ended_at = "STOPPED", world.now()
        return
    operation.status = "STOPPING"
    cancel_waiting(stack_set, operation, "Cancelled by the user")
    proceed(world, stack_set, operation)


def cancel_waiting(stack_set: StackSet, operation: Operation, reason: str) -> None:
    """What has not begun will not begin; a Region with too many failures stops the Regions to come too."""
    for region, accounts in operation.waiting.items():
        for account_id in accounts:
            place = (account_id, region)
            operation.results[place] = ("CANCELLED", reason)
            if operation.action is not Action.DETECT_DRIFT:
                instance = stack_set.instances[place]
                instance.detailed, instance.reason = "CANCELLED", reason
    operation.waiting.clear()


def _end(world: World, stack_set: StackSet, operation: Operation) -> None:
    exceeded = any(operation.has_failed(region) for region in operation.failed_in)
    stopped = operation.status == "STOPPING"
    operation.status = "STOPPED" if stopped else "FAILED" if exceeded else "SUCCEEDED"
    operation.ended_at = world.now()
    if operation.action is Action.DETECT_DRIFT:
        stack_set.drift = set_drift(stack_set, operation)
    world.timeline.at(world.now(), "stack set is free", stack_set.key)
