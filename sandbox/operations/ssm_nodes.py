"""Systems Manager: which nodes it manages."""

from __future__ import annotations

from typing import Any

from sandbox.engine.errors import AwsError
from sandbox.engine.fleet import Node
from sandbox.engine.patching import is_managed, role_of
from sandbox.engine.world import World
from sandbox.paging import page
from sandbox.registry import Call, Parameters, operation


@operation("ssm", "DescribeInstanceInformation")
def describe_instance_information(world: World, call: Call, parameters: Parameters) -> Parameters:
    """The managed nodes; stopped and terminated ones are left out, as are those whose role may not speak to us."""
    filters = parameters.get("Filters") or []
    if len({f["Key"].startswith("tag") for f in filters}) > 1:
        raise AwsError("InvalidInstanceInformationFilterValue", "Tag filters cannot be mixed with others.")
    nodes = [n for n in world.fleet.within(call.account, call.region) if is_managed(world, n)]
    shown = [n for n in nodes if all(_passes(n, f) for f in filters)]
    items, more = page(shown, parameters, default=10)
    return {"InstanceInformationList": [_information(world, n) for n in items], **more}


def _passes(node: Node, wanted: dict[str, Any]) -> bool:
    key, values = wanted["Key"], wanted["Values"]
    if key.startswith("tag:"):
        return node.tags.get(key.removeprefix("tag:"), "\0") in values
    if key == "tag-key":
        return any(v in node.tags for v in values)
    read = {
        "InstanceIds": node.instance_id,
        "PingStatus": "Online",
        "PlatformTypes": node.system.platform_type,
        "ResourceType": "ManagedInstance" if node.is_hybrid else "EC2Instance",
    }
    if key not in read:
        raise AwsError("InvalidFilterKey", f"The filter key {key} is not valid.")
    return read[key] in values


def _information(world: World, node: Node) -> dict[str, Any]:
    system, role = node.system, role_of(world, node)
    latest = [a.latest[node.instance_id] for a in world.associations.within(node.account_id, node.region)
              if node.instance_id in a.latest]  # fmt: skip
    told = {
        "InstanceId": node.instance_id,
        "PingStatus": "Online",
        "LastPingDateTime": world.now(),
        "AgentVersion": node.agent_version,
        "IsLatestVersion": True,
        "PlatformType": system.platform_type,
        "PlatformName": system.platform_name,
        "PlatformVersion": system.platform_version,
        "ResourceType": "ManagedInstance" if node.is_hybrid else "EC2Instance",
        "IPAddress": node.address,
        "ComputerName": node.name,
    }
    if node.is_hybrid:
        told |= {"Name": node.name, "IamRole": role.name if role else "", "RegistrationDate": node.launched_at}
    if latest:
        told["AssociationStatus"] = "Failed" if any(r.status == "Failed" for r in latest) else "Success"
    return told


@operation("ssm", "ListTagsForResource")
def list_tags_for_resource(world: World, call: Call, parameters: Parameters) -> Parameters:
    """The tags of a hybrid node, a document or an association."""
    return {"TagList": [{"Key": k, "Value": v} for k, v in _tags_of(world, call, parameters).items()]}


@operation("ssm", "AddTagsToResource")
def add_tags_to_resource(world: World, call: Call, parameters: Parameters) -> Parameters:
    """Tag one of them."""
    _tags_of(world, call, parameters).update({t["Key"]: t["Value"] for t in parameters["Tags"]})
    return {}


@operation("ssm", "RemoveTagsFromResource")
def remove_tags_from_resource(world: World, call: Call, parameters: Parameters) -> Parameters:
    """Remove tags from one of them."""
    tags = _tags_of(world, call, parameters)
    for key in parameters["TagKeys"]:
        tags.pop(key, None)
    return {}


def _tags_of(world: World, call: Call, parameters: Parameters) -> dict[str, str]:
    kind, name = parameters["ResourceType"], parameters["ResourceId"]
    if kind == "ManagedInstance" and name in world.fleet.nodes:
        return world.fleet.nodes[name].tags
    if kind == "Association" and name in world.associations.all:
        return world.associations.all[name].tags
    document = world.documents.get((call.account, call.region), {}).get(name)
    if kind == "Document" and document:
        return document.tags
    raise AwsError("InvalidResourceId", f"The resource ID {name} is not valid.")
