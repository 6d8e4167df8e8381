"""EC2: tags of instances."""

from __future__ import annotations

from typing import Any

from sandbox.engine.conditions import like
from sandbox.engine.errors import AwsError
from sandbox.engine.world import World
from sandbox.operations.ec2 import MOST, check_page_size, find_instances
from sandbox.paging import page
from sandbox.registry import Call, Parameters, operation

MOST_TAGS = 50
FILTERS = {"key": "Key", "value": "Value", "resource-id": "ResourceId", "resource-type": "ResourceType"}


@operation("ec2", "CreateTags", takes="Resources Tags")
def create_tags(world: World, call: Call, parameters: Parameters) -> Parameters:
    """Tag instances; all of them or, when one would have too many tags, none."""
    added = {t["Key"]: t.get("Value", "") for t in parameters["Tags"]}
    if any(key.startswith("aws:") for key in added):
        raise AwsError("InvalidParameterValue", "Tag keys starting with 'aws:' are reserved for internal use")
    nodes = find_instances(world, call, parameters["Resources"])
    if any(len(node.tags | added) > MOST_TAGS for node in nodes):
        raise AwsError("TagLimitExceeded", "The maximum number of Tags for a resource has been reached.")
    for node in nodes:
        node.tags.update(added)
        world.timeline.at(world.now(), "node changed", node.instance_id)
    return {}


@operation("ec2", "DeleteTags", takes="Resources Tags")
def delete_tags(world: World, call: Call, parameters: Parameters) -> Parameters:
    """Remove tags: those keys (with that value, when one is told), or all when none is named."""
    for node in find_instances(world, call, parameters["Resources"]):
        for wanted in parameters.get("Tags") or [{"Key": key} for key in list(node.tags)]:
            if wanted.get("Value") in (None, node.tags.get(wanted["Key"])):
                node.tags.pop(wanted["Key"], None)
    return {}


@operation("ec2", "DescribeTags", takes="Filters MaxResults NextToken")
def describe_tags(world: World, call: Call, parameters: Parameters) -> Parameters:
    """Each tag of each instance."""
    check_page_size(parameters)
    tags = [
        {"Key": key, "Value": value, "ResourceId": node.instance_id, "ResourceType": "instance"}
        for node in world.fleet.within(call.account, call.region)
        if not node.is_hybrid
        for key, value in sorted(node.tags.items())
    ]
    shown = [tag for tag in tags if all(_passes(tag, f) for f in parameters.get("Filters") or [])]
    items, more = page(shown, parameters, default=MOST, error="InvalidParameterValue")
    return {"Tags": items, **more}


def _passes(tag: dict[str, str], wanted: dict[str, Any]) -> bool:
    name, values = wanted.get("Name", ""), wanted.get("Values") or []
    if name.startswith("tag:"):
        return tag["Key"] == name[4:] and any(like(tag["Value"], value) for value in values)
    if name not in FILTERS:
        raise AwsError("InvalidParameterValue", f"The filter '{name}' is invalid")
    return any(like(tag[FILTERS[name]], value) for value in values)
