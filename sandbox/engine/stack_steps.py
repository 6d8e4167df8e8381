"""One step of what is being done to a stack: a resource made, changed, taken back or removed; then the end of it."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

from sandbox.engine.errors import AwsError
from sandbox.engine.resource_kind import Made, ResourceType, Wish
from sandbox.engine.resource_types import TYPES
from sandbox.engine.stack_scope import asker, own_name, scope_of, work_out_outputs
from sandbox.engine.stack_waits import NO_SUCCESS, awaited_of, has_succeeded
from sandbox.engine.stacks import Awaited, Doing, Stack, StackChange, StackResource, Undo
from sandbox.engine.template import wrong
from sandbox.engine.template_text import parse

if TYPE_CHECKING:
    from sandbox.engine.world import World

KEPT_ON_DELETE = ("Retain", "RetainExceptOnCreate")


def advance(world: World, stack: Stack) -> None:
    """Do the next step; the stack's `change` is gone after the last one."""
    change = stack.change
    if change is None:
        return
    if change.awaited:
        _look_for_success(world, stack, change, change.awaited)
    elif change.doing is Doing.DELETE:
        _delete_step(world, stack, change)
    elif change.is_rolling_back:
        _rollback_step(world, stack, change)
    elif change.todo:
        _make_step(world, stack, change)
    else:
        _end_well(world, stack, change)


def _make_step(world: World, stack: Stack, change: StackChange) -> None:
    logical_id = change.todo.popleft()
    described = parse(change.template)["Resources"][logical_id]
    existing = stack.resources.get(logical_id)
    word = "UPDATE" if existing else "CREATE"
    try:
        _make(world, stack, change, logical_id, described)
    except AwsError as error:
        reason = _reason(error)
        stack.note(world.now(), logical_id, described["Type"], f"{word}_FAILED", reason=reason)
        stack.trouble = (
            f"ResourceLogicalId:{logical_id}, ResourceType:{described['Type']}, ResourceStatusReason:{reason}."
        )
        verb = "update" if existing else "create"
        _begin_rollback(world, stack, change, f"The following resource(s) failed to {verb}: [{logical_id}]. ")


def _reason(error: AwsError) -> str:
    """An operation's error as CloudFormation's handlers pass it on."""
    if error.code == "ValidationError":
        return error.message
    told = f"{error.message} (Status Code: {error.status}, HandlerErrorCode: {error.code})"
    return f'Resource handler returned message: "{told}"'


def _make(world: World, stack: Stack, change: StackChange, logical_id: str, described: dict[str, Any]) -> None:
    """Create, change or replace one resource; nothing when it is as the template describes it."""
    kind, existing = TYPES[described["Type"]], stack.resources.get(logical_id)
    properties = scope_of(stack, change).fill(described.get("Properties") or {})
    kind.check(properties)
    wish = Wish(properties, change.tags, own_name(world, stack, logical_id))
    if existing is None:
        _create(world, stack, change, logical_id, described, wish)
    elif existing.kind != described["Type"] or kind.must_replace(existing.made.properties, properties):
        _refuse_taken_name(kind, existing, described["Type"], properties)
        _create(world, stack, change, logical_id, described, wish)
        change.obsolete.append(existing)
    elif kind.differs(existing.made, wish):
        _update(world, stack, change, existing, described, wish)
    else:
        existing.policy = described.get("DeletionPolicy", "Delete")


def _refuse_taken_name(kind: ResourceType, existing: StackResource, wanted: str, properties: dict[str, Any]) -> None:
    name = properties.get(kind.named_by)
    if existing.kind == wanted and name and name == existing.made.properties.get(kind.named_by):
        words = "CloudFormation cannot update a stack when a custom-named resource requires replacing."
        raise wrong(f"{words} Rename {name} and update the stack again.")


def _create(
    world: World, stack: Stack, change: StackChange, logical_id: str, described: dict[str, Any], wish: Wish
) -> None:
    before, name = stack.resources.get(logical_id), described["Type"]
    word = "UPDATE" if before else "CREATE"
    stack.note(world.now(), logical_id, name, f"{word}_IN_PROGRESS")
    made = TYPES[name].create(asker(world, stack), wish)
    change.undo.append(Undo(logical_id, before))
    _keep(world, stack, logical_id, described, made, f"{word}_COMPLETE")
    change.awaited = awaited_of(world, logical_id, made)


def _update(
    world: World, stack: Stack, change: StackChange, existing: StackResource, described: dict[str, Any], wish: Wish
) -> None:
    """What fails half-way is taken back too, so the way back is kept before the first call."""
    stack.note(world.now(), existing.logical_id, existing.kind, "UPDATE_IN_PROGRESS", existing.made.physical_id)
    was = existing.made
    tried = Made(was.physical_id, was.attributes, wish.properties, wish.tags)
    change.undo.append(Undo(existing.logical_id, existing, tried))
    made = TYPES[existing.kind].update(asker(world, stack), was, wish)
    _keep(world, stack, existing.logical_id, described, made, "UPDATE_COMPLETE")
    change.awaited = awaited_of(world, existing.logical_id, made)


def _keep(
    world: World, stack: Stack, logical_id: str, described: dict[str, Any], made: Made, status: str
) -> None:  # fmt: skip
    policy = described.get("DeletionPolicy", "Delete")
    stack.resources[logical_id] = StackResource(logical_id, described["Type"], made, world.now(), status, policy=policy)
    stack.note(world.now(), logical_id, described["Type"], status, made.physical_id)


def _look_for_success(world: World, stack: Stack, change: StackChange, awaited: Awaited) -> None:
    """Go on once the association has succeeded; take everything back when it has not in time."""
    if has_succeeded(world, awaited):
        change.awaited = None
    elif world.now() >= awaited.until:
        change.awaited = None
        stack.trouble = f"ResourceLogicalId:{awaited.logical_id}, ResourceStatusReason:{NO_SUCCESS}."
        _begin_rollback(world, stack, change, f"The following resource(s) failed: [{awaited.logical_id}]. ")


def _begin_rollback(world: World, stack: Stack, change: StackChange, reason: str) -> None:
    change.todo.clear()
    if change.doing is Doing.UPDATE:
        change.is_rolling_back = True
        stack.turn(world.now(), "UPDATE_ROLLBACK_IN_PROGRESS", reason)
    elif change.on_failure == "DO_NOTHING":
        _end(stack)
        stack.turn(world.now(), "CREATE_FAILED", reason)
    elif change.on_failure == "DELETE":
        change.doing, change.todo = Doing.DELETE, deque(reversed(stack.resources))
        stack.turn(world.now(), "DELETE_IN_PROGRESS", f"{reason}Delete requested by user.")
    else:
        change.is_rolling_back = True
        stack.turn(world.now(), "ROLLBACK_IN_PROGRESS", f"{reason}Rollback requested by user.")


def _rollback_step(world: World, stack: Stack, change: StackChange) -> None:
    prefix = "UPDATE_ROLLBACK" if change.doing is Doing.UPDATE else "ROLLBACK"
    if not change.undo:
        _end(stack)
        stack.turn(world.now(), f"{prefix}_COMPLETE", stack.trouble)
        return
    undo = change.undo.pop()
    try:
        _take_back(world, stack, undo)
    except AwsError as error:
        _end(stack)
        stack.note(world.now(), undo.logical_id, _kind_of(stack, undo), "UPDATE_FAILED", reason=_reason(error))
        stack.turn(world.now(), f"{prefix}_FAILED", f"The following resource(s) failed: [{undo.logical_id}]. ")


def _kind_of(stack: Stack, undo: Undo) -> str:
    return undo.before.kind if undo.before else stack.resources[undo.logical_id].kind


def _take_back(world: World, stack: Stack, undo: Undo) -> None:
    """A resource is again what it was before, or not there."""
    before = undo.before
    if before and undo.tried:
        wish = Wish(before.made.properties, before.made.tags, "")
        stack.note(world.now(), undo.logical_id, before.kind, "UPDATE_IN_PROGRESS", before.made.physical_id)
        TYPES[before.kind].update(asker(world, stack), undo.tried, wish)
    else:
        _remove(world, stack, stack.resources[undo.logical_id], kept=("Retain",) if not before else ())
    if before:
        stack.resources[undo.logical_id] = before
        stack.note(world.now(), undo.logical_id, before.kind, "UPDATE_COMPLETE", before.made.physical_id)


def _remove(world: World, stack: Stack, resource: StackResource, kept: tuple[str, ...] = KEPT_ON_DELETE) -> None:
    """Take a resource off the stack, and out of the world unless its policy keeps it there."""
    now, physical_id = world.now(), resource.made.physical_id
    if resource.policy in kept:
        stack.note(now, resource.logical_id, resource.kind, "DELETE_SKIPPED", physical_id)
    else:
        stack.note(now, resource.logical_id, resource.kind, "DELETE_IN_PROGRESS", physical_id)
        TYPES[resource.kind].delete(asker(world, stack), resource.made)
        stack.note(now, resource.logical_id, resource.kind, "DELETE_COMPLETE", physical_id)
    if stack.resources.get(resource.logical_id) is resource:
        del stack.resources[resource.logical_id]


def _end_well(world: World, stack: Stack, change: StackChange) -> None:
    """Everything stands: work out the outputs, and clear away what is not wanted; what will not go is left behind."""
    try:
        outputs = work_out_outputs(world, stack, change)
    except AwsError as error:
        stack.trouble = error.message
        _begin_rollback(world, stack, change, f"{error.message} ")
        return
    wanted = set(_there(stack, change))
    gone = [r for n, r in reversed(stack.resources.items()) if n not in wanted] + change.obsolete[::-1]
    if gone:
        stack.turn(world.now(), "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS")
    for resource in gone:
        if not _is_removed(world, stack, resource) and stack.resources.get(resource.logical_id) is resource:
            del stack.resources[resource.logical_id]
    stack.template, stack.parameters, stack.tags, stack.outputs = (
        change.template, change.parameters, change.tags, outputs,
    )  # fmt: skip
    _end(stack)
    stack.turn(world.now(), f"{change.doing}_COMPLETE")


def _there(stack: Stack, change: StackChange) -> list[str]:
    scope = scope_of(stack, change)
    return [name for name, resource in scope.template["Resources"].items() if scope.has(resource)]


def _is_removed(world: World, stack: Stack, resource: StackResource) -> bool:
    """Remove a resource and say whether it went; an event tells why not."""
    try:
        _remove(world, stack, resource)
    except AwsError as error:
        reason = _reason(error)
        stack.note(world.now(), resource.logical_id, resource.kind, "DELETE_FAILED", resource.made.physical_id, reason)
        stack.trouble = stack.trouble or (
            f"ResourceLogicalId:{resource.logical_id}, ResourceType:{resource.kind}, ResourceStatusReason:{reason}."
        )
        return False
    return True


def _delete_step(world: World, stack: Stack, change: StackChange) -> None:
    if change.todo:
        logical_id = change.todo.popleft()
        resource = stack.resources[logical_id]
        if logical_id in change.retained:
            resource.policy = "Retain"
        if not _is_removed(world, stack, resource):
            change.failed.append(logical_id)
        return
    _end(stack)
    if change.failed:
        reason = f"The following resource(s) failed to delete: [{', '.join(change.failed)}]. "
        stack.turn(world.now(), "DELETE_FAILED", reason)
        return
    stack.deleted_at, stack.outputs = world.now(), {}
    stack.turn(world.now(), "DELETE_COMPLETE")


def _end(stack: Stack) -> None:
    stack.change = None
