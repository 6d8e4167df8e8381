"""Works out a CloudFormation template: its intrinsic functions, conditions, and the order of its resources."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox.engine.errors import AwsError

PLACE = re.compile(r"\$\{(!?)([\w:.]+)\}")
NOTHING = object()


@dataclass
class Scope:
    """What the functions of a template can see: parameters, pseudo parameters, and resources made so far."""

    template: Mapping[str, Any]
    names: dict[str, Any]
    references: dict[str, Any] = field(default_factory=dict)
    attributes: dict[str, Any] = field(default_factory=dict)
    deciding: list[str] = field(default_factory=list)

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
        conditions = self.template.get("Conditions") or {}
        if condition not in conditions:
            raise wrong(f"Template format error: Unresolved condition dependency {condition}")
        if condition in self.deciding:
            raise wrong(f"Template format error: Circular dependency between conditions [{condition}]")
        self.deciding.append(condition)
        try:
            return self._decide(conditions[condition])
        finally:
            self.deciding.pop()

    def has(self, part: Mapping[str, Any]) -> bool:
        """Whether a resource or output is there: it has no condition, or one that is true."""
        return "Condition" not in part or self.holds(part["Condition"])

    def _call(self, name: str, argument: Any) -> Any:
        function = FUNCTIONS.get(name)
        if function is None:
            raise wrong(f"Template format error: {name} is not simulated")
        try:
            return function(self, argument)
        except (ValueError, TypeError, IndexError, KeyError, AttributeError) as error:
            raise wrong(f"Template error: every {name} object must have its documented arguments") from error

    def _decide(self, value: Any) -> bool:
        """A condition: another by its name, or a function that says yes or no."""
        if isinstance(value, dict) and set(value) == {"Condition"}:
            return self.holds(value["Condition"])
        answer = self.fill(value)
        return answer if isinstance(answer, bool) else answer == "true"

    def _look_up(self, name: str) -> Any:
        if name == "AWS::NoValue":
            return NOTHING
        if name in self.names:
            return self.names[name]
        if name in self.references:
            return self.references[name]
        raise wrong(f"Template format error: Unresolved resource dependencies [{name}] in the template")

    def _attribute(self, argument: Any) -> Any:
        path = argument if isinstance(argument, str) else ".".join(argument)
        if path not in self.attributes:
            raise wrong(f"Template error: resource {path.split('.')[0]} does not support attribute {path}")
        return self.attributes[path]

    def _substitute(self, argument: Any) -> str:
        text, more = (argument, {}) if isinstance(argument, str) else argument

        def put(found: re.Match[str]) -> str:
            if found[1]:
                return "${" + found[2] + "}"
            if found[2] in more:
                return as_text(self.fill(more[found[2]]))
            return as_text(self._attribute(found[2]) if "." in found[2] else self._look_up(found[2]))

        return PLACE.sub(put, text)

    def _choose(self, argument: Any) -> Any:
        condition, yes, no = argument
        return self.fill(yes if self.holds(condition) else no)

    def _select(self, argument: Any) -> Any:
        index, values = int(self.fill(argument[0])), self.fill(argument[1])
        if not 0 <= index < len(values):
            raise wrong(f"Template error: Fn::Select cannot select nonexistent value at index {index}")
        return values[index]

    def _find_in_map(self, argument: Any) -> Any:
        first, second, third = (self.fill(each) for each in argument)
        found = (self.template.get("Mappings") or {}).get(first, {}).get(second, {})
        if third not in found:
            raise wrong(f"Template error: Unable to get mapping for {first}::{second}::{third}")
        return found[third]


def as_text(value: Any) -> str:
    """A value as CloudFormation puts it into text."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def wrong(message: str) -> AwsError:
    """ValidationError, CloudFormation's answer to nearly everything."""
    return AwsError("ValidationError", message)


def _equals(scope: Scope, argument: Any) -> bool:
    left, right = (as_text(scope.fill(each)) for each in argument)
    return left == right


FUNCTIONS: dict[str, Callable[[Scope, Any], Any]] = {
    "Ref": Scope._look_up,
    "Fn::GetAtt": Scope._attribute,
    "Fn::Sub": Scope._substitute,
    "Fn::Join": lambda scope, argument: str(argument[0]).join(as_text(v) for v in scope.fill(argument[1])),
    "Fn::Split": lambda scope, argument: scope.fill(argument[1]).split(argument[0]),
    "Fn::Select": Scope._select,
    "Fn::Base64": lambda scope, argument: base64.b64encode(as_text(scope.fill(argument)).encode()).decode(),
    "Fn::FindInMap": Scope._find_in_map,
    "Fn::If": Scope._choose,
    "Fn::Equals": _equals,
    "Fn::Not": lambda scope, argument: not scope._decide(argument[0]),
    "Fn::And": lambda scope, argument: all(scope._decide(each) for each in argument),
    "Fn::Or": lambda scope, argument: any(scope._decide(each) for each in argument),
}


def in_order(template: Mapping[str, Any], scope: Scope) -> list[str]:
    """The logical ids whose condition holds, each after those it depends on. Raises AwsError on a circle."""
    wanted = {name: needs(r) for name, r in template["Resources"].items() if scope.has(r)}
    ordered: dict[str, None] = {}
    visiting: set[str] = set()

    def visit(name: str) -> None:
        if name in ordered:
            return
        if name in visiting:
            raise wrong(f"Circular dependency between resources: [{', '.join(sorted(visiting))}]")
        visiting.add(name)
        for other in sorted(wanted[name] & set(wanted)):
            visit(other)
        visiting.discard(name)
        ordered[name] = None

    for name in wanted:
        visit(name)
    return list(ordered)


def needs(resource: Mapping[str, Any]) -> set[str]:
    """The logical names that a resource refers to or says that it depends on."""
    return depends_on(resource) | {name for _, name in mentions(resource.get("Properties", {}))}


def mentions(value: Any) -> Iterator[tuple[str, str]]:
    """(function, name) of everything that a value refers to: parameters, pseudo parameters, resources."""
    if isinstance(value, list):
        for each in value:
            yield from mentions(each)
    if not isinstance(value, dict):
        return
    for name, argument in value.items():
        if name == "Ref" and isinstance(argument, str):
            yield "Ref", argument
        elif name == "Fn::GetAtt":
            first = argument[0] if isinstance(argument, list) and argument else argument
            if isinstance(first, str):
                yield "Fn::GetAtt", first.split(".")[0]
        elif name == "Fn::Sub":
            yield from _mentions_in_text(argument)
        yield from mentions(argument)


def _mentions_in_text(argument: Any) -> Iterator[tuple[str, str]]:
    text, own = argument if isinstance(argument, list) and len(argument) == 2 else (argument, {})
    if not isinstance(text, str) or not isinstance(own, dict):
        return
    for found in PLACE.finditer(text):
        if not found[1] and found[2] not in own:
            yield "Fn::GetAtt" if "." in found[2] else "Ref", found[2].split(".")[0]


def depends_on(resource: Mapping[str, Any]) -> set[str]:
    """The logical names after DependsOn; CloudFormation takes one or a list."""
    depends = resource.get("DependsOn", [])
    return {depends} if isinstance(depends, str) else set(depends)
