"""Resource Groups Tagging API: the tags of many resources at once."""

from __future__ import annotations

from sandbox.engine.fleet import Node
from sandbox.engine.world import World
from sandbox.paging import page
from sandbox.registry import Call, Parameters, operation


@operation("tagging", "GetResources")
def get_resources(world: World, call: Call, parameters: Parameters) -> Parameters:
    """Instances and hybrid nodes with their tags."""
    kinds = parameters.get("ResourceTypeFilters") or ["ec2:instance", "ssm:managed-instance"]
    nodes = [n for n in world.fleet.within(call.account, call.region) if _kind(n) in kinds]
    items, more = page(
        nodes, parameters, default=50, limit="ResourcesPerPage", token="PaginationToken",  # noqa: S106
        error="PaginationTokenExpiredException",
    )  # fmt: skip
    found = [{"ResourceARN": _arn(n), "Tags": [{"Key": k, "Value": v} for k, v in n.tags.items()]} for n in items]
    return {"ResourceTagMappingList": found, "PaginationToken": "", **more}


def _kind(node: Node) -> str:
    return "ssm:managed-instance" if node.is_hybrid else "ec2:instance"


def _arn(node: Node) -> str:
    service, kind = ("ssm", "managed-instance") if node.is_hybrid else ("ec2", "instance")
    return f"arn:aws:{service}:{node.region}:{node.account_id}:{kind}/{node.instance_id}"
