"""CloudFormation stacks: resources made in order in one account and Region, rolled back when one fails."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sandbox.engine.errors import AwsError
from sandbox.engine.resource_types import TYPES, Made, ResourceType
from sandbox.engine.template import Scope, in_order, parse
from sandbox.engine.trust import Principal
from sandbox.registry import Call, perform

if TYPE_CHECKING:
    from sandbox.engine.world import World


@dataclass
class StackResource:
    """One resource of a stack; `properties` as they were filled, `made` what it is now."""

    logical_id: str
    kind: str
    properties: dict[str, Any]
    made: Made


@dataclass
class Stack:
    """One stack of an account and Region."""

    stack_id: str
    name: str
    account_id: str
    region: str
    template: str
    tags: dict[str, str]
    parameters: dict[str, str]
    created_at: datetime
    status: str = "CREATE_IN_PROGRESS"
    reason: str = ""
    resources: dict[str, StackResource] = field(default_factory=dict)


class StackFailed(Exception):
    """A stack could not be made, changed or removed; the message is the stack instance's StatusReason."""


Ask = Callable[[str, str, dict[str, Any]], dict[str, Any]]


def deploy(world: World, stack: Stack, template: str, tags: dict[str, str]) -> None:
    """Make or change a stack's resources so that they are as the template says. Raises StackFailed after a rollback."""
    ask = _asker(world, stack)
    was = dict(stack.resources)
    is_new = not was
    try:
        _apply(stack, template, tags, ask)
    except AwsError as error:
        for name in [n for n in reversed(list(stack.resources)) if n not in was]:
            _remove(stack, name, ask)
        stack.status = "ROLLBACK_COMPLETE" if is_new else "UPDATE_ROLLBACK_COMPLETE"
        stack.reason = str(error.message)
        raise StackFailed(stack.reason) from error
    stack.template, stack.tags = template, tags
    stack.status = "CREATE_COMPLETE" if is_new else "UPDATE_COMPLETE"
    stack.reason = ""


def remove(world: World, stack: Stack) -> None:
    """Remove a stack's resources, the newest first. Raises StackFailed when one cannot be removed."""
    ask = _asker(world, stack)
    for name in reversed(list(stack.resources)):
        try:
            _remove(stack, name, ask)
        except AwsError as error:
            stack.status, stack.reason = "DELETE_FAILED", f"The following resource(s) failed to delete: [{name}]."
            raise StackFailed(f"{stack.reason} {error.message}") from error
    stack.status = "DELETE_COMPLETE"


def _asker(world: World, stack: Stack) -> Ask:
    principal = Principal(stack.account_id, "", "CloudFormation")

    def ask(service: str, action: str, parameters: dict[str, Any]) -> dict[str, Any]:
        return perform(world, Call(principal, stack.region, service, action), parameters)

    return ask


def _apply(stack: Stack, body: str, tags: dict[str, str], ask: Ask) -> None:
    template = parse(body)
    scope = Scope(template, _names(stack, template))
    for resource in stack.resources.values():
        _see(scope, resource)
    wanted = in_order(template, scope)
    for logical_id, described in wanted:
        _apply_one(stack, logical_id, described, scope, tags, ask)
    for gone in [n for n in reversed(list(stack.resources)) if n not in dict(wanted)]:
        _remove(stack, gone, ask)


def _names(stack: Stack, template: dict[str, Any]) -> dict[str, Any]:
    defaults = {name: p.get("Default", "") for name, p in template.get("Parameters", {}).items()}
    return {
        **defaults,
        **stack.parameters,
        "AWS::AccountId": stack.account_id,
        "AWS::Region": stack.region,
        "AWS::Partition": "aws",
        "AWS::StackId": stack.stack_id,
        "AWS::StackName": stack.name,
        "AWS::URLSuffix": "amazonaws.com",
    }


def _apply_one(
    stack: Stack, logical_id: str, described: dict[str, Any], scope: Scope, tags: dict[str, str], ask: Ask
) -> None:
    kind = _type_of(described["Type"])
    properties = scope.fill(described.get("Properties", {}))
    existing = stack.resources.get(logical_id)
    if existing is None:
        made = _told(logical_id, kind.create, ask, properties, tags)
    elif existing.properties == properties:
        return
    else:
        made = _told(logical_id, kind.update, ask, existing.made, properties, tags)
    stack.resources[logical_id] = StackResource(logical_id, described["Type"], properties, made)
    _see(scope, stack.resources[logical_id])


def _told(logical_id: str, act: Callable[..., Made], *arguments: Any) -> Made:
    """Name the resource in the error as CloudFormation does."""
    try:
        return act(*arguments)
    except AwsError as error:
        raise AwsError(error.code, f"ResourceLogicalId:{logical_id}, {error.code}: {error.message}") from error


def _see(scope: Scope, resource: StackResource) -> None:
    scope.references[resource.logical_id] = resource.made.physical_id
    for name, value in resource.made.attributes.items():
        scope.attributes[f"{resource.logical_id}.{name}"] = value


def _remove(stack: Stack, logical_id: str, ask: Ask) -> None:
    resource = stack.resources[logical_id]
    TYPES[resource.kind].delete(ask, resource.made)
    del stack.resources[logical_id]


def _type_of(name: str) -> ResourceType:
    if name not in TYPES:
        raise AwsError("ValidationError", f"Template format error: Unrecognized resource types: [{name}]")
    return TYPES[name]
