"""EC2: which instance carries which instance profile."""

from __future__ import annotations

from typing import Any

from sandbox.engine.errors import AwsError
from sandbox.engine.fleet import Node
from sandbox.engine.world import World
from sandbox.operations.ec2 import MOST, check_page_size, find_instances, find_profile, show_profile
from sandbox.paging import page
from sandbox.registry import Call, Parameters, operation

PREFIX = "iip-assoc-"


@operation("ec2", "DescribeIamInstanceProfileAssociations", takes="AssociationIds Filters MaxResults NextToken")
def describe_profile_associations(world: World, call: Call, parameters: Parameters) -> Parameters:
    """Which instance carries which profile."""
    check_page_size(parameters)
    nodes = [n for n in world.fleet.within(call.account, call.region) if n.profile_name]
    if ids := parameters.get("AssociationIds"):
        nodes = [_find(world, call, association_id) for association_id in ids]
    shown = [n for n in nodes if all(_passes(n, f) for f in parameters.get("Filters") or [])]
    items, more = page(shown, parameters, default=MOST, error="InvalidParameterValue")
    return {"IamInstanceProfileAssociations": [_show(world, n, "associated") for n in items], **more}


def _passes(node: Node, wanted: dict[str, Any]) -> bool:
    told = {"instance-id": node.instance_id, "state": "associated"}
    if wanted.get("Name") not in told:
        raise AwsError("InvalidParameterValue", f"The filter '{wanted.get('Name')}' is invalid")
    return told[wanted["Name"]] in (wanted.get("Values") or [])


def _show(world: World, node: Node, state: str) -> dict[str, Any]:
    return {
        "AssociationId": PREFIX + node.instance_id[2:],
        "InstanceId": node.instance_id,
        "IamInstanceProfile": show_profile(world, node),
        "State": state,
    }


def _find(world: World, call: Call, association_id: str) -> Node:
    node = world.fleet.nodes.get("i-" + association_id.removeprefix(PREFIX))
    here = node is not None and (node.account_id, node.region) == (call.account, call.region)
    if node is None or not here or not node.profile_name:
        raise AwsError("InvalidAssociationID.NotFound", f"An invalid association-id of '{association_id}' was given")
    return node


@operation("ec2", "AssociateIamInstanceProfile", takes="IamInstanceProfile InstanceId")
def associate_profile(world: World, call: Call, parameters: Parameters) -> Parameters:
    """Give a profile to an instance that has none."""
    node = find_instances(world, call, [parameters["InstanceId"]])[0]
    if node.profile_name:
        raise AwsError("IncorrectState", f"There is an existing association for instance {node.instance_id}")
    return _put(world, call, node, parameters)


@operation("ec2", "ReplaceIamInstanceProfileAssociation", takes="IamInstanceProfile AssociationId")
def replace_profile(world: World, call: Call, parameters: Parameters) -> Parameters:
    """Give another profile to an instance that has one."""
    return _put(world, call, _find(world, call, parameters["AssociationId"]), parameters)


def _put(world: World, call: Call, node: Node, parameters: Parameters) -> Parameters:
    """With another role the node may become managed, and associations that never ran on it do."""
    node.profile_name = find_profile(world, call, parameters["IamInstanceProfile"])
    world.timeline.at(world.now(), "node changed", node.instance_id)
    return {"IamInstanceProfileAssociation": _show(world, node, "associating")}


@operation("ec2", "DisassociateIamInstanceProfile", takes="AssociationId")
def disassociate_profile(world: World, call: Call, parameters: Parameters) -> Parameters:
    """Take an instance's profile away."""
    node = _find(world, call, parameters["AssociationId"])
    told = _show(world, node, "disassociating")
    node.profile_name = ""
    return {"IamInstanceProfileAssociation": told}
