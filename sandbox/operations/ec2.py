"""EC2: instances, images, Regions; as far as patching needs them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any

from sandbox.engine.conditions import like
from sandbox.engine.errors import AwsError
from sandbox.engine.fleet import Node
from sandbox.engine.systems import SYSTEMS
from sandbox.engine.world import World
from sandbox.operations.account import ALL_REGIONS
from sandbox.paging import page
from sandbox.registry import Call, Parameters, operation

CODES = {"pending": 0, "running": 16, "shutting-down": 32, "terminated": 48, "stopping": 64, "stopped": 80}
ON_THE_WAY = {"stopped": "stopping", "terminated": "shutting-down"}
CHANGE_TAKES = timedelta(seconds=30)
TERMINATED_SHOWN = timedelta(hours=1)
FEWEST, MOST = 5, 1000
IMAGES = {f"ami-{hashlib.sha256(system.encode()).hexdigest()[:17]}": system for system in SYSTEMS}
"""The images that instances can be made from, one for each operating system; found with DescribeImages."""


@operation("ec2", "DescribeRegions", takes="RegionNames AllRegions")
def describe_regions(world: World, _call: Call, parameters: Parameters) -> Parameters:
    """The enabled Regions; with AllRegions those too that nobody has opted in to."""
    enabled, wanted = world.organization.regions, parameters.get("RegionNames")
    known = [*enabled, *(r for r in ALL_REGIONS if r not in enabled)]
    if wanted and (unknown := set(wanted) - set(known)):
        raise AwsError("InvalidParameterValue", f"Invalid region provided: {min(unknown)}")
    shown = [r for r in known if r in (wanted or known) and (parameters.get("AllRegions") or r in enabled)]
    return {
        "Regions": [
            {
                "RegionName": r,
                "Endpoint": f"ec2.{r}.amazonaws.com",
                "OptInStatus": "opt-in-not-required" if r in enabled else "not-opted-in",
            }
            for r in shown
        ]
    }


@operation("ec2", "DescribeImages", takes="ImageIds")
def describe_images(_world: World, _call: Call, parameters: Parameters) -> Parameters:
    """The sandbox's images, named for their operating systems."""
    wanted = parameters.get("ImageIds") or list(IMAGES)
    for image_id in wanted:
        if image_id not in IMAGES:
            raise AwsError("InvalidAMIID.NotFound", f"The image id '[{image_id}]' does not exist")
    return {"Images": [{"ImageId": i, "Name": IMAGES[i], "State": "available"} for i in wanted]}


@operation("ec2", "DescribeInstances", takes="InstanceIds Filters MaxResults NextToken")
def describe_instances(world: World, call: Call, parameters: Parameters) -> Parameters:
    """Instances, each in a reservation of its own; terminated ones are shown for an hour."""
    wanted = parameters.get("InstanceIds")
    if wanted and parameters.get("MaxResults"):
        raise AwsError("InvalidParameterCombination", "The parameter instancesSet cannot be used with maxResults")
    check_page_size(parameters)
    here = [n for n in world.fleet.nodes.within(call.account, call.region) if not n.is_hybrid and _is_shown(world, n)]
    nodes = find_instances(world, call, wanted) if wanted else here
    nodes = select(world, nodes, parameters)
    items, more = page(nodes, parameters, default=MOST, error="InvalidParameterValue")
    return {"Reservations": [_reservation(world, n) for n in items], **more}


def check_page_size(parameters: Parameters) -> None:
    """EC2's page limits, which its model does not tell; raises AwsError."""
    size = parameters.get("MaxResults")
    if size is not None and not FEWEST <= size <= MOST:
        raise AwsError("InvalidParameterValue", f"Value ( {size} ) for parameter maxResults is invalid.")


def _is_shown(world: World, node: Node) -> bool:
    changed = world.fleet.changed_at.get(node.instance_id)
    return node.state != "terminated" or changed is None or world.now() - changed < TERMINATED_SHOWN


def find_instances(world: World, call: Call, ids: Iterable[str]) -> list[Node]:
    """The caller's instances by id; raises AwsError InvalidInstanceID.NotFound when one is not there."""
    found = []
    for instance_id in ids:
        node = world.fleet.nodes.get(instance_id)
        here = node is not None and (node.account_id, node.region) == (call.account, call.region)
        if node is None or not here or node.is_hybrid or not _is_shown(world, node):
            raise AwsError("InvalidInstanceID.NotFound", f"The instance ID '{instance_id}' does not exist")
        found.append(node)
    return found


Read = Callable[[World, Node], str]
FILTERS: dict[str, Read] = {
    "iam-instance-profile.arn": lambda world, node: show_profile(world, node)["Arn"] if node.profile_name else "",
    "image-id": lambda _, node: _image_of(node),
    "instance-id": lambda _, node: node.instance_id,
    "instance-state-code": lambda world, node: str(CODES[state_of(world, node)]),
    "instance-state-name": lambda world, node: state_of(world, node),
    "platform": lambda _, node: "windows" if node.system.platform_type == "Windows" else "",
    "private-ip-address": lambda _, node: node.address,
}


def select(world: World, nodes: list[Node], parameters: Parameters) -> list[Node]:
    """The nodes that pass all filters; values may have wildcards. Raises AwsError for a filter that is not known."""
    filters = parameters.get("Filters") or []
    for wanted in filters:
        name = wanted.get("Name", "")
        if not name.startswith("tag:") and name not in ("tag-key", *FILTERS):
            raise AwsError("InvalidParameterValue", f"The filter '{name}' is invalid")
    return [n for n in nodes if all(_passes(world, n, f["Name"], f.get("Values") or []) for f in filters)]


def _passes(world: World, node: Node, name: str, values: list[str]) -> bool:
    if name == "tag-key":
        told = list(node.tags)
    elif name.startswith("tag:"):
        told = [node.tags[name[4:]]] if name[4:] in node.tags else []
    else:
        told = [FILTERS[name](world, node)]
    return any(like(one, value) for one in told for value in values)


def state_of(world: World, node: Node) -> str:
    """The state as EC2 tells it: for a while after a stop, the way to it. An instance that starts runs at once."""
    changed = world.fleet.changed_at.get(node.instance_id)
    is_new = changed is not None and world.now() - changed < CHANGE_TAKES
    return ON_THE_WAY.get(node.state, node.state) if is_new else node.state


def _image_of(node: Node) -> str:
    return next(image for image, system in IMAGES.items() if system == node.operating_system)


def _reservation(world: World, node: Node) -> dict[str, Any]:
    instance = show_instance(world, node)
    return {"ReservationId": "r" + node.instance_id[1:], "OwnerId": node.account_id, "Instances": [instance]}


def show_instance(world: World, node: Node) -> dict[str, Any]:
    """An instance as EC2 tells it."""
    told = {
        "InstanceId": node.instance_id,
        "ImageId": _image_of(node),
        "InstanceType": "t3.medium",
        "State": show_state(state_of(world, node)),
        "LaunchTime": node.launched_at,
        "PrivateIpAddress": node.address,
        "PlatformDetails": "Windows" if node.system.platform_type == "Windows" else "Linux/UNIX",
        "Tags": [{"Key": k, "Value": v} for k, v in node.tags.items()],
    }
    if node.system.platform_type == "Windows":
        told["Platform"] = "windows"
    return {**told, "IamInstanceProfile": show_profile(world, node)} if node.profile_name else told


def show_state(name: str) -> dict[str, Any]:
    """A state with its code."""
    return {"Name": name, "Code": CODES[name]}


def show_profile(world: World, node: Node) -> dict[str, str]:
    """The instance profile that a node carries; it may have been deleted since."""
    profile = world.account(node.account_id).profiles.get(node.profile_name)
    path = profile.path if profile else "/"
    return {
        "Arn": f"arn:aws:iam::{node.account_id}:instance-profile{path}{node.profile_name}",
        "Id": profile.profile_id if profile else "AIPA" + node.profile_name.upper()[:16],
    }


def find_profile(world: World, call: Call, wanted: dict[str, str]) -> str:
    """The name of a profile of the caller's account, told by name or ARN; raises AwsError InvalidParameterValue."""
    name = wanted.get("Name") or wanted.get("Arn", "").rsplit("/", 1)[-1]
    if name not in world.account(call.account).profiles:
        raise AwsError("InvalidParameterValue", f"Value ({name}) for parameter iamInstanceProfile.name is invalid.")
    return name
