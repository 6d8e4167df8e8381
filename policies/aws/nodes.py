"""The managed nodes of one account and Region, with their tags.

Two paged calls whatever the number of nodes: what Systems Manager knows, and all tags at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from policies.aws.connect import Aws
from policies.aws.errors import asking

PERMISSIONS = {"ssm:DescribeInstanceInformation", "tag:GetResources"}

INFORMATION_PAGE = 50
TAGS_PAGE = 100

# PlatformName of DescribeInstanceInformation, as the agent tells it, and the OperatingSystem enum it stands for.
SYSTEMS_BY_PLATFORM = (
    ("amazon linux", "2023", "AMAZON_LINUX_2023"),
    ("amazon linux", "2022", "AMAZON_LINUX_2022"),
    ("amazon linux", "2", "AMAZON_LINUX_2"),
    ("amazon linux", "", "AMAZON_LINUX"),
    ("ubuntu", "", "UBUNTU"),
    ("red hat", "", "REDHAT_ENTERPRISE_LINUX"),
    ("suse", "", "SUSE"),
    ("sles", "", "SUSE"),
    ("centos", "", "CENTOS"),
    ("oracle", "", "ORACLE_LINUX"),
    ("raspbian", "", "RASPBIAN"),
    ("debian", "", "DEBIAN"),
    ("macos", "", "MACOS"),
    ("rocky", "", "ROCKY_LINUX"),
    ("almalinux", "", "ALMA_LINUX"),
)


@dataclass(frozen=True)
class NodeFact:
    """A managed node as Systems Manager tells it. `operating_system` is the enum's value, "" when it is not known."""

    instance_id: str
    name: str
    operating_system: str
    platform: str
    ping_status: str
    agent_version: str
    role: str
    tags: Mapping[str, str]


def list_nodes(aws: Aws, region: str) -> tuple[NodeFact, ...]:
    """Every managed node of the connection's account in a Region; stopped and terminated ones are left out by AWS."""
    with asking("ssm:DescribeInstanceInformation"):
        paginator = aws.client("ssm", region).get_paginator("describe_instance_information")
        pages = paginator.paginate(PaginationConfig={"PageSize": INFORMATION_PAGE})
        told = [node for page in pages for node in page["InstanceInformationList"]]
    tags = _read_tags(aws, region) if told else {}
    return tuple(_fact(node, tags.get(node["InstanceId"], {})) for node in told)


def _read_tags(aws: Aws, region: str) -> dict[str, dict[str, str]]:
    """The tags of every EC2 instance and hybrid node, by id."""
    with asking("tag:GetResources"):
        paginator = aws.client("resourcegroupstaggingapi", region).get_paginator("get_resources")
        pages = paginator.paginate(
            ResourceTypeFilters=["ec2:instance", "ssm:managed-instance"], PaginationConfig={"PageSize": TAGS_PAGE}
        )
        found = [resource for page in pages for resource in page["ResourceTagMappingList"]]
    return {r["ResourceARN"].rsplit("/", 1)[-1]: {t["Key"]: t["Value"] for t in r["Tags"]} for r in found}


def _fact(told: dict[str, Any], tags: dict[str, str]) -> NodeFact:
    platform = f"{told.get('PlatformName', '')} {told.get('PlatformVersion', '')}".strip()
    return NodeFact(
        instance_id=told["InstanceId"],
        name=tags.get("Name") or told.get("Name") or told.get("ComputerName", ""),
        operating_system=operating_system_of(told),
        platform=platform,
        ping_status=told.get("PingStatus", ""),
        agent_version=told.get("AgentVersion", ""),
        role=told.get("IamRole", ""),
        tags=tags,
    )


def operating_system_of(told: Mapping[str, Any]) -> str:
    """The OperatingSystem enum value of DescribeInstanceInformation's platform facts; "" when none fits."""
    if told.get("PlatformType") == "Windows":
        return "WINDOWS"
    name, version = str(told.get("PlatformName", "")).lower(), str(told.get("PlatformVersion", ""))
    for part, beginning, system in SYSTEMS_BY_PLATFORM:
        if part in name and version.startswith(beginning):
            return system
    return ""
