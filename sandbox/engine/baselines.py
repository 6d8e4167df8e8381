"""Patch baselines: AWS's predefined ones in every account and Region, and those that accounts make themselves."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

AWS_ACCOUNT = "075727635805"
MADE_AT = datetime(2026, 1, 1, tzinfo=UTC)

Baseline = dict[str, Any]


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
    "WINDOWS": (
        "AWS-DefaultPatchBaseline",
        [
            _rule(
                {"PRODUCT": ["*"], "CLASSIFICATION": ["CriticalUpdates", "SecurityUpdates"],
                 "MSRC_SEVERITY": ["Critical", "Important"]},
                7,
            )
        ],
    ),
}  # fmt: skip


@dataclass
class BaselineBook:
    """The custom baselines of each account and Region; AWS's own are computed."""

    custom: dict[tuple[str, str], dict[str, Baseline]] = field(default_factory=dict)

    def of(self, account_id: str, region: str) -> Iterator[Baseline]:
        """AWS's baselines of the Region, then the account's own."""
        yield from (predefined(system, region) for system in PREDEFINED)
        yield from self.custom.get((account_id, region), {}).values()

    def find(self, account_id: str, region: str, baseline_id: str) -> Baseline | None:
        """A baseline by its id or full ARN, as seen from one account and Region."""
        return next((b for b in self.of(account_id, region) if b["BaselineId"] == baseline_id), None)


def predefined(operating_system: str, region: str) -> Baseline:
    """AWS's baseline of an operating system; its id differs from Region to Region."""
    name, rules = PREDEFINED[operating_system]
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
