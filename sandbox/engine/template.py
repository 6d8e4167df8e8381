"""Reads a CloudFormation template: conditions, intrinsic functions, the order of resources."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox.engine.errors import AwsError

PLACE = re.compile(r"\$\{(!?)([\w:.]+)\}")
NOTHING = object()


def parse(body: str) -> dict[str, Any]:
    """The template as data; raises AwsError ValidationError when it is none."""
    try:
        template = json.loads(body)
    except ValueError as error:
        raise AwsError("ValidationError", f"Template format error: {error}") from error
    if not isinstance(template, dict) or not template.get("Resources"):
        raise AwsError("ValidationError", "Template format error: At least one Resources member must be defined.")
    return template


@dataclass
class Scope:
    """What the functions of a template can see: parameters, pseudo parameters, and resources made so far."""

    template: Mapping[str, Any]
    names: dict[str, Any]
    references: dict[str, Any] = field(default_factory=dict)
    attributes: dict[str, Any] = field(default_factory=dict)

    def fill(self, value: Any) -> Any:
        """The value with every function worked out; AWS::NoValue members are left out."""
        if isinstance(value, list):
            return [filled for v in value if (filled := self.fill(v)) is not NOTHING]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            name, argument = next(iter(value.items()))
            if name == "Ref" or name.startswith("Fn::"):
                return self._call(name, argument)
        return {k: filled for k, v in value.items() if (filled := self.fill(v)) is not NOTHING}

    def holds(self, condition: str) -> bool:
        """Whether a named condition of the template is true."""
        return bool(self.fill(self.template["Conditions"][condition]))

    def _call(self, name: str, argument: Any) -> Any:
        if name == "Ref":
            return self._look_up(argument)
        if name == "Fn::Sub":
            return self._substitute(argument)
        if name == "Fn::GetAtt":
            path = argument if isinstance(argument, str) else ".".join(argument)
            return self._attribute(path)
        if name == "Fn::Join":
            return argument[0].join(str(v) for v in self.fill(argument[1]))
        if name == "Fn::If":
            return self.fill(argument[1] if self.holds(argument[0]) else argument[2])
        return self._decide(name, argument)

    def _decide(self, name: str, argument: Any) -> bool:
        decide = {"Fn::Equals": lambda v: v[0] == v[1], "Fn::Not": lambda v: not v[0], "Fn::And": all, "Fn::Or": any}
        if name not in decide:
            raise AwsError("ValidationError", f"Template error: {name} is not simulated")
        values = [self.holds(a["Condition"]) if _is_condition(a) else self.fill(a) for a in argument]
        return bool(decide[name](values))

    def _look_up(self, name: str) -> Any:
        if name == "AWS::NoValue":
            return NOTHING
        if name in self.names:
            return self.names[name]
        if name in self.references:
            return self.references[name]
        raise AwsError("ValidationError", f"Template format error: Unresolved resource dependencies [{name}]")

    def _attribute(self, path: str) -> Any:
        if path not in self.attributes:
            raise AwsError("ValidationError", f"Template error: {path} is not an attribute of a resource made so far")
        return self.attributes[path]

    def _substitute(self, argument: Any) -> str:
        text, more = (argument, {}) if isinstance(argument, str) else argument

        def put(found: re.Match[str]) -> str:
            if found[1]:
                return "${" + found[2] + "}"
            if found[2] in more:
                return str(self.fill(more[found[2]]))
            return str(self._attribute(found[2]) if "." in found[2] else self._look_up(found[2]))

        return PLACE.sub(put, text)


def _is_condition(value: Any) -> bool:
    return isinstance(value, dict) and set(value) == {"Condition"}


def in_order(template: Mapping[str, Any], scope: Scope) -> list[tuple[str, dict[str, Any]]]:
    """The resources whose condition holds, each after those it depends on. Raises AwsError on a circle."""
    wanted = {
        name: r for name, r in template["Resources"].items() if "Condition" not in r or scope.holds(r["Condition"])
    }
    ordered: list[str] = []
    visiting: set[str] = set()

    def visit(name: str) -> None:
        if name in ordered:
            return
        if name in visiting:
            raise AwsError("ValidationError", f"Circular dependency between resources: [{name}]")
        visiting.add(name)
        for other in sorted(_needs(wanted[name]) & set(wanted)):
            visit(other)
        ordered.append(name)

    for name in wanted:
        visit(name)
    return [(name, wanted[name]) for name in ordered]


def _needs(resource: Mapping[str, Any]) -> set[str]:
    """The logical names that a resource refers to or says that it depends on."""
    depends = resource.get("DependsOn", [])
    found = {depends} if isinstance(depends, str) else set(depends)
    return found | _mentioned(resource.get("Properties", {}))


def _mentioned(value: Any) -> set[str]:
    if isinstance(value, list):
        return set().union(*(_mentioned(v) for v in value)) if value else set()
    if not isinstance(value, dict):
        return set()
    found: set[str] = set()
    for name, argument in value.items():
        if name == "Ref":
            found.add(argument)
        elif name == "Fn::GetAtt":
            found.add(argument.split(".")[0] if isinstance(argument, str) else argument[0])
        elif name == "Fn::Sub":
            text = argument if isinstance(argument, str) else argument[0]
            found |= {m[2].split(".")[0] for m in PLACE.finditer(text)}
        found |= _mentioned(argument)
    return found
