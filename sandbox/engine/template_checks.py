"""What CloudFormation holds against a template before it makes anything of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sandbox.engine.errors import AwsError
from sandbox.engine.resource_types import TYPES
from sandbox.engine.template import Scope, depends_on, in_order, mentions, wrong

SECTIONS = {
    "AWSTemplateFormatVersion", "Description", "Metadata", "Parameters", "Rules", "Mappings", "Conditions",
    "Transform", "Resources", "Outputs",
}  # fmt: skip
RESOURCE_ATTRIBUTES = {
    "Type", "Properties", "DependsOn", "Condition", "DeletionPolicy", "UpdateReplacePolicy", "Metadata",
}  # fmt: skip
NOT_SIMULATED = {"Rules", "Transform"}
PSEUDO = {
    "AWS::AccountId", "AWS::NoValue", "AWS::NotificationARNs", "AWS::Partition", "AWS::Region", "AWS::StackId",
    "AWS::StackName", "AWS::URLSuffix",
}  # fmt: skip
MOST_RESOURCES, MOST_PARAMETERS, MOST_OUTPUTS = 500, 200, 200
LONGEST_DESCRIPTION = 1024
IAM_NAMES = {"AWS::IAM::Role": "RoleName", "AWS::IAM::ManagedPolicy": "ManagedPolicyName",
             "AWS::IAM::InstanceProfile": "InstanceProfileName", "AWS::IAM::Policy": ""}  # fmt: skip

Template = Mapping[str, Any]


def check_template(template: Template) -> None:
    """Raises AwsError ValidationError in CloudFormation's words for the first thing that is wrong."""
    _check_sections(template)
    _check_numbers(template)
    resources = template["Resources"]
    for logical_id, resource in resources.items():
        _check_resource(logical_id, resource)
    unknown = sorted({r["Type"] for r in resources.values()} - set(TYPES))
    if unknown:
        raise wrong(f"Template format error: Unrecognized resource types: [{', '.join(unknown)}]")
    _check_references(template)
    in_order(template, _Everything(template, {}))


class _Everything(Scope):
    """A circle is refused whatever the conditions say."""

    def has(self, part: Mapping[str, Any]) -> bool:  # noqa: ARG002 - every part
        return True


def _check_sections(template: Template) -> None:
    unknown = sorted(set(template) - SECTIONS)
    if unknown:
        raise wrong(f"Invalid template property or properties [{', '.join(unknown)}]")
    if str(template.get("AWSTemplateFormatVersion", "2010-09-09")) != "2010-09-09":
        raise wrong("Template format error: unsupported value for AWSTemplateFormatVersion.")
    for name in sorted(NOT_SIMULATED & set(template)):
        raise wrong(f"The sandbox does not simulate {name} in templates")
    for name in ("Parameters", "Mappings", "Conditions", "Resources", "Outputs"):
        _check_section(name, template.get(name, {}))
    if not template.get("Resources"):
        raise wrong("Template format error: At least one Resources member must be defined.")


def _check_section(name: str, section: Any) -> None:
    if not isinstance(section, dict):
        raise wrong(f"Template format error: {name} must be an object.")
    for key, part in section.items():
        if not isinstance(part, dict):
            raise wrong(f"Template format error: every {name} member must be an object ({key}).")
        if name == "Outputs" and "Value" not in part:
            raise wrong(f"Template format error: Output {key} must have a Value.")


def _check_numbers(template: Template) -> None:
    for section, most in (("Resources", MOST_RESOURCES), ("Parameters", MOST_PARAMETERS), ("Outputs", MOST_OUTPUTS)):
        count = len(template.get(section, {}))
        if count > most:
            noun = section.lower()
            raise wrong(f"Template format error: Number of {noun}, {count}, is greater than maximum allowed, {most}")
    if len(str(template.get("Description", ""))) > LONGEST_DESCRIPTION:
        raise wrong(f"Template format error: 'Description' length is greater than {LONGEST_DESCRIPTION}.")


def _check_resource(logical_id: str, resource: Mapping[str, Any]) -> None:
    if not logical_id.isalnum():
        raise wrong(f"Template format error: Resource name {logical_id} is non alphanumeric.")
    where = f"[/Resources/{logical_id}]"
    if not isinstance(resource.get("Type"), str):
        raise wrong(f"Template format error: {where} Every Resources object must contain a Type.")
    if not isinstance(resource.get("Properties") or {}, dict):
        raise wrong(f"Template format error: {where} Properties must be an object.")
    depends = resource.get("DependsOn", [])
    if not isinstance(depends, str) and not (isinstance(depends, list) and all(isinstance(d, str) for d in depends)):
        raise wrong(f"Template format error: {where} DependsOn must be a string or list of strings.")
    unknown = sorted(set(resource) - RESOURCE_ATTRIBUTES)
    if unknown:
        raise wrong(f"Invalid template resource property '{unknown[0]}'")
    if str(resource.get("DeletionPolicy", "Delete")) not in ("Delete", "Retain", "RetainExceptOnCreate"):
        raise wrong(f"Template error: DeletionPolicy {resource['DeletionPolicy']} is not supported for {logical_id}")


def _check_references(template: Template) -> None:
    parameters, resources = set(template.get("Parameters") or {}), template["Resources"]
    for logical_id, resource in resources.items():
        missing = sorted(depends_on(resource) - set(resources))
        if missing:
            raise _unresolved(missing, "Resources")
        if "Condition" in resource and str(resource["Condition"]) not in template.get("Conditions", {}):
            words = f"Unresolved condition dependency {resource['Condition']} in the Resources block of the template"
            raise wrong(f"Template format error: {words} ({logical_id})")
    for section in ("Resources", "Outputs", "Conditions"):
        known = parameters | PSEUDO | (set(resources) if section != "Conditions" else set())
        _check_mentions(template.get(section, {}), known, set(resources), section)


def _check_mentions(section: Any, known: set[str], resources: set[str], where: str) -> None:
    missing = sorted({name for kind, name in mentions(section) if kind == "Ref" and name not in known})
    if missing:
        raise _unresolved(missing, where)
    for kind, name in mentions(section):
        if kind == "Fn::GetAtt" and name not in resources:
            raise wrong(f"Template error: instance of Fn::GetAtt references undefined resource {name}")


def _unresolved(names: Iterable[str], where: str) -> AwsError:
    return wrong(
        f"Template format error: Unresolved resource dependencies [{', '.join(names)}] "
        f"in the {where} block of the template"
    )


def capabilities_of(template: Template) -> tuple[str, str]:
    """The capability that a template needs ("" for none), and why in CloudFormation's words."""
    resources = template["Resources"].values()
    kinds = sorted({r["Type"] for r in resources if r["Type"] in IAM_NAMES})
    if not kinds:
        return "", ""
    named = any(IAM_NAMES[r["Type"]] in (r.get("Properties") or {}) for r in resources if r["Type"] in kinds)
    reason = f"The following resource(s) require capabilities: [{', '.join(kinds)}]"
    return ("CAPABILITY_NAMED_IAM" if named else "CAPABILITY_IAM"), reason


def check_capabilities(template: Template, given: Iterable[str]) -> None:
    """Raises AwsError InsufficientCapabilitiesException unless what the template needs was acknowledged."""
    needed, _ = capabilities_of(template)
    enough = {"CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"} if needed == "CAPABILITY_IAM" else {needed}
    if needed and not enough & set(given):
        raise AwsError("InsufficientCapabilitiesException", f"Requires capabilities : [{needed}]")
