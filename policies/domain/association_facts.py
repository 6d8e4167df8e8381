"""What makes an association what it is, as text: the same from a template and from what State Manager tells of it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

LISTED = ("ScheduleExpression", "Targets")
"""The facts that a list of associations tells."""
DESCRIBED = (
    "Name", "Parameters", "AutomationTargetParameterName", "ApplyOnlyAtCronInterval", "MaxConcurrency", "MaxErrors",
    "OutputLocation", "SyncCompliance",
)  # fmt: skip
"""The facts that only the description of one association tells."""
UNLESS_TOLD: Mapping[str, Any] = {"ApplyOnlyAtCronInterval": False, "SyncCompliance": "AUTO"}
"""What State Manager takes for a fact that nobody gave (API reference: CreateAssociation)."""
ACCOUNT, REGION = "${AWS::AccountId}", "${AWS::Region}"

Facts = Mapping[str, str]
"""Text by the name of the fact in AWS."""


def associations_in(template: str) -> dict[str, Facts]:
    """The associations that a stack of this template holds, by name; ACCOUNT and REGION stand for the stack's own."""
    resources = json.loads(template)["Resources"]
    wanted = (each["Properties"] for each in resources.values() if each["Type"] == "AWS::SSM::Association")
    return {each["AssociationName"]: facts_of(_resolved(each, resources), LISTED + DESCRIBED) for each in wanted}


def facts_of(told: Mapping[str, Any], names: Iterable[str]) -> Facts:
    """The facts of these names, from an association's properties."""
    return {name: _text(told.get(name, UNLESS_TOLD.get(name, ""))) for name in names}


def compare_associations(
    wanted: Mapping[str, Facts], found: Mapping[str, Facts], account_id: str, region: str
) -> tuple[str, ...]:
    """What is wrong with the associations of one place; of those found, facts that were not read are not judged."""
    lines: list[str] = []
    for name, facts in wanted.items():
        if name not in found:
            lines.append(f"- {name}: missing")
            continue
        for fact, before in found[name].items():
            after = facts[fact].replace(ACCOUNT, account_id).replace(REGION, region)
            if before != after:
                lines += [f"- {name} {fact}: {before or '-'}", f"+ {name} {fact}: {after or '-'}"]
    return tuple(lines)


def _resolved(value: Any, resources: Mapping[str, Any]) -> Any:
    """The value without CloudFormation's functions, as far as templates of policies use them in associations."""
    match value:
        case {"Ref": str(name)} if name in resources:
            return resources[name]["Properties"]["Name"]
        case {"Ref": name}:
            return f"${{{name}}}"
        case {"Fn::Join": [separator, parts]}:
            return separator.join(_resolved(part, resources) for part in parts)
        case dict():
            return {name: _resolved(member, resources) for name, member in value.items()}
        case list():
            return [_resolved(member, resources) for member in value]
    return value


def _text(value: Any) -> str:
    """In an order of its own, so that the same facts are the same text; what is empty says nothing."""
    match value:
        case {"Key": key, "Values": values}:
            return f"{key}={_text(values)}"
        case {"S3Location": location}:
            return _text(location)
        case dict():
            told = {name: _text(member) for name, member in sorted(value.items())}
            return "; ".join(f"{name}={member}" for name, member in told.items() if member)
        case list():
            members = sorted(map(_text, value))
            return ("; " if any(isinstance(member, dict) for member in value) else ",").join(members)
        case bool():
            return str(value).lower()
    return str(value)
