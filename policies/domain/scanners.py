"""Who else scans nodes: associations besides ours that run a patching document (aws-facts 7.2).

The newest scan wins: another scanner with another baseline writes over what a policy found.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

PATCH_DOCUMENTS = frozenset(
    {"AWS-RunPatchBaseline", "AWS-RunPatchBaselineAssociation", "AWS-RunPatchBaselineWithHooks"}
)
HOST_MANAGEMENT = re.compile(r"AWS-QuickSetup-SSMHostMgmt-ScanForPatches-\w+")
PATCH_POLICY = re.compile(r"AWS-QuickSetup-PatchPolicy-\w+-(?:TA|MA|LA)-[a-z0-9]{5}")
PATCH_NOW = re.compile(r"AWS-PatchNowAssociation|AWS-PatchRebootAssociation")
RUN_BY_COMMAND = "Command"
"""ExecutionType of a result that Run Command or a maintenance window wrote; a policy writes PatchPolicy."""


class ScannerKind(StrEnum):
    """What made an association that patches."""

    HOST_MANAGEMENT = "host-management"
    PATCH_POLICY = "patch-policy"
    PATCH_NOW = "patch-now"
    ASSOCIATION = "association"


@dataclass(frozen=True)
class Target:
    """One target of an association: `key` is InstanceIds, tag:NAME, tag-key, resource-groups:Name ..."""

    key: str
    values: tuple[str, ...]


def kind_of(association_name: str) -> ScannerKind:
    """What an association's name says of its maker."""
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
