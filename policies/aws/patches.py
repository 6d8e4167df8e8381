"""The patches of one node that its newest report names, asked for when somebody opens them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from policies.aws.connect import Aws
from policies.aws.errors import asking

PERMISSIONS = {"ssm:DescribeInstancePatches"}

PAGE = 50
WANTING = ("Missing", "Failed", "InstalledPendingReboot", "InstalledRejected")
"""The states that are not compliant ("Understanding patch compliance state values")."""
STATES = (*WANTING, "Installed", "InstalledOther", "NotApplicable", "AvailableSecurityUpdate")
NEVER = datetime(1970, 1, 2, tzinfo=UTC)
"""AWS tells a moment before it as InstalledTime of a patch that is not installed."""


@dataclass(frozen=True)
class PatchFact:
    """One patch on a node; `cves` are ids of the CVE list, told of missing and failed patches alone."""

    title: str
    kb_id: str
    classification: str
    severity: str
    state: str
    installed_at: datetime | None
    cves: tuple[str, ...]


@dataclass(frozen=True)
class PatchPage:
    """At most fifty patches; `next_token` leads to more, "" at the end."""

    rows: tuple[PatchFact, ...]
    next_token: str


def list_patches(aws: Aws, region: str, instance_id: str, state: str = "", token: str = "") -> PatchPage:
    """A page of a node's patches: those that are not compliant, or those in one state."""
    states = [state] if state else list(WANTING)
    more = {"NextToken": token} if token else {}
    with asking("ssm:DescribeInstancePatches"):
        told = aws.client("ssm", region).describe_instance_patches(
            InstanceId=instance_id, MaxResults=PAGE, Filters=[{"Key": "State", "Values": states}], **more
        )
    return PatchPage(tuple(_fact(patch) for patch in told["Patches"]), told.get("NextToken", ""))


def _fact(told: Mapping[str, Any]) -> PatchFact:
    installed_at = told.get("InstalledTime")
    return PatchFact(
        title=told.get("Title", ""),
        kb_id=told.get("KBId", ""),
        classification=told.get("Classification", ""),
        severity=told.get("Severity", ""),
        state=told.get("State", ""),
        installed_at=installed_at if installed_at and installed_at > NEVER else None,
        cves=tuple(cve.strip() for cve in told.get("CVEIds", "").split(",") if cve.strip()),
    )
