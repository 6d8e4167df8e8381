"""Drift: what stacks and stack sets believe of their resources, held against what is there."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from sandbox.engine.resource_types import TYPES
from sandbox.engine.stack_scope import asker
from sandbox.engine.stack_sets import Operation, SetDrift, StackSet
from sandbox.engine.stacks import Difference, ResourceDrift, Stack, StackResource
from sandbox.engine.template import as_text

if TYPE_CHECKING:
    from sandbox.engine.world import World

ADDED, REMOVED, NOT_EQUAL = "ADD", "REMOVE", "NOT_EQUAL"
UNORDERED = {"ManagedPolicyArns", "Policies", "Tags"}
ENDED = {"SUCCEEDED": "COMPLETED", "FAILED": "FAILED", "STOPPED": "STOPPED"}


def detect(world: World, stack: Stack, logical_ids: Sequence[str] = ()) -> int:
    """Check the resources of a stack that can be checked, all or some; the number of those that have drifted."""
    stack.checked_at = world.now()
    wanted = [r for n, r in stack.resources.items() if not logical_ids or n in logical_ids]
    found = [check(world, stack, resource).status for resource in wanted]
    drifted = sum(status in ("MODIFIED", "DELETED") for status in found)
    stack.drift = "DRIFTED" if drifted else "IN_SYNC"
    return drifted


def check(world: World, stack: Stack, resource: StackResource) -> ResourceDrift:
    """Check one resource and keep its status; only properties that the template gave are compared, as on AWS."""
    resource.drift = _compare(world, stack, resource)
    return resource.drift


def _compare(world: World, stack: Stack, resource: StackResource) -> ResourceDrift:
    kind = TYPES[resource.kind]
    if kind.read is None:
        return ResourceDrift()
    live = kind.read(asker(world, stack), resource.made)
    if live is None:
        return ResourceDrift("DELETED", world.now())
    expected = resource.made.properties
    actual = {name: live[name] for name in expected if name in live}
    differences = tuple(
        difference
        for name, value in expected.items()
        if name in kind.compared
        for difference in _differences(f"/{name}", value, live.get(name), name in UNORDERED)
    )
    return ResourceDrift("MODIFIED" if differences else "IN_SYNC", world.now(), actual, differences)


def _differences(path: str, expected: Any, actual: Any, unordered: bool) -> Iterator[Difference]:
    if actual is None:
        yield Difference(path, told(expected), "null", REMOVED)
    elif isinstance(expected, dict) and isinstance(actual, dict):
        for name in expected | actual:
            if name not in expected:
                yield Difference(f"{path}/{name}", "null", told(actual[name]), ADDED)
            else:
                yield from _differences(f"{path}/{name}", expected[name], actual.get(name), False)
    elif _plain(expected, unordered) != _plain(actual, unordered):
        yield Difference(path, told(expected), told(actual), NOT_EQUAL)


def _plain(value: Any, unordered: bool) -> Any:
    """Values to be compared: CloudFormation takes "true" for true and "3" for 3."""
    if isinstance(value, dict):
        return {name: _plain(member, False) for name, member in value.items()}
    if isinstance(value, list):
        members = [_plain(member, False) for member in value]
        return sorted(members, key=told) if unordered else members
    return as_text(value)


def told(value: Any) -> str:
    """A property's value as text: a string as it is, anything else as JSON."""
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True)


def set_drift(stack_set: StackSet, operation: Operation) -> SetDrift:
    """What a drift detection over a set has found by now."""
    found = [stack_set.instances[p].drift for p, (status, _) in operation.results.items()
             if status == "SUCCEEDED" and p in stack_set.instances]  # fmt: skip
    drifted, in_sync = found.count("DRIFTED"), found.count("IN_SYNC")
    detection = ENDED.get(operation.status, "IN_PROGRESS")
    if detection == "COMPLETED" and operation.failed:
        detection = "PARTIAL_SUCCESS"
    status = "DRIFTED" if drifted else "IN_SYNC" if in_sync else "NOT_CHECKED"
    unfinished = len(operation.places) - len(operation.results)
    return SetDrift(
        status, detection, operation.ended_at or operation.created_at, len(operation.places), drifted, in_sync,
        operation.failed, unfinished,
    )  # fmt: skip
