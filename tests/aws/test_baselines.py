"""Patch baselines as AWS lists and describes them."""

from __future__ import annotations

import pytest

from policies.aws.baselines import (
    BaselineFact,
    BaselineGone,
    default_choices,
    list_baselines,
    predefined,
    read_baseline,
)
from policies.aws.connect import Aws
from policies.domain.baselines import ApprovalRule, PatchFilter
from policies.domain.spec import BaselineChoice


def _custom(aws: Aws, name: str) -> BaselineFact:
    return next(fact for fact in list_baselines(aws) if fact.name == name)


def test_custom_baselines_are_listed_after_aws_own(aws: Aws) -> None:
    ubuntu = [(f.name, f.is_custom) for f in list_baselines(aws) if f.operating_system == "UBUNTU"]

    assert ubuntu == [("AWS-UbuntuDefaultPatchBaseline", False), ("company-ubuntu", True)]


def test_more_baselines_than_one_page_are_all_listed(aws: Aws) -> None:
    before = len(list_baselines(aws))
    for number in range(30):
        aws.client("ssm").create_patch_baseline(Name=f"extra-{number:02d}", OperatingSystem="DEBIAN")

    assert len(list_baselines(aws)) == before + 30


def test_a_baseline_is_read_with_its_rules(aws: Aws) -> None:
    fact = _custom(aws, "company-ubuntu")

    rules = read_baseline(aws, fact.baseline_id)

    assert (rules.baseline_id, rules.name, rules.operating_system) == (fact.baseline_id, "company-ubuntu", "UBUNTU")
    assert rules.rules == (
        ApprovalRule(
            (PatchFilter("PRODUCT", ("*",)), PatchFilter("PRIORITY", ("Required", "Important", "Standard"))),
            compliance_level="CRITICAL",
            approve_after_days=3,
        ),
    )


def test_a_predefined_baseline_is_read_by_its_arn(aws: Aws) -> None:
    choice = next(c for c in default_choices(aws) if c.operating_system == "WINDOWS")

    assert read_baseline(aws, choice.baseline_id).name == "AWS-DefaultPatchBaseline"


def test_a_deleted_baseline_is_gone(aws: Aws) -> None:
    fact = _custom(aws, "company-ubuntu")
    aws.client("ssm").delete_patch_baseline(BaselineId=fact.baseline_id)

    with pytest.raises(BaselineGone):
        read_baseline(aws, fact.baseline_id)


def test_the_defaults_are_one_of_aws_own_for_each_operating_system(aws: Aws) -> None:
    choices = default_choices(aws)

    assert len({c.operating_system for c in choices}) == len(choices) == 12
    assert not any(c.is_custom for c in choices)


def test_of_several_windows_baselines_the_general_one_is_the_default() -> None:
    arn = "arn:aws:ssm:us-east-1:075727635805:patchbaseline/pb-0000000000000000"
    facts = (
        BaselineFact(f"{arn}1", "AWS-DefaultPatchBaseline", "WINDOWS", "", False, False),
        BaselineFact(f"{arn}2", "AWS-WindowsPredefinedPatchBaseline-OS", "WINDOWS", "", False, False),
        BaselineFact("pb-00000000000000003", "company-windows", "WINDOWS", "", True, True),
    )

    assert predefined(facts) == (BaselineChoice("WINDOWS", f"{arn}1", "AWS-DefaultPatchBaseline", False),)
