"""Two versions of the override file side by side: what differs is told by operating system, rule and setting."""

from __future__ import annotations

from dataclasses import replace

from policies.domain.baseline_changes import FactChange, Kind, SystemChange, compare_files
from policies.domain.baselines import ApprovalRule, BaselineRules, PatchFilter, PatchSource, override_body
from policies.domain.sentence import Sentence

SECURITY = ApprovalRule((PatchFilter("CLASSIFICATION", ("Security",)),), "CRITICAL", approve_after_days=7)
BUGFIX = ApprovalRule((PatchFilter("CLASSIFICATION", ("Bugfix",)),), "LOW", approve_after_days=30)
LINUX = BaselineRules("pb-1", "Ours", "AMAZON_LINUX_2023", rules=(SECURITY, BUGFIX))
UBUNTU = BaselineRules("pb-2", "Theirs", "UBUNTU")


def changes(before: BaselineRules, after: BaselineRules) -> list[tuple[int, str, str, str]]:
    """The settings that differ between two baselines of one operating system, as words."""
    [change] = compare_files(override_body([before]), override_body([after]))
    return [(fact.rule, fact.name, str(fact.before), str(fact.after)) for fact in change.facts]


def test_files_that_say_the_same_do_not_differ() -> None:
    assert compare_files(override_body([LINUX, UBUNTU]), override_body([UBUNTU, LINUX])) == ()


def test_a_changed_delay_is_one_setting_of_its_rule() -> None:
    later = replace(LINUX, rules=(SECURITY, replace(BUGFIX, approve_after_days=14)))

    assert compare_files(override_body([LINUX, UBUNTU]), override_body([later, UBUNTU])) == (
        SystemChange(
            "AMAZON_LINUX_2023",
            Kind.CHANGED,
            (FactChange(2, "Approval", *(_days(days) for days in (30, 14))),),
        ),
    )


def _days(days: int) -> Sentence:
    return Sentence("%(count)s day after release", {"count": days}, "%(count)s days after release")


def test_a_rule_in_front_of_the_others_leaves_them_as_they_are() -> None:
    first = ApprovalRule((PatchFilter("PRODUCT", ("*",)),), approve_after_days=0)

    assert changes(LINUX, replace(LINUX, rules=(first, SECURITY, BUGFIX))) == [
        (1, "Product", "", "All"),
        (1, "Approval", "", "At release"),
        (1, "Compliance level", "", "Unspecified"),
    ]


def test_a_rule_that_went_is_told_with_all_its_settings() -> None:
    told = changes(LINUX, replace(LINUX, rules=(BUGFIX,)))

    assert {(rule, after) for rule, _, _, after in told} == {(1, "")}
    assert [before for _, _, before, _ in told] == ["Security", "7 days after release", "Critical"]


def test_exceptions_and_sources_belong_to_no_rule() -> None:
    source = PatchSource("mirror", ("*",), "[main]\nbaseurl=https://mirror.example")
    other = replace(LINUX, rejected_patches=("kernel*",), rejected_action="BLOCK", sources=(source,))

    assert changes(LINUX, other) == [
        (0, "Rejected patches", "", "kernel*"),
        (0, "Rejected patches action", "Allow as dependency", "Block"),
        (0, "Patch sources", "", "mirror (*): [main] baseurl=https://mirror.example"),
    ]


def test_the_configuration_of_a_source_is_seen_too() -> None:
    sources = [(PatchSource("mirror", ("*",), f"baseurl=https://{host}"),) for host in ("a.example", "b.example")]
    before, after = (replace(LINUX, sources=each) for each in sources)

    assert [name for _, name, _, _ in changes(before, after)] == ["Patch sources"]


def test_operating_systems_come_and_go() -> None:
    told = compare_files(override_body([LINUX]), override_body([UBUNTU]))

    assert [(each.operating_system, each.kind) for each in told] == [
        ("AMAZON_LINUX_2023", Kind.REMOVED),
        ("UBUNTU", Kind.ADDED),
    ]


def test_the_first_version_adds_everything() -> None:
    assert [each.kind for each in compare_files("", override_body([LINUX, UBUNTU]))] == [Kind.ADDED, Kind.ADDED]
