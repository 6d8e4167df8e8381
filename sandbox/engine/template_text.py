"""The text of a CloudFormation template, in JSON or YAML with its short forms (!Ref, !Sub, ...), as data."""

from __future__ import annotations

import functools
import json
from typing import Any

import yaml

from sandbox.engine.errors import AwsError

LONGEST_BODY = 51_200
LONGEST_IN_S3 = 1_000_000
TIMESTAMP = "tag:yaml.org,2002:timestamp"
PLAIN_TAGS = {"Ref", "Condition"}


class _Loader(yaml.SafeLoader):
    """YAML as CloudFormation reads it: dates stay text, aliases are refused."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            raise AwsError("ValidationError", "Template format error: YAML aliases are not allowed")
        return super().compose_node(parent, index)

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        return {str(key): value for key, value in super().construct_mapping(node, deep=deep).items()}


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != TIMESTAMP]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def _read_short_form(loader: _Loader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    name = suffix if suffix in PLAIN_TAGS else f"Fn::{suffix}"
    if isinstance(node, yaml.ScalarNode):
        value: Any = loader.construct_scalar(node)
        return {name: value.split(".", 1) if suffix == "GetAtt" else value}
    if isinstance(node, yaml.SequenceNode):
        return {name: loader.construct_sequence(node, deep=True)}
    if isinstance(node, yaml.MappingNode):
        return {name: loader.construct_mapping(node, deep=True)}
    raise AwsError("ValidationError", f"Template format error: !{suffix} cannot be read")


_Loader.add_multi_constructor("!", _read_short_form)


@functools.lru_cache(maxsize=64)
def parse(body: str) -> dict[str, Any]:
    """The template as data that nobody may change; raises AwsError ValidationError when it is none."""
    is_json = body.lstrip().startswith("{")
    try:
        template = json.loads(body) if is_json else yaml.load(body, Loader=_Loader)  # noqa: S506 - a safe loader
    except (ValueError, yaml.YAMLError, RecursionError) as error:
        kind = "JSON" if is_json else "YAML"
        raise AwsError("ValidationError", f"Template format error: {kind} not well-formed. ({error})") from error
    if not isinstance(template, dict):
        raise AwsError("ValidationError", "Template format error: unsupported structure.")
    return template


def check_length(body: str, *, from_s3: bool = False) -> None:
    """Raises AwsError for a template that is longer than its way of coming allows."""
    size = len(body.encode())
    if from_s3 and size > LONGEST_IN_S3:
        raise AwsError("ValidationError", f"Template may not exceed {LONGEST_IN_S3} bytes in size.")
    if not from_s3 and size > LONGEST_BODY:
        wish = f"failed to satisfy constraint: Member must have length less than or equal to {LONGEST_BODY}"
        raise AwsError("ValidationError", f"1 validation error detected: Value at 'templateBody' {wish}")
