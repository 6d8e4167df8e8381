"""EC2: instances, their profiles, Regions; as far as patching needs them."""

from __future__ import annotations

from typing import Any

from sandbox.engine.errors import AwsError
from sandbox.engine.fleet import Node
from sandbox.engine.world import World
from sandbox.paging import page
from sandbox.registry import Call, Parameters, operation

STATES = {"running": 16, "stopped": 80, "terminated": 48}


@operation("ec2", "DescribeRegions")
def describe_regions(world: World, _call: Call, _parameters: Parameters) -> Parameters:
    """The enabled Regions."""
    return {
        "Regions": [
            {"RegionName": r, "Endpoint": f"ec2.{r}.amazonaws.com", "OptInStatus": "opt-in-not-required"}
            for r in world.organization.regions
        ]
    }


@operation("ec2", "DescribeInstances")
def describe_instances(world: World, call: Call, parameters: Parameters) -> Parameters:
    """Instances, each in a reservation of its own."""
    nodes = [n for n in world.fleet.within(call.account, call.region) if not n.is_hybrid]
    wanted = parameters.get("InstanceIds")
    if wanted:
        known = {n.instance_id: n for n in nodes}
        missing = [i for i in wanted if i not in known]
        if missing:
            raise AwsError("InvalidInstanceID.NotFound", f"The instance ID '{missing[0]}' does not exist")
        nodes = [known[i] for i in wanted]
    nodes = [n for n in nodes if all(_passes(n, f) for f in parameters.get("Filters") or [])]
    items, more = page(nodes, parameters, default=1000, error="InvalidParameterValue")
    reservations = [
        {"ReservationId": "r" + n.instance_id[1:], "OwnerId": call.account, "Instances": [_instance(n)]} for n in items
    ]
    return {"Reservations": reservations, **more}


@operation("ec2", "DescribeIamInstanceProfileAssociations")
def describe_profile_associations(world: World, call: Call, parameters: Parameters) -> Parameters:
    """Which instance carries which profile."""
    nodes = [n for n in world.fleet.within(call.account, call.region) if n.profile_name]
    nodes = [n for n in nodes if all(_passes(n, f) for f in parameters.get("Filters") or [])]
    items, more = page(nodes, parameters, default=1000, error="InvalidParameterValue")
    associations = [
        {
            "AssociationId": "iip-assoc-" + n.instance_id[2:],
            "InstanceId": n.instance_id,
            "IamInstanceProfile": _profile(n),
            "State": "associated",
        }
        for n in items
    ]
    return {"IamInstanceProfileAssociations": associations, **more}


def _passes(node: Node, wanted: dict[str, Any]) -> bool:
    name, values = wanted["Name"], wanted["Values"]
    if name.startswith("tag:"):
        return node.tags.get(name.removeprefix("tag:"), "\0") in values
    read = {"instance-state-name": node.state, "instance-id": node.instance_id}
    if name not in read:
        raise AwsError("InvalidParameterValue", f"The filter '{name}' is invalid")
    return read[name] in values


def _instance(node: Node) -> dict[str, Any]:
    told = {
        "InstanceId": node.instance_id,
        "InstanceType": "t3.medium",
        "State": {"Name": node.state, "Code": STATES[node.state]},
        "LaunchTime": node.launched_at,
        "PrivateIpAddress": node.address,
        "PlatformDetails": "Windows" if node.system.platform_type == "Windows" else "Linux/UNIX",
        "Tags": [{"Key": k, "Value": v} for k, v in node.tags.items()],
    }
    return {**told, "IamInstanceProfile": _profile(node)} if node.profile_name else told


def _profile(node: Node) -> dict[str, str]:
    return {
        "Arn": f"arn:aws:iam::{node.account_id}:instance-profile/{node.profile_name}",
        "Id": "AIPA" + node.profile_name.upper()[:16],
    }
