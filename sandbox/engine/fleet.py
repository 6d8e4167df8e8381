"""The nodes: EC2 instances and hybrid machines, and what is installed on them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from sandbox.engine.places import ByPlace

if TYPE_CHECKING:
    from sandbox.engine.patching import Report

CORE_POLICY = "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"


@dataclass(frozen=True)
class System:
    """An operating system as DescribeInstanceInformation tells it."""

    operating_system: str
    platform_type: str
    platform_name: str
    platform_version: str
    agent_version: str = "3.3.2299.0"


SYSTEMS = {
    system.operating_system: system
    for system in (
        System("AMAZON_LINUX_2023", "Linux", "Amazon Linux", "2023"),
        System("UBUNTU", "Linux", "Ubuntu", "24.04"),
        System("REDHAT_ENTERPRISE_LINUX", "Linux", "Red Hat Enterprise Linux", "9.4"),
        System("WINDOWS", "Windows", "Microsoft Windows Server 2022 Datacenter", "10.0.20348"),
        System("DEBIAN", "Linux", "Debian GNU/Linux", "12"),
        System("ROCKY_LINUX", "Linux", "Rocky Linux", "9.4"),
    )
}


@dataclass
class Node:
    """One machine. `trouble` is what ails it, "" when it is well; until `patched_until` its image had every patch."""

    instance_id: str
    account_id: str
    region: str
    name: str
    operating_system: str
    launched_at: datetime
    tags: dict[str, str]
    profile_name: str = ""
    service_role: str = ""  # hybrid nodes only
    state: str = "running"
    trouble: str = ""
    patched_until: datetime | None = None
    installed: dict[str, datetime] = field(default_factory=dict)
    pending_reboot: set[str] = field(default_factory=set)
    failed: set[str] = field(default_factory=set)

    @property
    def is_hybrid(self) -> bool:
        return self.instance_id.startswith("mi-")

    @property
    def system(self) -> System:
        return SYSTEMS[self.operating_system]

    @property
    def address(self) -> str:
        """A private address, the same for ever."""
        digits = int(self.instance_id[-6:], 16)
        return f"10.{digits >> 16 & 255}.{digits >> 8 & 255}.{digits & 255}"


@dataclass
class Fleet:
    """All nodes by id."""

    nodes: ByPlace[Node] = field(default_factory=ByPlace)
    changed_at: dict[str, datetime] = field(default_factory=dict)
    reports: dict[str, Report] = field(default_factory=dict)

    def add(self, node: Node) -> None:
        """A new machine."""
        self.nodes[node.instance_id] = node

    def within(self, account_id: str, region: str) -> Iterator[Node]:
        """The machines of one account and Region that were not terminated."""
        return (node for node in self.nodes.within(account_id, region) if node.state != "terminated")

    def set_state(self, instance_id: str, state: str, at: datetime) -> None:
        """running, stopped or terminated; raises ValueError for another word and KeyError for no such node."""
        if state not in ("running", "stopped", "terminated"):
            raise ValueError("state is running, stopped or terminated")
        self.nodes[instance_id].state = state
        self.changed_at[instance_id] = at
