"""Resource Groups Tagging API: the tags of many resources at once."""

from __future__ import annotations

from sandbox.engine.errors import AwsError
from sandbox.engine.fleet import Node
from sandbox.engine.world import World
from sandbox.paging import page
from sandbox.registry import Call, Parameters, operation


@operation(
    "tagging",
    "GetResources",
    takes="PaginationToken ResourceARNList ResourceTypeFilters ResourcesPerPage TagFilters",
)
def get_resources(world: World, call: Call, parameters: Parameters) -> Parameters:
    """Instances and hybrid nodes with their tags; ARNs and filters cannot be asked for together."""
    filters = [f for f in ("TagFilters", "ResourceTypeFilters", "ResourcesPerPage") if parameters.get(f)]
    if parameters.get("ResourceARNList") and filters:
        raise AwsError("InvalidParameterException", "ResourceARNList cannot be used with filters or pages.")
    nodes = [n for n in world.fleet.within(call.account, call.region) if n.tags and _is_wanted(n, parameters)]
    items, more = page(
        nodes, parameters, default=50, limit="ResourcesPerPage", token="PaginationToken",  # noqa: S106
        error="PaginationTokenExpiredException",
    )  # fmt: skip
    found = [{"ResourceARN": _arn(n), "Tags": [{"Key": k, "Value": v} for k, v in n.tags.items()]} for n in items]
    return {"ResourceTagMappingList": found, "PaginationToken": "", **more}


def _is_wanted(node: Node, parameters: Parameters) -> bool:
    """Of a kind that is asked for (ec2 or ec2:instance), with each tag key and one of its values if any are named."""
    kind = "ssm:managed-instance" if node.is_hybrid else "ec2:instance"
    kinds, arns = parameters.get("ResourceTypeFilters"), parameters.get("ResourceARNList")
    tags = parameters.get("TagFilters") or []
    return (
        (not kinds or kind in kinds or kind.partition(":")[0] in kinds)
        and (not arns or _arn(node) in arns)
        and all(_has(node, each.get("Key", ""), each.get("Values") or []) for each in tags)
    )


def _has(node: Node, key: str, values: list[str]) -> bool:
    return key in node.tags and (not values or node.tags[key] in values)


def _arn(node: Node) -> str:
    service, kind = ("ssm", "managed-instance") if node.is_hybrid else ("ec2", "instance")
    return f"arn:aws:{service}:{node.region}:{node.account_id}:{kind}/{node.instance_id}"
