"""Patch baselines: AWS's predefined ones in every account and Region, and those that accounts make themselves; which is
the default of an operating system, which a patch group has, and the snapshots in which rules stand still.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sandbox.engine.fleet import Node

AWS_ACCOUNT = "075727635805"
MADE_AT = datetime(2026, 1, 1, tzinfo=UTC)

SNAPSHOT_LASTS = timedelta(days=3)
GROUP_TAGS = ("Patch Group", "PatchGroup")

Baseline = dict[str, Any]
Place = tuple[str, str]


def _rule(filters: dict[str, list[str]], days: int, *, non_security: bool = False) -> dict[str, Any]:
    return {
        "PatchFilterGroup": {"PatchFilters": [{"Key": k, "Values": v} for k, v in filters.items()]},
        "ComplianceLevel": "UNSPECIFIED",
        "ApproveAfterDays": days,
        "EnableNonSecurity": non_security,
    }


def _security_and_bugfix(severities: list[str]) -> list[dict[str, Any]]:
    return [
        _rule({"PRODUCT": ["*"], "CLASSIFICATION": ["Security"], "SEVERITY": severities}, 7),
        _rule({"PRODUCT": ["*"], "CLASSIFICATION": ["Bugfix"]}, 7),
    ]


_LINUX = _security_and_bugfix(["Critical", "Important"])
_PRIORITIES = [_rule({"PRODUCT": ["*"], "PRIORITY": ["Required", "Important", "Standard", "Optional", "Extra"]}, 0)]
_WINDOWS = {"PRODUCT": ["*"], "CLASSIFICATION": ["CriticalUpdates", "SecurityUpdates"],
            "MSRC_SEVERITY": ["Critical", "Important"]}  # fmt: skip
PREDEFINED: dict[str, tuple[str, list[dict[str, Any]]]] = {
    "ALMA_LINUX": ("AWS-AlmaLinuxDefaultPatchBaseline", _LINUX),
    "AMAZON_LINUX_2": ("AWS-AmazonLinux2DefaultPatchBaseline", _LINUX),
    "AMAZON_LINUX_2023": ("AWS-AmazonLinux2023DefaultPatchBaseline", _LINUX),
    "CENTOS": ("AWS-CentOSDefaultPatchBaseline", [_rule({"PRODUCT": ["*"]}, 7, non_security=True)]),
    "DEBIAN": ("AWS-DebianDefaultPatchBaseline", _PRIORITIES),
    "MACOS": ("AWS-MacOSDefaultPatchBaseline", [_rule({"PRODUCT": ["*"], "CLASSIFICATION": ["*"]}, 0)]),
    "ORACLE_LINUX": ("AWS-OracleLinuxDefaultPatchBaseline", _security_and_bugfix(["Important", "Moderate"])),
    "REDHAT_ENTERPRISE_LINUX": ("AWS-RedHatDefaultPatchBaseline", _LINUX),
    "ROCKY_LINUX": ("AWS-RockyLinuxDefaultPatchBaseline", _LINUX),
    "SUSE": ("AWS-SuseDefaultPatchBaseline", _LINUX[:1]),
    "UBUNTU": ("AWS-UbuntuDefaultPatchBaseline", _PRIORITIES),
    "WINDOWS": ("AWS-DefaultPatchBaseline", [_rule(_WINDOWS, 7)]),
}  # fmt: skip


OTHERS: tuple[tuple[str, str, list[dict[str, Any]]], ...] = (
    ("AWS-WindowsPredefinedPatchBaseline-OS", "WINDOWS", [_rule(_WINDOWS, 7)]),
    ("AWS-WindowsPredefinedPatchBaseline-OS-Applications", "WINDOWS",
     [_rule({"PATCH_SET": ["OS"], **_WINDOWS}, 7), _rule({"PATCH_SET": ["APPLICATION"], "PRODUCT": ["*"]}, 7)]),
)  # fmt: skip
"""AWS's baselines that are no operating system's default."""


@dataclass(frozen=True)
class Snapshot:
    """Rules as they were evaluated at a moment, and the id of the baseline they came from."""

    rules: str
    baseline_id: str
    evaluated_at: datetime


def patch_group_of(node: Node) -> str:
    """The patch group that a node's tags put it in; "" for none."""
    return next((node.tags[tag] for tag in GROUP_TAGS if tag in node.tags), "")


@dataclass
class BaselineBook:
    """The custom baselines of each account and Region; AWS's own are computed.

    `defaults` and `groups` hold only what an account chose: baseline ids by operating system, and by patch group and
    operating system.
    """

    custom: dict[Place, dict[str, Baseline]] = field(default_factory=dict)
    defaults: dict[Place, dict[str, str]] = field(default_factory=dict)
    groups: dict[Place, dict[tuple[str, str], str]] = field(default_factory=dict)
    snapshots: dict[tuple[str, str, str, str], Snapshot] = field(default_factory=dict)
    tokens: dict[tuple[str, str, str], tuple[str, str]] = field(default_factory=dict)
    tags: dict[tuple[str, str, str], dict[str, str]] = field(default_factory=dict)

    def of(self, account_id: str, region: str) -> Iterator[Baseline]:
        """AWS's baselines of the Region, then the account's own."""
        yield from (predefined(system, region) for system in PREDEFINED)
        yield from (_provided(name, system, rules, region) for name, system, rules in OTHERS)
        yield from self.custom.get((account_id, region), {}).values()

    def find(self, account_id: str, region: str, baseline_id: str) -> Baseline | None:
        """A baseline by its id or full ARN, as seen from one account and Region."""
        own = self.custom.get((account_id, region), {})
        if not baseline_id.startswith("arn:"):
            return own.get(baseline_id)
        return next((b for b in self.of(account_id, region) if b["BaselineId"] == baseline_id), None)

    def default_of(self, account_id: str, region: str, operating_system: str) -> Baseline | None:
        """The default baseline of an operating system; None where AWS provides none and the account chose none."""
        chosen = self.defaults.get((account_id, region), {}).get(operating_system)
        if chosen:
            return self.find(account_id, region, chosen)
        return predefined(operating_system, region) if operating_system in PREDEFINED else None

    def of_group(self, account_id: str, region: str, group: str, operating_system: str) -> Baseline | None:
        """The baseline registered for a patch group, else the default."""
        chosen = self.groups.get((account_id, region), {}).get((group, operating_system))
        if chosen:
            return self.find(account_id, region, chosen)
        return self.default_of(account_id, region, operating_system)

    def of_node(self, node: Node) -> Baseline | None:
        """The baseline that a node without an override is judged by."""
        return self.of_group(node.account_id, node.region, patch_group_of(node), node.operating_system)

    def groups_of(self, account_id: str, region: str, baseline_id: str) -> list[str]:
        """The patch groups that a baseline is registered for."""
        groups = self.groups.get((account_id, region), {})
        return sorted({group for (group, _), chosen in groups.items() if chosen == baseline_id})

    def freeze(self, node: Node, snapshot_id: str, snapshot: Snapshot) -> Snapshot:
        """The snapshot that nodes which share its id are judged by: the first one, for three days (aws-facts 2.2)."""
        key = (node.account_id, node.region, node.operating_system, snapshot_id)
        known = self.snapshots.get(key)
        if known is None or snapshot.evaluated_at - known.evaluated_at > SNAPSHOT_LASTS:
            known = self.snapshots[key] = snapshot
        return known


def predefined(operating_system: str, region: str) -> Baseline:
    """AWS's baseline of an operating system; its id differs from Region to Region."""
    name, rules = PREDEFINED[operating_system]
    return _provided(name, operating_system, rules, region)


def _provided(name: str, operating_system: str, rules: list[dict[str, Any]], region: str) -> Baseline:
    digits = hashlib.sha256(f"{name} {region}".encode()).hexdigest()[:17]
    return {
        "BaselineId": f"arn:aws:ssm:{region}:{AWS_ACCOUNT}:patchbaseline/pb-{digits}",
        "Name": name,
        "OperatingSystem": operating_system,
        "GlobalFilters": {"PatchFilters": []},
        "ApprovalRules": {"PatchRules": rules},
        "ApprovedPatches": [],
        "ApprovedPatchesComplianceLevel": "UNSPECIFIED",
        "ApprovedPatchesEnableNonSecurity": False,
        "RejectedPatches": [],
        "RejectedPatchesAction": "ALLOW_AS_DEPENDENCY",
        "PatchGroups": [],
        "CreatedDate": MADE_AT,
        "ModifiedDate": MADE_AT,
        "Description": f"Default patch baseline for {operating_system}, provided by AWS.",
        "Sources": [],
    }
