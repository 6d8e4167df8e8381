"""CloudFormation: templates told back, and looked at before anything is made of them."""

from __future__ import annotations

from typing import Any

from sandbox.engine.template import wrong
from sandbox.engine.template_checks import capabilities_of
from sandbox.engine.template_parameters import describe
from sandbox.engine.template_text import parse
from sandbox.engine.world import World
from sandbox.operations.stack_reading import tell
from sandbox.operations.stack_set_access import find_set
from sandbox.operations.stacks import find_stack
from sandbox.operations.template_source import need_template
from sandbox.registry import Call, Parameters, operation


@operation("cloudformation", "GetTemplate", takes="StackName", moot="TemplateStage")
def get_template(world: World, call: Call, parameters: Parameters) -> Parameters:
    """A stack's template; there are no transforms, so it is the same at every stage."""
    if not parameters.get("StackName"):
        raise wrong("StackName must be specified")
    stack = find_stack(world, call, parameters["StackName"])
    return {"TemplateBody": stack.template, "StagesAvailable": ["Original", "Processed"]}


@operation("cloudformation", "ValidateTemplate", takes="TemplateBody TemplateURL")
def validate_template(world: World, call: Call, parameters: Parameters) -> Parameters:
    """What a template declares and needs; raises AwsError ValidationError for a wrong one."""
    template = parse(need_template(world, call, parameters))
    plain = ("ParameterKey", "DefaultValue", "NoEcho", "Description")
    declared = [{k: v for k, v in each.items() if k in plain} for each in describe(template)]
    return {**_needs(template), "Parameters": declared, "Description": template.get("Description", "")}


@operation("cloudformation", "GetTemplateSummary", takes="TemplateBody TemplateURL StackName StackSetName CallAs")
def get_template_summary(world: World, call: Call, parameters: Parameters) -> Parameters:
    """The same of a template, a stack's or a stack set's, with the types of its resources."""
    template = parse(_named_template(world, call, parameters))
    return {
        **_needs(template),
        **tell({"Description": template.get("Description"), "Version": template.get("AWSTemplateFormatVersion")}),
        "Parameters": describe(template),
        "ResourceTypes": sorted({r["Type"] for r in template["Resources"].values()}),
    }


def _named_template(world: World, call: Call, parameters: Parameters) -> str:
    if parameters.get("StackName"):
        return find_stack(world, call, parameters["StackName"]).template
    if parameters.get("StackSetName"):
        return find_set(world, call, parameters).content.template
    return need_template(world, call, parameters)


def _needs(template: dict[str, Any]) -> dict[str, Any]:
    capability, reason = capabilities_of(template)
    return {"Capabilities": [capability], "CapabilitiesReason": reason} if capability else {}
