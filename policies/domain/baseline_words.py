"""A baseline's rules as people read them: each fact with its name, in the words of the console."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from policies.domain.baselines import ApprovalRule, BaselineRules, PatchFilter, PatchSource
from policies.domain.sentence import N_, Sentence, counted

KEYS = {
    "CLASSIFICATION": N_("Classification"),
    "MSRC_SEVERITY": N_("MSRC severity"),
    "PATCH_SET": N_("Patch set"),
    "PRIORITY": N_("Priority"),
    "PRODUCT": N_("Product"),
    "PRODUCT_FAMILY": N_("Product family"),
    "SECTION": N_("Section"),
    "SEVERITY": N_("Severity"),
}
LEVELS = {
    "CRITICAL": N_("Critical"),
    "HIGH": N_("High"),
    "MEDIUM": N_("Medium"),
    "LOW": N_("Low"),
    "INFORMATIONAL": N_("Informational"),
    "UNSPECIFIED": N_("Unspecified"),
}


@dataclass(frozen=True)
class Fact:
    """A name in English words of the catalogue, and its value: words of ours as a Sentence, AWS's own as they are."""

    name: str
    value: Sentence | str


Facts = tuple[Fact, ...]


@dataclass(frozen=True)
class Described:
    """A whole baseline: the facts of each approval rule, then those of the baseline itself."""

    name: str
    description: str
    rules: tuple[Facts, ...]
    facts: Facts


def describe_baseline(baseline: BaselineRules) -> Described:
    """The baseline's rules in words."""
    return Described(
        baseline.name,
        baseline.description,
        tuple(_describe_rule(rule) for rule in baseline.rules),
        (*_describe_filters(baseline.global_filters), *_describe_exceptions(baseline)),
    )


def _describe_rule(rule: ApprovalRule) -> Facts:
    facts = [*_describe_filters(rule.filters), Fact(N_("Approval"), _say_approval(rule))]
    facts.append(Fact(N_("Compliance level"), _level(rule.compliance_level)))
    if rule.enable_non_security:
        facts.append(Fact(N_("Nonsecurity updates"), Sentence(N_("Included"))))
    return tuple(facts)


def _describe_filters(filters: Iterable[PatchFilter]) -> Facts:
    return tuple(
        Fact(KEYS.get(each.key, each.key), Sentence(N_("All")) if each.values == ("*",) else ", ".join(each.values))
        for each in filters
    )


def _say_approval(rule: ApprovalRule) -> Sentence:
    if rule.approve_until_date:
        return Sentence(N_("Patches released up to %(day)s"), {"day": rule.approve_until_date})
    if not rule.approve_after_days:
        return Sentence(N_("At release"))
    return counted("%(count)s day after release", "%(count)s days after release", rule.approve_after_days)


def _describe_exceptions(baseline: BaselineRules) -> Facts:
    action = N_("Block") if baseline.rejected_action == "BLOCK" else N_("Allow as dependency")
    facts = [
        Fact(N_("Approved patches"), ", ".join(baseline.approved_patches)),
        Fact(N_("Compliance level of approved patches"), _level(baseline.approved_compliance_level)),
        Fact(N_("Rejected patches"), ", ".join(baseline.rejected_patches)),
        Fact(N_("Rejected patches action"), Sentence(action)),
        Fact(N_("Patch sources"), "; ".join(_say_source(source) for source in baseline.sources)),
    ]
    if baseline.approved_non_security:
        facts.append(Fact(N_("Nonsecurity updates"), Sentence(N_("Included"))))
    if baseline.available_security_updates:
        facts.append(Fact(N_("Available security updates"), _say_available(baseline.available_security_updates)))
    return tuple(facts)


def _say_source(source: PatchSource) -> str:
    return f"{source.name} ({', '.join(source.products)}): {' '.join(source.configuration.split())}"


def _say_available(status: str) -> Sentence:
    return Sentence(N_("Non-compliant") if status == "NON_COMPLIANT" else N_("Compliant"))


def _level(level: str) -> Sentence | str:
    return Sentence(LEVELS[level]) if level in LEVELS else level
