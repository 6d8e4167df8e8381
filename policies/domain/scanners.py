"""Who else scans nodes: associations besides ours, maintenance windows, people by Run Command (aws-facts 7.2).

The newest scan wins: another scanner with another baseline writes over what a policy found.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from policies.domain.sentence import N_, Sentence

PATCH_DOCUMENTS = frozenset(
    {"AWS-RunPatchBaseline", "AWS-RunPatchBaselineAssociation", "AWS-RunPatchBaselineWithHooks"}
)
HOST_MANAGEMENT = re.compile(r"AWS-QuickSetup-SSMHostMgmt-ScanForPatches-\w+")
PATCH_POLICY = re.compile(r"AWS-QuickSetup-PatchPolicy-\w+-(?:TA|MA|LA)-[a-z0-9]{5}")
PATCH_NOW = re.compile(r"AWS-PatchNowAssociation|AWS-PatchRebootAssociation")
RUN_BY_COMMAND, RUN_BY_POLICY = "Command", "PatchPolicy"
"""ExecutionType of a result that a policy wrote, and of one that anything else did."""
WINDOW = "AWS::SSM::MaintenanceWindow"
"""Stands for the document of a maintenance window that patches."""
LATEST_START = timedelta(hours=2)
"""How long after its beginning a run may reach a node: commands are delivered until they expire."""
CLOCK_BEHIND = timedelta(minutes=15)
"""How far a node's clock may be behind AWS's: AWS refuses requests that are signed by one that differs by more."""


class ScannerKind(StrEnum):
    """Who scans: POLICY is one of the portal's own, PATCH_POLICY a policy that it did not make, the rest are others."""

    POLICY = "policy"
    HOST_MANAGEMENT = "host-management"
    PATCH_POLICY = "patch-policy"
    PATCH_NOW = "patch-now"
    ASSOCIATION = "association"
    MAINTENANCE_WINDOW = "maintenance-window"
    COMMAND = "command"


SCANNER_WORDS: Mapping[ScannerKind, Sentence] = {
    ScannerKind.POLICY: Sentence(N_("Patch policy")),
    ScannerKind.HOST_MANAGEMENT: Sentence(N_("Host Management")),
    ScannerKind.PATCH_POLICY: Sentence(N_("Patch policy that this portal did not make")),
    ScannerKind.PATCH_NOW: Sentence(N_("Patch now")),
    ScannerKind.ASSOCIATION: Sentence(N_("Another association")),
    ScannerKind.MAINTENANCE_WINDOW: Sentence(N_("Maintenance window")),
    ScannerKind.COMMAND: Sentence(N_("Run Command, or a scanner that is gone")),
}
"""Each kind in words."""


@dataclass(frozen=True)
class Target:
    """One target of an association: `key` is InstanceIds, tag:NAME, tag-key, resource-groups:Name ..."""

    key: str
    values: tuple[str, ...]


Reach = tuple[tuple[Target, ...], ...]
"""Alternatives, of which a node must fit one: an association has one alone, a maintenance window one a target."""


def unknown_sender(execution_type: str, patch_group: str, install_list: str) -> ScannerKind:
    """Who made a result whose command no scanner that stands is known to have sent (aws-facts 7.2, signals 1, 4, 7).

    A policy's run has neither a patch group nor an InstallOverrideList, whatever its type.
    """
    is_of_policy = execution_type == RUN_BY_POLICY and not (patch_group or install_list)
    return ScannerKind.PATCH_POLICY if is_of_policy else ScannerKind.COMMAND


def may_have_sent(kind: ScannerKind, execution_type: str) -> bool:
    """Whether results of this ExecutionType can be of a command that such a scanner sent."""
    return (kind is ScannerKind.PATCH_POLICY) == (execution_type == RUN_BY_POLICY)


def is_near(began_at: datetime, started_at: datetime) -> bool:
    """Whether a run that began then may have reached a node at `started_at` by the node's own clock."""
    return -CLOCK_BEHIND <= started_at - began_at <= LATEST_START


def kind_of(association_name: str, document: str = "") -> ScannerKind:
    """What a scanner's name says of its maker; `document` is what it runs, WINDOW of a maintenance window."""
    if document == WINDOW:
        return ScannerKind.MAINTENANCE_WINDOW
    if HOST_MANAGEMENT.fullmatch(association_name):
        return ScannerKind.HOST_MANAGEMENT
    if PATCH_POLICY.fullmatch(association_name):
        return ScannerKind.PATCH_POLICY
    # The name of Patch now's own association is UNVERIFIED; nothing but a word on the page depends on it.
    if PATCH_NOW.fullmatch(association_name):
        return ScannerKind.PATCH_NOW
    return ScannerKind.ASSOCIATION


def patches(association_name: str, document: str) -> bool:
    """Whether an association writes over findings: by its document, or as Patch now's reboot, whose is not known."""
    return document in PATCH_DOCUMENTS or bool(PATCH_NOW.fullmatch(association_name))


def reaches(reach: Reach, instance_id: str, tags: Mapping[str, str]) -> bool:
    """Whether a scanner runs on a node: all targets of one of its alternatives fit (aws-facts 4.2).

    A target that only AWS can resolve, such as a resource group, counts as not reaching: `is_told_by_aws` finds it.
    """
    return any(targets and all(_fits(target, instance_id, tags) for target in targets) for targets in reach)


def is_told_by_aws(reach: Reach) -> bool:
    """Whether a target names something whose members only AWS knows."""
    return any(target.key.startswith("resource-groups:") for targets in reach for target in targets)


def _fits(target: Target, instance_id: str, tags: Mapping[str, str]) -> bool:
    if target.key.lower() == "instanceids":
        return "*" in target.values or instance_id in target.values
    if target.key == "tag-key":
        return any(value in tags for value in target.values)
    if target.key.startswith("tag:"):
        return tags.get(target.key.removeprefix("tag:")) in target.values
    return False
