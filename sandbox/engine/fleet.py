"""The nodes: EC2 instances and hybrid machines, and what is installed on them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sandbox.engine.places import ByPlace
from sandbox.engine.systems import CURRENT_AGENT, SYSTEMS, System

if TYPE_CHECKING:
    from sandbox.engine.endpoints import Endpoint
    from sandbox.engine.reports import CustomReport, Report

CORE_POLICY = "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"
STATES = ("running", "stopped", "terminated")
REBOOT_TAKES = timedelta(minutes=2)


@dataclass
class Node:
    """One machine. `trouble` is what ails it, "" when it is well; until `patched_until` its image had every patch.

    `unpatchable` names the packages (or KB numbers) that will not install on it; its own clock, by which it dates what
    it reports, is `clock_ahead` of AWS's, or behind it.
    """

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
    unpatchable: tuple[str, ...] = ()
    clock_ahead: timedelta = timedelta(0)
    agent_version: str = CURRENT_AGENT
    contact: str = "Online"  # or ConnectionLost; Inactive is AWS's old word for it
    lost_at: datetime | None = None
    away_until: datetime | None = None
    ran_at: datetime | None = None
    installed_without_reboot_at: datetime | None = None
    source_id: str = ""  # of a machine in another cloud
    source_type: str = ""
    activation_id: str = ""

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

    def ping_at(self, moment: datetime) -> str:
        """PingStatus of a running node: ConnectionLost while it is away."""
        return "ConnectionLost" if self.away_until and moment < self.away_until else self.contact

    def is_reachable(self, moment: datetime) -> bool:
        """Whether a command gets to the node now."""
        return self.state == "running" and self.ping_at(moment) == "Online"

    def reboot(self, moment: datetime) -> None:
        """Start again: what waited for it takes effect, and the node is away for a while."""
        self.pending_reboot.clear()
        self.away_until = moment + REBOOT_TAKES


@dataclass
class Fleet:
    """All nodes by id."""

    nodes: ByPlace[Node] = field(default_factory=ByPlace)
    changed_at: dict[str, datetime] = field(default_factory=dict)
    reports: dict[str, Report] = field(default_factory=dict)
    custom: dict[str, dict[str, CustomReport]] = field(default_factory=dict)
    endpoints: dict[tuple[str, str], Endpoint] = field(default_factory=dict)
    tokens: dict[tuple[str, str, str], list[str]] = field(default_factory=dict)  # what each request made, by its token

    def add(self, node: Node) -> None:
        """A new machine."""
        self.nodes[node.instance_id] = node

    def within(self, account_id: str, region: str) -> Iterator[Node]:
        """The machines of one account and Region that were not terminated."""
        return (node for node in self.nodes.within(account_id, region) if node.state != "terminated")

    def set_state(self, instance_id: str, state: str, at: datetime) -> None:
        """running, stopped or terminated; raises ValueError for another word and KeyError for no such node."""
        if state not in STATES:
            raise ValueError("state is running, stopped or terminated")
        node = self.nodes[instance_id]
        if state == node.state:
            return
        if state == "running":
            node.pending_reboot.clear()
        node.state = state
        self.changed_at[instance_id] = at

    def set_contact(self, instance_id: str, contact: str, at: datetime) -> None:
        """Online or ConnectionLost (or Inactive); raises ValueError for another word and KeyError for no such node."""
        if contact not in ("Online", "ConnectionLost", "Inactive"):
            raise ValueError("contact is Online, ConnectionLost or Inactive")
        node = self.nodes[instance_id]
        node.contact, node.lost_at = contact, None if contact == "Online" else at

    def forget(self, instance_id: str) -> None:
        """A hybrid machine is deregistered: what was known of it goes with it. Raises KeyError for no such node."""
        del self.nodes[instance_id]
        self.changed_at.pop(instance_id, None)
        self.reports.pop(instance_id, None)
        self.custom.pop(instance_id, None)
