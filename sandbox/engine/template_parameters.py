"""The parameters of a template: which values they get, and whether those are allowed."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from sandbox.engine.template import as_text, wrong

LONGEST_VALUE = 4096
LISTS = ("CommaDelimitedList", "List<")
HIDDEN = "****"

Declared = Mapping[str, Any]


def settle(template: Declared, given: Sequence[Declared], previous: Mapping[str, str]) -> dict[str, str]:
    """The value of each parameter: given, the previous one where asked for, or the default. Raises AwsError."""
    declared: Declared = template.get("Parameters") or {}
    unknown = sorted({each["ParameterKey"] for each in given} - set(declared))
    if unknown:
        raise wrong(f"Parameters: [{', '.join(unknown)}] do not exist in the template")
    values = {name: as_text(rule["Default"]) for name, rule in declared.items() if "Default" in rule}
    for each in given:
        values[each["ParameterKey"]] = _given_value(each, previous)
    missing = [name for name in declared if name not in values]
    if missing:
        raise wrong(f"Parameters: [{', '.join(missing)}] must have values")
    for name, value in values.items():
        _check(name, declared[name], value)
    return values


def _given_value(given: Declared, previous: Mapping[str, str]) -> str:
    name = given["ParameterKey"]
    if not given.get("UsePreviousValue"):
        return str(given.get("ParameterValue", ""))
    if name not in previous:
        words = "Cannot specify usePreviousValue as true for a parameter key not in the previous template"
        raise wrong(f"Invalid input for parameter key {name}. {words}")
    return previous[name]


def for_references(template: Declared, values: Mapping[str, str]) -> dict[str, Any]:
    """What Ref gives for each parameter: lists are taken apart."""
    declared: Declared = template.get("Parameters") or {}
    return {
        name: [part.strip() for part in value.split(",")] if _is_list(declared.get(name, {})) else value
        for name, value in values.items()
    }


def shown(template: Declared, values: Mapping[str, str]) -> list[dict[str, str]]:
    """Parameters as they are told to people: those that are secret without their values."""
    declared: Declared = template.get("Parameters") or {}
    return [
        {"ParameterKey": name, "ParameterValue": HIDDEN if _is_hidden(declared.get(name, {})) else value}
        for name, value in values.items()
    ]


def describe(template: Declared) -> list[dict[str, Any]]:
    """The parameters as ValidateTemplate and GetTemplateSummary declare them."""
    return [
        {
            "ParameterKey": name,
            "ParameterType": rule.get("Type", "String"),
            "NoEcho": _is_hidden(rule),
            **({"DefaultValue": str(rule["Default"])} if "Default" in rule else {}),
            **({"Description": rule["Description"]} if "Description" in rule else {}),
        }
        for name, rule in (template.get("Parameters") or {}).items()
    ]


def _is_hidden(rule: Declared) -> bool:
    return str(rule.get("NoEcho", "")).lower() == "true"


def _is_list(rule: Declared) -> bool:
    return str(rule.get("Type", "String")).startswith(LISTS)


def _check(name: str, rule: Declared, value: str) -> None:
    if len(value.encode()) > LONGEST_VALUE:
        raise wrong(f"Parameter '{name}' must contain at most {LONGEST_VALUE} bytes")
    parts = [part.strip() for part in value.split(",")] if _is_list(rule) else [value]
    for part in parts:
        broken = _broken_rule(rule, part)
        if broken and rule.get("ConstraintDescription"):
            raise wrong(f"Parameter '{name}' failed to satisfy constraint: {rule['ConstraintDescription']}")
        if broken:
            raise wrong(f"Parameter '{name}' {broken}")


def _broken_rule(rule: Declared, value: str) -> str:
    allowed = [str(each) for each in rule.get("AllowedValues", [])]
    if allowed and value not in allowed:
        return "must be one of AllowedValues"
    if "AllowedPattern" in rule and not re.fullmatch(rule["AllowedPattern"], value):
        return f"must match pattern {rule['AllowedPattern']}"
    if "Number" in str(rule.get("Type")):
        return _broken_number(rule, value)
    if len(value) < int(rule.get("MinLength", 0)):
        return f"must contain at least {rule['MinLength']} characters"
    if len(value) > int(rule.get("MaxLength", LONGEST_VALUE)):
        return f"must contain at most {rule['MaxLength']} characters"
    return ""


def _broken_number(rule: Declared, value: str) -> str:
    try:
        number = float(value)
    except ValueError:
        return "must be a number"
    if number < float(rule.get("MinValue", number)):
        return f"must be a number not less than {rule['MinValue']}"
    if number > float(rule.get("MaxValue", number)):
        return f"must be a number not greater than {rule['MaxValue']}"
    return ""
