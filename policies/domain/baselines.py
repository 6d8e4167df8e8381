"""Patch baselines as rules, and the override file made from them (aws-facts 2.1 and 6).

The file holds one object for each operating system; its keys and limits are the API's BaselineOverride.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from policies.domain.canonical import canonical

OPERATING_SYSTEMS: Mapping[str, str] = {
    "ALMA_LINUX": "AlmaLinux",
    "AMAZON_LINUX": "Amazon Linux",
    "AMAZON_LINUX_2": "Amazon Linux 2",
    "AMAZON_LINUX_2022": "Amazon Linux 2022",
    "AMAZON_LINUX_2023": "Amazon Linux 2023",
    "CENTOS": "CentOS",
    "DEBIAN": "Debian Server",
    "MACOS": "macOS",
    "ORACLE_LINUX": "Oracle Linux",
    "RASPBIAN": "Raspberry Pi OS",
    "REDHAT_ENTERPRISE_LINUX": "Red Hat Enterprise Linux",
    "ROCKY_LINUX": "Rocky Linux",
    "SUSE": "SUSE Linux Enterprise Server",
    "UBUNTU": "Ubuntu Server",
    "WINDOWS": "Windows Server",
}
"""The API's OperatingSystem values and their names, which are names in every language."""


@dataclass(frozen=True)
class PatchFilter:
    """Which patches: a PatchFilterKey (PRODUCT, CLASSIFICATION, SEVERITY ...) and the values of it that match."""

    key: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class ApprovalRule:
    """Patches that match all filters are approved so many days after release, or when released up to a date.

    Neither is given where the operating system knows no delay (Debian, Ubuntu).
    """

    filters: tuple[PatchFilter, ...]
    compliance_level: str = "UNSPECIFIED"
    approve_after_days: int | None = None
    approve_until_date: str = ""
    enable_non_security: bool = False


@dataclass(frozen=True)
class PatchSource:
    """An alternative repository of a Linux baseline."""

    name: str
    products: tuple[str, ...]
    configuration: str


@dataclass(frozen=True)
class BaselineRules:
    """One baseline as GetPatchBaseline tells it. `available_security_updates` is "" unless Windows and set."""

    baseline_id: str
    name: str
    operating_system: str
    description: str = ""
    global_filters: tuple[PatchFilter, ...] = ()
    rules: tuple[ApprovalRule, ...] = ()
    approved_patches: tuple[str, ...] = ()
    approved_compliance_level: str = "UNSPECIFIED"
    approved_non_security: bool = False
    rejected_patches: tuple[str, ...] = ()
    rejected_action: str = "ALLOW_AS_DEPENDENCY"
    sources: tuple[PatchSource, ...] = ()
    available_security_updates: str = ""


def to_override(baseline: BaselineRules) -> dict[str, Any]:
    """The baseline's object in the override file: the nine keys that nodes forward, and Windows's tenth when set."""
    element: dict[str, Any] = {
        "OperatingSystem": baseline.operating_system,
        "GlobalFilters": _filters_out(baseline.global_filters),
        "ApprovalRules": {"PatchRules": [_rule_out(rule) for rule in baseline.rules]},
        "ApprovedPatches": list(baseline.approved_patches),
        "ApprovedPatchesComplianceLevel": baseline.approved_compliance_level,
        "ApprovedPatchesEnableNonSecurity": baseline.approved_non_security,
        "RejectedPatches": list(baseline.rejected_patches),
        "RejectedPatchesAction": baseline.rejected_action,
        "Sources": [
            {"Name": s.name, "Products": list(s.products), "Configuration": s.configuration} for s in baseline.sources
        ],
    }
    if baseline.available_security_updates:
        element["AvailableSecurityUpdatesComplianceStatus"] = baseline.available_security_updates
    return element


def rules_from_override(element: Mapping[str, Any], baseline_id: str = "", name: str = "") -> BaselineRules:
    """The rules in an override object, or in a GetPatchBaseline answer: both use the same keys.

    The file itself knows neither id nor name. Raises KeyError when OperatingSystem is absent.
    """
    return BaselineRules(
        baseline_id=baseline_id or element.get("BaselineId", ""),
        name=name or element.get("Name", ""),
        operating_system=element["OperatingSystem"],
        description=element.get("Description", ""),
        global_filters=_filters_in(element.get("GlobalFilters")),
        rules=tuple(_rule_in(rule) for rule in (element.get("ApprovalRules") or {}).get("PatchRules", [])),
        approved_patches=tuple(element.get("ApprovedPatches", ())),
        approved_compliance_level=element.get("ApprovedPatchesComplianceLevel", "UNSPECIFIED"),
        approved_non_security=element.get("ApprovedPatchesEnableNonSecurity", False),
        rejected_patches=tuple(element.get("RejectedPatches", ())),
        rejected_action=element.get("RejectedPatchesAction", "ALLOW_AS_DEPENDENCY"),
        sources=tuple(
            PatchSource(s["Name"], tuple(s["Products"]), s["Configuration"]) for s in element.get("Sources", ())
        ),
        available_security_updates=element.get("AvailableSecurityUpdatesComplianceStatus", ""),
    )


def override_body(baselines: Iterable[BaselineRules]) -> str:
    """The whole override file as canonical JSON, operating systems in order.

    Raises ValueError when two baselines are for one operating system: nodes would end with exit code 165.
    """
    ordered = sorted(baselines, key=lambda baseline: baseline.operating_system)
    systems = [baseline.operating_system for baseline in ordered]
    if len(set(systems)) < len(systems):
        raise ValueError(f"more than one baseline for an operating system: {systems}")
    return canonical([to_override(baseline) for baseline in ordered])


def _filters_out(filters: tuple[PatchFilter, ...]) -> dict[str, Any]:
    return {"PatchFilters": [{"Key": f.key, "Values": list(f.values)} for f in filters]}


def _filters_in(group: Mapping[str, Any] | None) -> tuple[PatchFilter, ...]:
    return tuple(PatchFilter(f["Key"], tuple(f["Values"])) for f in (group or {}).get("PatchFilters", []))


def _rule_out(rule: ApprovalRule) -> dict[str, Any]:
    told: dict[str, Any] = {
        "PatchFilterGroup": _filters_out(rule.filters),
        "ComplianceLevel": rule.compliance_level,
        "EnableNonSecurity": rule.enable_non_security,
    }
    if rule.approve_after_days is not None:
        told["ApproveAfterDays"] = rule.approve_after_days
    if rule.approve_until_date:
        told["ApproveUntilDate"] = rule.approve_until_date
    return told


def _rule_in(told: Mapping[str, Any]) -> ApprovalRule:
    return ApprovalRule(
        filters=_filters_in(told["PatchFilterGroup"]),
        compliance_level=told.get("ComplianceLevel", "UNSPECIFIED"),
        approve_after_days=told.get("ApproveAfterDays"),
        approve_until_date=told.get("ApproveUntilDate", ""),
        enable_non_security=told.get("EnableNonSecurity", False),
    )
