"""Stacks made, changed and removed: what is to be done is planned here, done step by step in stack_steps.py.

The steps of a stack that someone asked for come one after another in time; those of a stack set's stack all at once.
"""

from __future__ import annotations

from collections import deque
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sandbox.engine.stack_scope import scope_of
from sandbox.engine.stack_steps import advance
from sandbox.engine.stacks import Doing, Stack, StackChange
from sandbox.engine.template import in_order, wrong
from sandbox.engine.template_text import parse

if TYPE_CHECKING:
    from sandbox.engine.world import World

STEP = timedelta(seconds=5)
WELL = {"CREATE_COMPLETE", "UPDATE_COMPLETE", "DELETE_COMPLETE"}
CHANGEABLE = {"CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE"}
COMPARED = ("Resources", "Outputs", "Conditions", "Mappings")


class StackFailed(Exception):
    """A stack could not be made, changed or removed; the message is the stack instance's StatusReason."""


class StackWaits(Exception):
    """A stack waits for one of its associations to succeed: go on with it later."""


def deploy(world: World, stack: Stack, template: str, parameters: dict[str, str], tags: dict[str, str]) -> None:
    """Make the stack what the template says, at once. Raises StackFailed after a rollback.

    Raises StackWaits while an association is to succeed first; called again, it goes on from there.
    """
    if stack.change:
        _complete(world, stack)
        return
    if not stack.status:
        begin_create(world, stack, template, parameters, tags)
    elif stack.status not in CHANGEABLE:
        raise StackFailed(f"Stack:{stack.stack_id} is in {stack.status} state and can not be updated.")
    elif not has_changes(stack, template, parameters, tags):
        return
    else:
        begin_update(world, stack, template, parameters, tags)
    _complete(world, stack)


def remove(world: World, stack: Stack) -> None:
    """Remove a stack at once. Raises StackFailed when it is protected or a resource cannot be removed."""
    if stack.is_protected:
        raise StackFailed(f"Stack [{stack.name}] cannot be deleted while TerminationProtection is enabled")
    begin_delete(world, stack)
    _complete(world, stack)


def _complete(world: World, stack: Stack) -> None:
    while stack.change:
        advance(world, stack)
        if stack.change and stack.change.awaited:
            raise StackWaits
    if stack.status not in WELL:
        raise StackFailed(stack.trouble or stack.reason)


def begin_create(
    world: World, stack: Stack, template: str, parameters: dict[str, str], tags: dict[str, str],
    on_failure: str = "ROLLBACK",
) -> None:  # fmt: skip
    """A new stack begins to be made."""
    stack.template, stack.parameters, stack.tags = template, parameters, tags
    world.stack_sets.stacks[stack.stack_id] = stack
    stack.turn(world.now(), "CREATE_IN_PROGRESS", "User Initiated")
    _begin(stack, StackChange(Doing.CREATE, template, parameters, tags, on_failure=on_failure))


def begin_update(world: World, stack: Stack, template: str, parameters: dict[str, str], tags: dict[str, str]) -> None:
    """A stack begins to be changed; raises AwsError for one that is not in a state for it."""
    if stack.status not in CHANGEABLE:
        raise wrong(f"Stack:{stack.stack_id} is in {stack.status} state and can not be updated.")
    stack.updated_at = world.now()
    stack.turn(world.now(), "UPDATE_IN_PROGRESS", "User Initiated")
    _begin(stack, StackChange(Doing.UPDATE, template, parameters, tags))


def _begin(stack: Stack, change: StackChange) -> None:
    stack.trouble, stack.change = "", change
    change.todo = deque(in_order(parse(change.template), scope_of(stack, change)))


def begin_delete(world: World, stack: Stack, retained: frozenset[str] = frozenset()) -> None:
    """A stack begins to go, the newest resource first; those that are retained stay behind."""
    change = StackChange(Doing.DELETE, stack.template, stack.parameters, stack.tags, retained=retained)
    change.todo = deque(reversed(stack.resources))
    stack.trouble, stack.change = "", change
    stack.turn(world.now(), "DELETE_IN_PROGRESS", "User Initiated")


def has_changes(stack: Stack, template: str, parameters: dict[str, str], tags: dict[str, str]) -> bool:
    """Whether an update would do anything; CloudFormation refuses one that would not."""
    if (stack.parameters, stack.tags) != (parameters, tags):
        return True
    return stack.template != template and _compared(stack.template) != _compared(template)


def _compared(template: str) -> list[Any]:
    told = parse(template)
    return [told.get(section) or {} for section in COMPARED]


def let_go_on(world: World, stack: Stack) -> None:
    """Have the next step done in its time; the handler of "stack goes on" is in the operations (stacks.py)."""
    if stack.change:
        world.timeline.at(world.now() + STEP, "stack goes on", stack.stack_id)
