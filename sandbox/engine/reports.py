"""What a node told after a run, and what others told of it: the sources of all compliance data.

The newest run of a node overwrites what an older one told (aws-facts 7.2).
"""

from __future__ import annotations

import functools
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

LEVELS = ("CRITICAL", "HIGH", "MEDIUM", "LOW", "INFORMATIONAL", "UNSPECIFIED")


class PatchState(StrEnum):
    """State of a patch on a node, as DescribeInstancePatches answers it (its model writes the words otherwise)."""

    INSTALLED = "Installed"
    INSTALLED_OTHER = "InstalledOther"
    INSTALLED_REJECTED = "InstalledRejected"
    INSTALLED_PENDING_REBOOT = "InstalledPendingReboot"
    MISSING = "Missing"
    FAILED = "Failed"
    AVAILABLE_SECURITY_UPDATE = "AvailableSecurityUpdate"


@dataclass(frozen=True)
class Finding:
    """A patch that keeps a node from being compliant (or, when it is only available, may do so)."""

    patch_id: str
    state: PatchState
    level: str
    is_security: bool
    is_compliant: bool = False


@functools.lru_cache(maxsize=16_384)
def make_finding(
    patch_id: str, state: PatchState, level: str, is_security: bool, is_compliant: bool = False
) -> Finding:
    """A finding; all nodes with the same one share it."""
    return Finding(patch_id, state, level, is_security, is_compliant)


@dataclass(frozen=True)
class Report:
    """What a node tells after a run: InstancePatchState's facts, and a finding for each patch that is not in order.

    `rules` are those it was judged by; `compliant` counts its patches in order by level, as LEVELS lists them.
    """

    operation: str
    baseline_id: str
    snapshot_id: str
    execution_type: str
    execution_id: str
    started_at: datetime
    ended_at: datetime
    reboot_option: str
    rules: str
    findings: tuple[Finding, ...]
    compliant: tuple[int, ...]
    installed: int
    installed_other: int
    not_applicable: int
    patch_group: str = ""
    install_override_list: str = ""
    last_no_reboot_at: datetime | None = None

    def of_state(self, state: PatchState) -> tuple[str, ...]:
        """The ids of the patches in a state that is not in order."""
        return tuple(f.patch_id for f in self.findings if f.state == state)

    @property
    def missing(self) -> tuple[str, ...]:
        return self.of_state(PatchState.MISSING)

    @property
    def failed(self) -> tuple[str, ...]:
        return self.of_state(PatchState.FAILED)

    @property
    def pending_reboot(self) -> tuple[str, ...]:
        return self.of_state(PatchState.INSTALLED_PENDING_REBOOT)

    @property
    def state_counts(self) -> dict[str, int]:
        """How many patches are in each state, in the words of InstancePatchState."""
        return {
            "InstalledCount": self.installed,
            "InstalledOtherCount": self.installed_other,
            "InstalledPendingRebootCount": len(self.pending_reboot),
            "InstalledRejectedCount": len(self.of_state(PatchState.INSTALLED_REJECTED)),
            "MissingCount": len(self.missing),
            "FailedCount": len(self.failed),
            "NotApplicableCount": self.not_applicable,
        }

    @property
    def wrong(self) -> tuple[Finding, ...]:
        """The findings that make the node non-compliant."""
        return tuple(f for f in self.findings if not f.is_compliant)

    @functools.cached_property
    def wrong_counts(self) -> tuple[int, ...]:
        """How many of them are of each level, as LEVELS lists them."""
        counted = Counter(finding.level for finding in self.wrong)
        return tuple(counted[level] for level in LEVELS)


@dataclass(frozen=True)
class CustomReport:
    """What someone put with PutComplianceItems: one custom type of one node."""

    items: tuple[dict[str, Any], ...]
    summary: dict[str, Any]
