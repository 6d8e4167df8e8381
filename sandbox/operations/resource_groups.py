"""Resource Groups: groups by tag."""

from __future__ import annotations

from sandbox.engine.errors import AwsError
from sandbox.engine.world import World
from sandbox.paging import page
from sandbox.registry import Call, Parameters, operation


@operation("resource-groups", "ListGroups")
def list_groups(world: World, call: Call, parameters: Parameters) -> Parameters:
    """The groups of an account and Region."""
    names = sorted(world.groups.get((call.account, call.region), {}))
    items, more = page(names, parameters, default=50, error="BadRequestException")
    groups = [{"GroupName": n, "GroupArn": _arn(call, n)} for n in items]
    return {"GroupIdentifiers": groups, "Groups": [{"Name": g["GroupName"], **_only_arn(g)} for g in groups], **more}


@operation("resource-groups", "ListGroupResources")
def list_group_resources(world: World, call: Call, parameters: Parameters) -> Parameters:
    """The instances in a group."""
    name = str(parameters.get("Group") or parameters.get("GroupName")).rsplit("/", 1)[-1]
    group = world.groups.get((call.account, call.region), {}).get(name)
    if group is None:
        raise AwsError("NotFoundException", f"Cannot find group: {name}", 404)
    nodes = [
        n.instance_id
        for n in world.fleet.within(call.account, call.region)
        if not n.is_hybrid and all(n.tags.get(k) in values for k, values in group["tags"].items())
    ]
    items, more = page(nodes, parameters, default=50, error="BadRequestException")
    found = [
        {"ResourceArn": f"arn:aws:ec2:{call.region}:{call.account}:instance/{i}", "ResourceType": "AWS::EC2::Instance"}
        for i in items
    ]
    return {"ResourceIdentifiers": found, "Resources": [{"Identifier": f} for f in found], **more}


def _arn(call: Call, name: str) -> str:
    return f"arn:aws:resource-groups:{call.region}:{call.account}:group/{name}"


def _only_arn(group: dict[str, str]) -> dict[str, str]:
    return {"GroupArn": group["GroupArn"]}
