"""Resource Groups: groups by tag."""

from __future__ import annotations

from sandbox.engine.errors import AwsError
from sandbox.engine.world import World
from sandbox.paging import page
from sandbox.registry import Call, Parameters, operation

INSTANCE = "AWS::EC2::Instance"


@operation("resource-groups", "ListGroups", takes="Filters MaxResults NextToken")
def list_groups(world: World, call: Call, parameters: Parameters) -> Parameters:
    """The groups of an account and Region."""
    groups = world.groups.get((call.account, call.region), {})
    names = sorted(name for name in groups if _is_wanted(name, parameters))
    items, more = page(names, parameters, default=50, error="BadRequestException")
    identifiers = [{"GroupName": n, "GroupArn": _arn(call, n)} for n in items]
    shown = [{"Name": n, "GroupArn": _arn(call, n)} for n in items]
    return {"GroupIdentifiers": identifiers, "Groups": shown, **more}


def _is_wanted(name: str, parameters: Parameters) -> bool:
    """By display name and kind; every group here gathers EC2 instances by tag. Other filters are refused."""
    for each in parameters.get("Filters") or []:
        if each["Name"] == "display-name":
            if name not in each["Values"]:
                return False
        elif each["Name"] == "resource-type":
            if not _holds_instances(each["Values"]):
                return False
        else:
            told = f"The sandbox does not honour the filter {each['Name']} of resource-groups:ListGroups"
            raise AwsError("NotImplemented", told, 501)
    return True


def _holds_instances(kinds: list[str]) -> bool:
    return bool({INSTANCE, "AWS::AllSupported"} & set(kinds))


@operation("resource-groups", "ListGroupResources", takes="Filters Group GroupName MaxResults NextToken")
def list_group_resources(world: World, call: Call, parameters: Parameters) -> Parameters:
    """The instances in a group."""
    name = str(parameters.get("Group") or parameters.get("GroupName")).rsplit("/", 1)[-1]
    group = world.groups.get((call.account, call.region), {}).get(name)
    if group is None:
        raise AwsError("NotFoundException", f"Cannot find group: {name}", 404)
    kinds = [kind for each in parameters.get("Filters") or [] for kind in each["Values"]] or [INSTANCE]
    nodes = [
        n.instance_id
        for n in world.fleet.within(call.account, call.region)
        if _holds_instances(kinds)
        and not n.is_hybrid
        and all(n.tags.get(k) in values for k, values in group["tags"].items())
    ]
    items, more = page(nodes, parameters, default=50, error="BadRequestException")
    found = [
        {"ResourceArn": f"arn:aws:ec2:{call.region}:{call.account}:instance/{i}", "ResourceType": INSTANCE}
        for i in items
    ]
    return {"ResourceIdentifiers": found, "Resources": [{"Identifier": f} for f in found], **more}


def _arn(call: Call, name: str) -> str:
    return f"arn:aws:resource-groups:{call.region}:{call.account}:group/{name}"
