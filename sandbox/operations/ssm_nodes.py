"""Systems Manager: which nodes it manages, and the hybrid ones' registration."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import datetime
from typing import Any

from sandbox.engine.associations import Association
from sandbox.engine.errors import AwsError
from sandbox.engine.executions import TargetResult
from sandbox.engine.fleet import Node
from sandbox.engine.node_access import is_managed, role_of
from sandbox.engine.systems import CURRENT_AGENT
from sandbox.engine.world import World
from sandbox.paging import page
from sandbox.registry import Call, Parameters, operation

VALUES = {
    "PingStatus": {"Online", "ConnectionLost", "Inactive"},
    "PlatformTypes": {"Windows", "Linux", "MacOS"},
    "ResourceType": {"EC2Instance", "ManagedInstance"},
    "AssociationStatus": {"Success", "Pending", "Failed"},
}
Read = Callable[[World, Node], str]
FILTERS: dict[str, Read] = {
    "ActivationIds": lambda _, node: node.activation_id,
    "AgentVersion": lambda _, node: node.agent_version,
    "AssociationStatus": lambda world, node: _association_status(_results(world, node)),
    "IamRole": lambda world, node: _role_name(world, node),
    "InstanceIds": lambda _, node: node.instance_id,
    "PingStatus": lambda world, node: node.ping_at(world.now()),
    "PlatformTypes": lambda _, node: node.system.platform_type,
    "ResourceType": lambda _, node: _resource_type(node),
    "SourceIds": lambda _, node: _source_of(node)[0],
    "SourceTypes": lambda _, node: _source_of(node)[1],
}


@operation("ssm", "DescribeInstanceInformation", takes="Filters InstanceInformationFilterList MaxResults NextToken")
def describe_instance_information(world: World, call: Call, parameters: Parameters) -> Parameters:
    """The managed nodes; stopped and terminated ones are left out, as are those whose role may not speak to us."""
    filters = _read_filters(parameters)
    nodes = [n for n in world.fleet.within(call.account, call.region) if is_managed(world, n)]
    shown = [n for n in nodes if all(_passes(world, n, key, values) for key, values in filters)]
    items, more = page(shown, parameters, default=10)
    return {"InstanceInformationList": [_information(world, n) for n in items], **more}


def _read_filters(parameters: Parameters) -> list[tuple[str, list[str]]]:
    """Both kinds of filter as one list; raises AwsError for those that AWS refuses."""
    old = [(f["key"], f["valueSet"]) for f in parameters.get("InstanceInformationFilterList") or []]
    new = [(f["Key"], f["Values"]) for f in parameters.get("Filters") or []]
    if old and new:
        raise AwsError("InvalidFilterKey", "Use either Filters or InstanceInformationFilterList, not both.")
    filters = old or new
    if len({_is_tag(key) for key, _ in filters}) > 1:
        raise AwsError("InvalidInstanceInformationFilterValue", "Tag filters cannot be mixed with others.")
    for key, values in filters:
        if not _is_tag(key) and key not in FILTERS:
            raise AwsError("InvalidFilterKey", f"The filter key {key} is not valid.")
        if wrong := set(values) - VALUES.get(key, set(values)):
            raise AwsError("InvalidInstanceInformationFilterValue", f"The value {min(wrong)} of {key} is not valid.")
    return filters


def _is_tag(key: str) -> bool:
    return key == "tag-key" or key.startswith("tag:")


def _passes(world: World, node: Node, key: str, values: list[str]) -> bool:
    if key.startswith("tag:"):
        return node.tags.get(key.removeprefix("tag:"), "\0") in values
    if key == "tag-key":
        return any(v in node.tags for v in values)
    return FILTERS[key](world, node) in values


def _resource_type(node: Node) -> str:
    return "ManagedInstance" if node.is_hybrid else "EC2Instance"


def _source_of(node: Node) -> tuple[str, str]:
    """SourceId and SourceType; a machine in another cloud has its own."""
    kind = "AWS::SSM::ManagedInstance" if node.is_hybrid else "AWS::EC2::Instance"
    return node.source_id or node.instance_id, node.source_type or kind


def _role_name(world: World, node: Node) -> str:
    """IamRole, which AWS tells of hybrid nodes; of EC2 instances only Default Host Management's."""
    role = role_of(world, node) if node.is_hybrid else None
    return f"{role.path.lstrip('/')}{role.name}" if role else ""


def _results(world: World, node: Node) -> list[TargetResult]:
    associations: list[Association] = world.associations.within(node.account_id, node.region)
    return [a.latest[node.instance_id] for a in associations if node.instance_id in a.latest]


def _association_status(results: list[TargetResult]) -> str:
    """Failed when one failed, else Pending while one is under way, else Success; "" without associations."""
    if not results:
        return ""
    told = {result.status for result in results}
    if any(not result.is_over for result in results):
        return "Failed" if "Failed" in told else "Pending"
    return "Success" if told == {"Success"} else "Failed"


def _information(world: World, node: Node) -> dict[str, Any]:
    now = world.now()
    source_id, source_type = _source_of(node)
    told = {
        "InstanceId": node.instance_id,
        "PingStatus": node.ping_at(now),
        "LastPingDateTime": node.lost_at or now,
        "AgentVersion": node.agent_version,
        "IsLatestVersion": node.agent_version == CURRENT_AGENT,
        "PlatformType": node.system.platform_type,
        "PlatformName": node.system.platform_name,
        "PlatformVersion": node.system.platform_version,
        "ResourceType": _resource_type(node),
        "IPAddress": node.address,
        "ComputerName": node.name,
        "SourceId": source_id,
        "SourceType": source_type,
        **_association_facts(_results(world, node)),
    }
    if node.is_hybrid:
        told |= {"Name": node.name, "IamRole": _role_name(world, node), "RegistrationDate": node.launched_at}
        told |= {"ActivationId": node.activation_id} if node.activation_id else {}
    return told


def _association_facts(results: list[TargetResult]) -> dict[str, Any]:
    """How the associations on a node fare together; nothing when there are none."""
    if not results:
        return {}
    status = _association_status(results)
    counts = dict(Counter(result.status for result in results))
    told: dict[str, Any] = {
        "AssociationStatus": status,
        "AssociationOverview": {"DetailedStatus": status, "InstanceAssociationStatusAggregatedCount": counts},
    }
    ended: list[datetime] = [r.at for r in results if r.at and r.is_over]
    good = [r.at for r in results if r.at and r.status == "Success"]
    told |= {"LastAssociationExecutionDate": max(ended)} if ended else {}
    return told | ({"LastSuccessfulAssociationExecutionDate": max(good)} if good else {})


@operation("ssm", "UpdateManagedInstanceRole", takes="InstanceId IamRole")
def update_managed_instance_role(world: World, call: Call, parameters: Parameters) -> Parameters:
    """Give a hybrid node another service role of its account."""
    node = _hybrid(world, call, parameters)
    name = parameters["IamRole"].rsplit("/", 1)[-1]
    if name not in world.account(call.account).roles:
        raise AwsError("ValidationException", f"Nonexistent role or missing ssm service principal in trust: {name}")
    node.service_role = name
    world.timeline.at(world.now(), "node changed", node.instance_id)
    return {}


@operation("ssm", "DeregisterManagedInstance", takes="InstanceId")
def deregister_managed_instance(world: World, call: Call, parameters: Parameters) -> Parameters:
    """Systems Manager no longer knows a hybrid node."""
    world.fleet.forget(_hybrid(world, call, parameters).instance_id)
    return {}


def _hybrid(world: World, call: Call, parameters: Parameters) -> Node:
    node = world.fleet.nodes.get(parameters["InstanceId"])
    if node is None or not node.is_hybrid or (node.account_id, node.region) != (call.account, call.region):
        raise AwsError("InvalidInstanceId", f"The instance ID {parameters['InstanceId']} is not valid.")
    return node
