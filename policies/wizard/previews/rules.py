"""A baseline's rules as people read them: each fact with its name, in the words of the console."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from policies.domain.baselines import ApprovalRule, BaselineRules, PatchFilter

KEYS = {
    "CLASSIFICATION": gettext_lazy("Classification"),
    "MSRC_SEVERITY": gettext_lazy("MSRC severity"),
    "PATCH_SET": gettext_lazy("Patch set"),
    "PRIORITY": gettext_lazy("Priority"),
    "PRODUCT": gettext_lazy("Product"),
    "PRODUCT_FAMILY": gettext_lazy("Product family"),
    "SECTION": gettext_lazy("Section"),
    "SEVERITY": gettext_lazy("Severity"),
}
LEVELS = {
    "CRITICAL": gettext_lazy("Critical"),
    "HIGH": gettext_lazy("High"),
    "MEDIUM": gettext_lazy("Medium"),
    "LOW": gettext_lazy("Low"),
    "INFORMATIONAL": gettext_lazy("Informational"),
    "UNSPECIFIED": gettext_lazy("Unspecified"),
}


@dataclass(frozen=True)
class Fact:
    """A name and its value, both for people."""

    name: str
    value: str


@dataclass(frozen=True)
class Described:
    """A whole baseline: the facts of each approval rule, then those of the baseline itself."""

    name: str
    description: str
    rules: list[list[Fact]]
    facts: list[Fact]


def describe_baseline(baseline: BaselineRules) -> Described:
    """The baseline's rules in words."""
    return Described(
        baseline.name,
        baseline.description,
        [_describe_rule(rule) for rule in baseline.rules],
        [*(_describe_filter(f) for f in baseline.global_filters), *_describe_exceptions(baseline)],
    )


def _describe_rule(rule: ApprovalRule) -> list[Fact]:
    facts = [_describe_filter(each) for each in rule.filters]
    facts.append(Fact(_("Approval"), _say_approval(rule)))
    facts.append(Fact(_("Compliance level"), _level(rule.compliance_level)))
    if rule.enable_non_security:
        facts.append(Fact(_("Nonsecurity updates"), _("Included")))
    return facts


def _describe_filter(found: PatchFilter) -> Fact:
    values = _("All") if found.values == ("*",) else ", ".join(found.values)
    return Fact(str(KEYS.get(found.key, found.key)), values)


def _say_approval(rule: ApprovalRule) -> str:
    if rule.approve_until_date:
        return _("Patches released up to %(day)s") % {"day": rule.approve_until_date}
    days = rule.approve_after_days or 0
    if not days:
        return _("At release")
    return ngettext("%(count)s day after release", "%(count)s days after release", days) % {"count": days}


def _describe_exceptions(baseline: BaselineRules) -> list[Fact]:
    action = _("Block") if baseline.rejected_action == "BLOCK" else _("Allow as dependency")
    facts = [
        (_("Approved patches"), ", ".join(baseline.approved_patches)),
        (_("Compliance level of approved patches"), _level(baseline.approved_compliance_level)),
        (_("Rejected patches"), ", ".join(baseline.rejected_patches)),
        (_("Rejected patches action"), action),
        (_("Patch sources"), ", ".join(source.name for source in baseline.sources)),
    ]
    return [Fact(name, value or "-") for name, value in facts]


def _level(level: str) -> str:
    return str(LEVELS.get(level, level))
