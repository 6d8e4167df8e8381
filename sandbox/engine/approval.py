"""Which patches a baseline approves at a moment: the rules of a baseline or of an override, applied."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase
from typing import Any

from sandbox.engine.patches import Patch

Rules = Mapping[str, Any]

FILTER_VALUES = {
    "PRODUCT": lambda patch: patch.product,
    "CLASSIFICATION": lambda patch: patch.classification,
    "SEVERITY": lambda patch: patch.severity,
    "MSRC_SEVERITY": lambda patch: patch.severity,
    "PRIORITY": lambda patch: patch.severity,
    "PATCH_ID": lambda patch: patch.patch_id,
}


@dataclass(frozen=True)
class Approved:
    """A patch that is approved, and the compliance level it counts with."""

    patch: Patch
    level: str


def approve(rules: Rules, patches: Iterable[Patch], at: datetime) -> list[Approved]:
    """The patches that a baseline approves at a moment; a patch both approved and rejected is rejected."""
    return [Approved(patch, level) for patch in patches if (level := _level(rules, patch, at))]


def is_rejected(rules: Rules, patch: Patch) -> bool:
    """Whether the baseline's list of rejected patches names it."""
    return _named(patch, rules.get("RejectedPatches") or [])


def _level(rules: Rules, patch: Patch, at: datetime) -> str:
    if is_rejected(rules, patch):
        return ""
    if _named(patch, rules.get("ApprovedPatches") or []):
        return str(rules.get("ApprovedPatchesComplianceLevel") or "UNSPECIFIED")
    if not _passes(rules.get("GlobalFilters"), patch):
        return ""
    for rule in (rules.get("ApprovalRules") or {}).get("PatchRules", []):
        if _rule_approves(rule, patch, at):
            return str(rule.get("ComplianceLevel") or "UNSPECIFIED")
    return ""


def _rule_approves(rule: Rules, patch: Patch, at: datetime) -> bool:
    if not rule.get("EnableNonSecurity") and patch.classification == "Other":
        return False
    if not _passes(rule.get("PatchFilterGroup"), patch):
        return False
    if rule.get("ApproveUntilDate"):
        until = datetime.fromisoformat(rule["ApproveUntilDate"]).replace(tzinfo=UTC) + timedelta(days=1)
        return patch.released_at < until
    return patch.released_at + timedelta(days=int(rule.get("ApproveAfterDays") or 0)) <= at


def _passes(group: Rules | None, patch: Patch) -> bool:
    """Filters are joined by "and", the values of one by "or"; a key the catalogue does not carry excludes nothing."""
    for wanted in (group or {}).get("PatchFilters", []):
        read = FILTER_VALUES.get(wanted["Key"])
        if read and "*" not in wanted["Values"] and patch.product != "*" and wanted["Key"] == "PRODUCT":
            if patch.product not in wanted["Values"]:
                return False
        elif (
            read and wanted["Key"] != "PRODUCT" and "*" not in wanted["Values"] and read(patch) not in wanted["Values"]
        ):
            return False
    return True


def _named(patch: Patch, names: Iterable[str]) -> bool:
    return any(fnmatchcase(patch.patch_id, name) or fnmatchcase(patch.title, name) for name in names)
