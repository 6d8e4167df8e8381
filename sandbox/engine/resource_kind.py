"""What a resource type is to a stack: how one is made, changed, removed and read back."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from sandbox.engine.errors import AwsError
from sandbox.engine.template import as_text

Ask = Callable[[str, str, dict[str, Any]], dict[str, Any]]
"""ask(service, action, parameters): call an operation as the stack's account and Region; raises AwsError."""
Properties = dict[str, Any]
Tags = dict[str, str]


@dataclass(frozen=True)
class Wish:
    """What a resource shall be: its properties, the stack's tags, and a name for one that the template names not."""

    properties: Properties
    tags: Tags
    name: str


@dataclass
class Made:
    """A resource that was made: its physical id (Ref), attributes (Fn::GetAtt), and what it was made of."""

    physical_id: str
    attributes: dict[str, Any] = field(default_factory=dict)
    properties: Properties = field(default_factory=dict)
    tags: Tags = field(default_factory=dict)


@dataclass(frozen=True)
class ResourceType:
    """How a type is made, changed and removed.

    `fixed` names the properties whose change makes a new resource in the old one's place; `named_by` the property
    with which a template names it; `read` its live properties, None when it is gone, for drift.
    """

    properties: frozenset[str]
    required: frozenset[str]
    fixed: Callable[[Properties], frozenset[str]]
    create: Callable[[Ask, Wish], Made]
    update: Callable[[Ask, Made, Wish], Made]
    delete: Callable[[Ask, Made], None]
    read: Callable[[Ask, Made], Properties | None] | None = None
    named_by: str = ""
    is_tagged: bool = False
    unread: frozenset[str] = frozenset()

    @property
    def compared(self) -> frozenset[str]:
        """The properties that drift detection compares; the others cannot be read back."""
        return self.properties - self.unread

    def check(self, properties: Properties) -> None:
        """Raises AwsError for a property that the type has not, or lacks."""
        unknown = sorted(set(properties) - self.properties)
        if unknown:
            raise AwsError("ValidationError", f"Encountered unsupported property {unknown[0]}")
        missing = sorted(self.required - set(properties))
        if missing:
            raise AwsError("ValidationError", f"Property {missing[0]} cannot be empty.")

    def must_replace(self, was: Properties, wanted: Properties) -> bool:
        """Whether a change of properties needs a new resource."""
        return any(was.get(name) != wanted.get(name) for name in self.fixed(wanted))

    def differs(self, was: Made, wish: Wish) -> bool:
        """Whether anything has to be done."""
        return was.properties != wish.properties or (self.is_tagged and was.tags != wish.tags)


def fixed(*names: str) -> Callable[[Properties], frozenset[str]]:
    """The same fixed properties whatever the others say."""
    found = frozenset(names)
    return lambda _properties: found


@contextlib.contextmanager
def gone_is_fine(*codes: str) -> Iterator[None]:
    """Pass over the errors that say that something is not there any more."""
    try:
        yield
    except AwsError as error:
        if error.code not in codes:
            raise


def all_tags(wish: Wish) -> Tags:
    """The stack's tags and the resource's own, which win."""
    return {**wish.tags, **{t["Key"]: as_text(t["Value"]) for t in wish.properties.get("Tags", [])}}


def tag_list(tags: Tags) -> list[dict[str, str]]:
    """Tags as operations take them."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def only(properties: Properties, *names: str) -> Properties:
    """Of the properties those that are named and given."""
    return {name: properties[name] for name in names if name in properties}
