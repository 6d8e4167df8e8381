"""What the template of a stack can see, who acts for the stack, and what its outputs come to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sandbox.engine.resource_kind import Ask
from sandbox.engine.stacks import Output, Stack, StackChange
from sandbox.engine.template import Scope, as_text, wrong
from sandbox.engine.template_parameters import for_references
from sandbox.engine.template_text import parse
from sandbox.engine.trust import Principal
from sandbox.registry import Call, perform

if TYPE_CHECKING:
    from sandbox.engine.world import World

LONGEST_OWN_NAME = 50


def scope_of(stack: Stack, change: StackChange) -> Scope:
    """Parameters, pseudo parameters, and the resources that the stack has by now."""
    template = parse(change.template)
    scope = Scope(template, {
        **for_references(template, change.parameters),
        "AWS::AccountId": stack.account_id,
        "AWS::NotificationARNs": [],
        "AWS::Partition": "aws",
        "AWS::Region": stack.region,
        "AWS::StackId": stack.stack_id,
        "AWS::StackName": stack.name,
        "AWS::URLSuffix": "amazonaws.com",
    })  # fmt: skip
    for resource in stack.resources.values():
        scope.references[resource.logical_id] = resource.made.physical_id
        for name, value in resource.made.attributes.items():
            scope.attributes[f"{resource.logical_id}.{name}"] = value
    return scope


def asker(world: World, stack: Stack) -> Ask:
    """Calls operations in the stack's account and Region as whom the stack works for (`Stack.acts_as`)."""
    principal = stack.acts_as or Principal(stack.account_id, "", "CloudFormation")

    def ask(service: str, action: str, parameters: dict[str, Any]) -> dict[str, Any]:
        return perform(world, Call(principal, stack.region, service, action), parameters)

    return ask


def work_out_outputs(world: World, stack: Stack, change: StackChange) -> dict[str, Output]:
    """The outputs of a stack whose resources stand; raises AwsError for an export that another stack has."""
    scope = scope_of(stack, change)
    declared: Mapping[str, Any] = scope.template.get("Outputs") or {}
    outputs = {name: _output(scope, told) for name, told in declared.items() if scope.has(told)}
    others = [s for s in world.stack_sets.stacks.within(stack.account_id, stack.region) if s is not stack]
    taken = {o.export: s.name for s in others for o in s.outputs.values() if o.export} if _exports(outputs) else {}
    for name in _exports(outputs):
        if name in taken:
            raise wrong(f"Export with name {name} is already exported by stack {taken[name]}")
    return outputs


def _exports(outputs: Mapping[str, Output]) -> list[str]:
    return [output.export for output in outputs.values() if output.export]


def _output(scope: Scope, told: Mapping[str, Any]) -> Output:
    export = as_text(scope.fill(told["Export"]["Name"])) if "Export" in told else ""
    value = scope.fill(told["Value"])
    text = ",".join(as_text(v) for v in value) if isinstance(value, list) else as_text(value)
    return Output(text, str(told.get("Description", "")), export)


def own_name(world: World, stack: Stack, logical_id: str) -> str:
    """The name of a resource that its template does not name."""
    return f"{stack.name}-{logical_id}"[:LONGEST_OWN_NAME] + "-" + world.uuid().replace("-", "")[:12].upper()
