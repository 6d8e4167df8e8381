"""Which patches a baseline approves, from when on, and with which compliance level: the rules of a baseline or of an
override, applied to a catalogue.

One clear rule: a patch is taken by a filter group when each of its filters names the patch's value of that key, or *.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase
from typing import Any

from sandbox.engine.patches import Patch, published
from sandbox.engine.systems import SYSTEMS, Packaging

Rules = Mapping[str, Any]
Read = Callable[[Patch], tuple[str, ...]]

_COMMON: dict[str, Read] = {"PRODUCT": lambda p: (p.product,), "CLASSIFICATION": lambda p: (p.classification,)}
_PACKAGE: dict[str, Read] = {
    "NAME": lambda p: (p.name,),
    "VERSION": lambda p: (p.version,),
    "CVE_ID": lambda p: p.cves,
    "PATCH_ID": lambda p: (p.kb_id, p.patch_id),
}
FILTERS: dict[Packaging, dict[str, Read]] = {
    Packaging.RPM: {
        **_COMMON,
        **_PACKAGE,
        "SEVERITY": lambda p: (p.severity,),
        "SECURITY": lambda p: (str(p.is_security),),
        "ARCH": lambda p: (p.kb_id.rpartition(".")[2],),
    },
    Packaging.DEB: {
        "PRODUCT": _COMMON["PRODUCT"],
        **_PACKAGE,
        "PRIORITY": lambda p: (p.severity,),
        "SECTION": lambda p: (p.section,),
    },
    Packaging.MACOS: {**_COMMON, "PATCH_ID": _PACKAGE["PATCH_ID"]},
    Packaging.WINDOWS: {
        **_COMMON,
        "PRODUCT_FAMILY": lambda p: (p.product_family,),
        "MSRC_SEVERITY": lambda p: (p.severity,),
        "PATCH_SET": lambda p: (p.patch_set,),
        "PATCH_ID": _PACKAGE["PATCH_ID"],
    },
}
"""The filter keys of each kind of packaging, and how a patch answers them (aws-facts 6.3)."""


DECISIVE = (
    "GlobalFilters", "ApprovalRules", "ApprovedPatches", "ApprovedPatchesComplianceLevel",
    "ApprovedPatchesEnableNonSecurity", "RejectedPatches", "RejectedPatchesAction",
    "AvailableSecurityUpdatesComplianceStatus",
)  # fmt: skip


@dataclass(frozen=True)
class Ruling:
    """What a baseline says of a patch: approved from a moment on (None: never), with a level; or rejected."""

    patch: Patch
    level: str
    approved_at: datetime | None
    is_rejected: bool = False
    is_explicit: bool = False

    def is_approved(self, moment: datetime) -> bool:
        """Whether the patch may be installed at a moment."""
        return self.approved_at is not None and self.approved_at <= moment


def write_rules(rules: Rules) -> str:
    """What of a baseline decides, as a text that is the same for the same rules: the key that `judge` takes."""
    return json.dumps({name: rules[name] for name in DECISIVE if rules.get(name)}, sort_keys=True)


@functools.lru_cache(maxsize=256)
def read_rules(text: str) -> Rules:
    """The rules that `write_rules` wrote."""
    rules: Rules = json.loads(text)
    return rules


@functools.lru_cache(maxsize=256)
def judge(rules_text: str, seed: int, operating_system: str, until_day: int) -> tuple[Ruling, ...]:
    """A ruling for each patch that an operating system's vendor published up to a day, oldest first."""
    rules, packaging = read_rules(rules_text), SYSTEMS[operating_system].packaging
    return tuple(_rule_on(rules, packaging, patch) for patch in published(seed, operating_system, until_day))


def _rule_on(rules: Rules, packaging: Packaging, patch: Patch) -> Ruling:
    """A patch that is both approved and rejected is rejected."""
    if is_named(patch, rules.get("RejectedPatches") or []):
        return Ruling(patch, "UNSPECIFIED", None, is_rejected=True, is_explicit=True)
    if is_named(patch, rules.get("ApprovedPatches") or []) and _may_be_named(rules, packaging, patch):
        level = str(rules.get("ApprovedPatchesComplianceLevel") or "UNSPECIFIED")
        return Ruling(patch, level, patch.released_at, is_explicit=True)
    if not passes(packaging, rules.get("GlobalFilters"), patch):
        return Ruling(patch, "UNSPECIFIED", None)
    taking = [r for r in (rules.get("ApprovalRules") or {}).get("PatchRules", []) if _takes(packaging, r, patch)]
    moments = [(at, rule) for rule in taking if (at := _approval_moment(packaging, rule, patch))]
    if not moments:
        return Ruling(patch, "UNSPECIFIED", None)
    at, rule = min(moments, key=lambda moment: moment[0])
    return Ruling(patch, str(rule.get("ComplianceLevel") or "UNSPECIFIED"), at)


def _may_be_named(rules: Rules, packaging: Packaging, patch: Patch) -> bool:
    """Linux: a patch without an advisory is taken from the list only when the baseline says so."""
    is_linux = packaging in (Packaging.RPM, Packaging.DEB)
    return patch.is_advised or not is_linux or bool(rules.get("ApprovedPatchesEnableNonSecurity"))


def _takes(packaging: Packaging, rule: Rules, patch: Patch) -> bool:
    group = rule.get("PatchFilterGroup") or {}
    if not patch.is_advised:
        return bool(rule.get("EnableNonSecurity")) and passes(packaging, _without_advice(packaging, group), patch)
    if packaging is Packaging.WINDOWS and not any(f["Key"] == "PATCH_SET" for f in group.get("PatchFilters", [])):
        group = {"PatchFilters": [*group.get("PatchFilters", []), {"Key": "PATCH_SET", "Values": ["OS"]}]}
    return passes(packaging, group, patch)


def _without_advice(packaging: Packaging, group: Rules) -> Rules:
    """The filters that a package without an advisory can answer: rpm packages then have no classification, severity."""
    said = ("CLASSIFICATION", "SEVERITY") if packaging is Packaging.RPM else ()
    return {"PatchFilters": [f for f in group.get("PatchFilters", []) if f["Key"] not in said]}


def passes(packaging: Packaging, group: Rules | None, patch: Patch) -> bool:
    """Filters are joined by "and", the values of one by "or"; a key that the system does not know takes nothing."""
    return all(_answers(packaging, wanted, patch) for wanted in (group or {}).get("PatchFilters", []))


def _answers(packaging: Packaging, wanted: Rules, patch: Patch) -> bool:
    read = FILTERS[packaging].get(wanted["Key"])
    return read is not None and ("*" in wanted["Values"] or bool(set(read(patch)) & set(wanted["Values"])))


def _approval_moment(packaging: Packaging, rule: Rules, patch: Patch) -> datetime | None:
    """From when on a rule approves a patch; never, when it was released after the rule's last day.

    Debian's kind knows no release dates: what its rules take is approved at once.
    """
    if packaging is Packaging.DEB:
        return patch.released_at
    if rule.get("ApproveUntilDate"):
        until = datetime.fromisoformat(rule["ApproveUntilDate"]).replace(tzinfo=UTC) + timedelta(days=1)
        return patch.released_at if patch.released_at < until else None
    return patch.released_at + timedelta(days=int(rule.get("ApproveAfterDays") or 0))


def is_named(patch: Patch, names: Iterable[str]) -> bool:
    """Whether a list of approved or rejected patches names one: by KB number, package, full name, with wildcards."""
    known = (patch.kb_id, patch.patch_id, patch.name, patch.title, f"{patch.name}-{patch.version.rpartition(':')[2]}")
    return any(fnmatchcase(one, name) for name in names for one in known if one)
