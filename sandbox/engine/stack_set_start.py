"""Operations of stack sets asked for: refused, queued behind others, or begun over the places that they mean."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from sandbox.engine.errors import AwsError
from sandbox.engine.stack_set_runs import end_place, proceed
from sandbox.engine.stack_set_targets import existing_places, places_of
from sandbox.engine.stack_sets import Action, Instance, Key, Operation, StackSet
from sandbox.engine.world import event

if TYPE_CHECKING:
    from sandbox.engine.places import Place
    from sandbox.engine.world import World

MOST_QUEUED = 10_000
MOST_INSTANCES = 100_000


def begin(world: World, stack_set: StackSet, operation: Operation) -> None:
    """Start an operation; behind another it queues where execution is managed, and is refused else.

    Raises AwsError OperationIdAlreadyExistsException, OperationInProgressException, LimitExceededException.
    """
    check_id(stack_set, operation.operation_id)
    others = stack_set.open_operations()
    if others and not (stack_set.is_managed_execution or operation.is_automatic):
        raise in_progress(stack_set)
    if len(others) > MOST_QUEUED:
        raise AwsError("LimitExceededException", f"At most {MOST_QUEUED} operations can be queued")
    stack_set.operations[operation.operation_id] = operation
    if others:
        operation.status = "QUEUED"
    else:
        _start(world, stack_set, operation)


def check_id(stack_set: StackSet, operation_id: str) -> None:
    """Raises AwsError for an operation id that the set has seen."""
    if operation_id in stack_set.operations:
        raise AwsError("OperationIdAlreadyExistsException", "The specified operation ID already exists.", 409)


def in_progress(stack_set: StackSet) -> AwsError:
    """The refusal of what may not be done beside an operation."""
    words = f"Another Operation on StackSet {stack_set.arn} is in progress"
    return AwsError("OperationInProgressException", words, 409)


def _start(world: World, stack_set: StackSet, operation: Operation) -> None:
    operation.status = "RUNNING"
    _take_content(stack_set, operation)
    _retarget(stack_set, operation)
    if operation.action is Action.CREATE:
        places = places_of(world, stack_set, operation.wanted)
        for (account_id, region), unit_id in places:
            stack_set.instances.setdefault((account_id, region), Instance(account_id, region, unit_id))
    else:
        places = existing_places(world, stack_set, operation.wanted)
    if operation.action is Action.UPDATE:
        places = [p for p in places if stack_set.instances[p[0]].status != "INOPERABLE"]
    operation.places = dict(places)
    for (account_id, region), _ in places:
        operation.waiting.setdefault(region, deque()).append(account_id)
        operation.size_in[region] += 1
    _mark(stack_set, operation)
    proceed(world, stack_set, operation)


def _take_content(stack_set: StackSet, operation: Operation) -> None:
    """An update changes the stored set whatever becomes of it; instances not reached are OUTDATED (aws-facts 9)."""
    if operation.content is None:
        return
    was, stack_set.content = stack_set.content, operation.content
    if (was.template, was.parameters, was.tags) != (stack_set.content.template, stack_set.content.parameters,
                                                    stack_set.content.tags):  # fmt: skip
        for instance in stack_set.instances.values():
            if instance.status == "CURRENT":
                instance.status = "OUTDATED"


def _retarget(stack_set: StackSet, operation: Operation) -> None:
    """Creation makes units targets of automatic deployment, deletion of whole units ends that."""
    wanted = operation.wanted
    for unit_id in wanted.targets.get("OrganizationalUnitIds", []) if not operation.is_automatic else []:
        regions = stack_set.targets.get(unit_id, [])
        if operation.action is Action.CREATE:
            stack_set.targets[unit_id] = regions + [r for r in wanted.regions if r not in regions]
        elif operation.action is Action.DELETE and not wanted.targets.get("Accounts"):
            stack_set.targets[unit_id] = [r for r in regions if r not in wanted.regions]
    stack_set.targets = {unit_id: regions for unit_id, regions in stack_set.targets.items() if regions}


def _mark(stack_set: StackSet, operation: Operation) -> None:
    for place in operation.places:
        instance = stack_set.instances[place]
        if operation.action is Action.DETECT_DRIFT:
            continue
        instance.detailed, instance.operation_id = "PENDING", operation.operation_id
        if instance.status == "CURRENT":
            instance.status = "OUTDATED"
        if operation.overrides is not None:
            instance.overrides = operation.overrides


@event("stack set is free")
def stack_set_is_free(world: World, key: Key) -> None:
    """An operation has ended: the next one that waits begins."""
    stack_set = world.stack_sets.sets.get(key)
    others = stack_set.open_operations() if stack_set else []
    if stack_set and others and all(o.status == "QUEUED" for o in others):
        _start(world, stack_set, others[0])


@event("stack instance ends")
def stack_instance_ends(world: World, key: Key, operation_id: str, place: Place) -> None:
    """A stack instance has been worked on for its time."""
    stack_set = world.stack_sets.sets.get(key)
    if stack_set and operation_id in stack_set.operations:
        end_place(world, stack_set, stack_set.operations[operation_id], place)
