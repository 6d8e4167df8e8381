"""EC2: instances are made, started, stopped, rebooted and terminated."""

from __future__ import annotations

from typing import Any

from sandbox.engine.errors import AwsError
from sandbox.engine.fleet import Node
from sandbox.engine.world import World
from sandbox.operations.ec2 import IMAGES, find_instances, find_profile, show_instance, show_state, state_of
from sandbox.registry import Call, Parameters, operation


@operation("ec2", "RunInstances", takes="ImageId MinCount MaxCount IamInstanceProfile TagSpecifications ClientToken")
def run_instances(world: World, call: Call, parameters: Parameters) -> Parameters:
    """As many new instances as MaxCount says, from one of the sandbox's images, with every patch of this moment.

    A token that was sent before makes nothing more.
    """
    token = (call.account, call.region, parameters.get("ClientToken") or world.uuid())
    if token in world.fleet.tokens:
        return _show_launch(world, call, find_instances(world, call, world.fleet.tokens[token]))
    system = IMAGES.get(parameters.get("ImageId") or "")
    if system is None:
        raise AwsError("InvalidAMIID.NotFound", f"The image id '[{parameters.get('ImageId')}]' does not exist")
    if not 1 <= parameters["MinCount"] <= parameters["MaxCount"]:
        raise AwsError("InvalidParameterValue", "MinCount and MaxCount do not fit each other.")
    profile = find_profile(world, call, parameters["IamInstanceProfile"]) if "IamInstanceProfile" in parameters else ""
    tags = {t["Key"]: t["Value"] for spec in parameters.get("TagSpecifications") or []
            if spec.get("ResourceType") == "instance" for t in spec.get("Tags", [])}  # fmt: skip
    made = [_make(world, call, system, profile, dict(tags)) for _ in range(parameters["MaxCount"])]
    world.fleet.tokens[token] = [node.instance_id for node in made]
    return _show_launch(world, call, made)


def _show_launch(world: World, call: Call, made: list[Node]) -> Parameters:
    reservation = "r-" + made[0].instance_id[2:]
    return {"ReservationId": reservation, "OwnerId": call.account, "Instances": [show_instance(world, n) for n in made]}


def _make(world: World, call: Call, system: str, profile: str, tags: dict[str, str]) -> Node:
    instance_id, now = "i-0" + world.uuid().replace("-", "")[:16], world.now()
    name = tags.get("Name") or f"ip-{instance_id[-8:]}"
    node = Node(instance_id, call.account, call.region, name, system, now, tags, profile, patched_until=now)
    world.fleet.add(node)
    world.timeline.at(now, "node changed", instance_id)
    return node


@operation("ec2", "StartInstances", takes="InstanceIds")
def start_instances(world: World, call: Call, parameters: Parameters) -> Parameters:
    """Let stopped instances run."""
    return {"StartingInstances": _change(world, call, parameters, "running")}


@operation("ec2", "StopInstances", takes="InstanceIds")
def stop_instances(world: World, call: Call, parameters: Parameters) -> Parameters:
    """Stop running instances."""
    return {"StoppingInstances": _change(world, call, parameters, "stopped")}


@operation("ec2", "TerminateInstances", takes="InstanceIds")
def terminate_instances(world: World, call: Call, parameters: Parameters) -> Parameters:
    """End instances for ever."""
    return {"TerminatingInstances": _change(world, call, parameters, "terminated")}


def _change(world: World, call: Call, parameters: Parameters, state: str) -> list[dict[str, Any]]:
    """Each instance's state before and now; one that is in the state already stays as it is."""
    nodes = find_instances(world, call, parameters["InstanceIds"])
    if gone := [n for n in nodes if n.state == "terminated" != state]:
        raise AwsError("IncorrectInstanceState", f"The instance '{gone[0].instance_id}' is not in a valid state.")
    told = []
    for node in nodes:
        before = state_of(world, node)
        if node.state != state:
            world.fleet.set_state(node.instance_id, state, world.now())
            world.timeline.at(world.now(), "node changed", node.instance_id)
        after = "pending" if state == "running" != before else state_of(world, node)
        told.append(
            {
                "InstanceId": node.instance_id,
                "PreviousState": show_state(before),
                "CurrentState": show_state(after),
            }
        )
    return told


@operation("ec2", "RebootInstances", takes="InstanceIds")
def reboot_instances(world: World, call: Call, parameters: Parameters) -> Parameters:
    """Start running instances again: patches that wait for it take effect, and are told so by the next scan."""
    nodes = find_instances(world, call, parameters["InstanceIds"])
    if wrong := [n for n in nodes if n.state != "running"]:
        raise AwsError("IncorrectInstanceState", f"The instance '{wrong[0].instance_id}' is not in a valid state.")
    for node in nodes:
        node.reboot(world.now())
    return {}
