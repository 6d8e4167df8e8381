"""Who else scans nodes: associations besides ours that run a patching document (aws-facts 7.2).

The newest scan wins: another scanner with another baseline writes over what a policy found.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
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
    ScannerKind.COMMAND: Sentence(N_("Run Command")),
}
"""Each kind in words."""


@dataclass(frozen=True)
class Target:
    """One target of an association: `key` is InstanceIds, tag:NAME, tag-key, resource-groups:Name ..."""

    key: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class Seen:
    """A scanner that reaches a node, and when it last ran."""

    kind: ScannerKind
    name: str
    last_run_at: datetime | None


def who_ran(execution_type: str, started_at: datetime, scanners: Iterable[Seen]) -> tuple[ScannerKind, str]:
    """Which of the scanners that reach a node made a result that began then, and its name.

    The one that ran last before it. Without one, a result of type PatchPolicy is a foreign policy's, any other is Run
    Command's. AWS tells the command of a result, not who sent it: this goes by time (aws-facts 7.2, signals 3, 5).
    """
    is_policy = execution_type == RUN_BY_POLICY
    fitting = [
        (scanner.last_run_at, scanner)
        for scanner in scanners
        if (scanner.kind is ScannerKind.PATCH_POLICY) == is_policy
        and scanner.last_run_at
        and timedelta(0) <= started_at - scanner.last_run_at <= LATEST_START
    ]
    if fitting:
        found = max(fitting, key=lambda pair: pair[0])[1]
        return found.kind, found.name
    return (ScannerKind.PATCH_POLICY if is_policy else ScannerKind.COMMAND), ""


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


def reaches(targets: Iterable[Target], instance_id: str, tags: Mapping[str, str]) -> bool:
    """Whether an association with these targets runs on a node: all of them must fit (aws-facts 4.2).

    A target that only AWS can resolve, such as a resource group, counts as not reaching: `is_told_by_aws` finds it.
    """
    wanted = tuple(targets)
    return bool(wanted) and all(_fits(target, instance_id, tags) for target in wanted)


def is_told_by_aws(targets: Iterable[Target]) -> bool:
    """Whether a target names something whose members only AWS knows."""
    return any(target.key.startswith("resource-groups:") for target in targets)


def _fits(target: Target, instance_id: str, tags: Mapping[str, str]) -> bool:
    if target.key.lower() == "instanceids":
        return "*" in target.values or instance_id in target.values
    if target.key == "tag-key":
        return any(value in tags for value in target.values)
    if target.key.startswith("tag:"):
        return tags.get(target.key.removeprefix("tag:")) in target.values
    return False
