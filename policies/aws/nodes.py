"""The managed nodes of one account and Region, with their tags.

Each takes one call for 50 nodes. Tags change seldom, so a reader may leave them out and hand in those it knows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from policies.aws.connect import Aws
from policies.aws.errors import asking

PERMISSIONS = {"ssm:DescribeInstanceInformation", "tag:GetResources"}

PAGE = 50
HYBRID = "mi-"

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
    """Every managed node of the connection's account in a Region, without tags; AWS leaves out stopped ones."""
    with asking("ssm:DescribeInstanceInformation"):
        paginator = aws.client("ssm", region).get_paginator("describe_instance_information")
        pages = paginator.paginate(PaginationConfig={"PageSize": PAGE})
        told = [node for page in pages for node in page["InstanceInformationList"]]
    return tuple(_fact(node) for node in told)


def read_tags(aws: Aws, region: str, instance_ids: Sequence[str]) -> dict[str, dict[str, str]]:
    """The tags of these EC2 instances and hybrid nodes, by id. One that has none is left out."""
    client = aws.client("resourcegroupstaggingapi", region)
    arns = [_arn(client.meta.partition, region, aws.account_id, instance_id) for instance_id in instance_ids]
    found: list[dict[str, Any]] = []
    for start in range(0, len(arns), PAGE):
        with asking("tag:GetResources"):
            found += client.get_resources(ResourceARNList=arns[start : start + PAGE])["ResourceTagMappingList"]
    return {r["ResourceARN"].rsplit("/", 1)[-1]: {t["Key"]: t["Value"] for t in r["Tags"]} for r in found}


def with_tags(fact: NodeFact, tags: Mapping[str, str]) -> NodeFact:
    """The node with its tags; its tag Name is its name before what Systems Manager calls it."""
    return replace(fact, tags=tags, name=tags.get("Name") or fact.name)


def _arn(partition: str, region: str, account_id: str, instance_id: str) -> str:
    service, kind = ("ssm", "managed-instance") if instance_id.startswith(HYBRID) else ("ec2", "instance")
    return f"arn:{partition}:{service}:{region}:{account_id}:{kind}/{instance_id}"


def _fact(told: dict[str, Any]) -> NodeFact:
    platform = f"{told.get('PlatformName', '')} {told.get('PlatformVersion', '')}".strip()
    return NodeFact(
        instance_id=told["InstanceId"],
        name=told.get("Name") or told.get("ComputerName", ""),
        operating_system=operating_system_of(told),
        platform=platform,
        ping_status=told.get("PingStatus", ""),
        agent_version=told.get("AgentVersion", ""),
        role=told.get("IamRole", ""),
        tags={},
    )


def operating_system_of(told: Mapping[str, Any]) -> str:
    """The OperatingSystem enum value of DescribeInstanceInformation's platform facts; "" when none fits."""
    if told.get("PlatformType") == "Windows":
        return "WINDOWS"
    name, version = str(told.get("PlatformName", "")).lower(), str(told.get("PlatformVersion", ""))
    for part, beginning, system in SYSTEMS_BY_PLATFORM:
        if part in name and beginning in ("", version.split(".")[0]):
            return system
    return ""
