"""EC2: the tags of instances, as DescribeTags lists them."""

from __future__ import annotations

from typing import Any

from sandbox.engine.errors import AwsError
from sandbox.engine.world import World
from sandbox.paging import page
from sandbox.registry import Call, Parameters, operation

READS = {"resource-id": "ResourceId", "resource-type": "ResourceType", "key": "Key", "value": "Value"}


@operation("ec2", "DescribeTags", takes="Filters MaxResults NextToken")
def describe_tags(world: World, call: Call, parameters: Parameters) -> Parameters:
    """Each tag of each instance; terminated ones have none."""
    nodes = [n for n in world.fleet.within(call.account, call.region) if not n.is_hybrid]
    tags = [
        {"ResourceId": node.instance_id, "ResourceType": "instance", "Key": key, "Value": value}
        for node in nodes
        for key, value in sorted(node.tags.items())
    ]
    shown = [tag for tag in tags if all(_passes(tag, wanted) for wanted in parameters.get("Filters") or [])]
    items, more = page(shown, parameters, default=1000, error="InvalidParameterValue")
    return {"Tags": items, **more}


def _passes(tag: dict[str, str], wanted: dict[str, Any]) -> bool:
    name, values = wanted.get("Name", ""), wanted.get("Values") or []
    if name.startswith("tag:"):
        return tag["Key"] == name.removeprefix("tag:") and tag["Value"] in values
    if name not in READS:
        raise AwsError("InvalidParameterValue", f"The filter '{name}' is invalid")
    return tag[READS[name]] in values
