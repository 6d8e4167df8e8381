"""What the stacks of a policy hold, checked by CloudFormation's linter and AWS's own request models."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from typing import Any

import pytest
from cfnlint.api import lint
from cfnlint.core import get_rules

from policies.domain.spec import AccountScope, LogStorage, PolicySpec, RateControl, Schedule
from policies.domain.targets import REGIONS
from policies.plan.template import LARGEST, make_template
from tests.plan.specs import (
    ACCOUNT,
    EVERY_NODE,
    ID,
    LOGS,
    NODE_CHOICES,
    PLACE,
    REGION,
    every_combination,
    filled,
    make_spec,
    scan_only,
)

COMBINATIONS = every_combination()


@cache
def lint_rules() -> Any:
    """All rules, those that only inform among them; reading them takes half a second."""
    return get_rules([], [], ["I", "W", "E"])


def complaints(template: str) -> list[str]:
    """What cfn-lint finds in the template, for all Regions of patch policies."""
    return [f"{match.rule.id} {match.message}" for match in lint(template, lint_rules(), list(REGIONS))]


def resources(spec: PolicySpec, kind: str = "TA") -> dict[str, dict[str, Any]]:
    return filled(make_template(spec, PLACE, ID, kind))


@pytest.mark.parametrize("spec", COMBINATIONS.values(), ids=COMBINATIONS.keys())
def test_the_linter_of_cloudformation_has_nothing_to_say(spec: PolicySpec) -> None:
    assert complaints(make_template(spec, PLACE, ID, "TA")) == []


def test_the_linter_would_say_something() -> None:
    template = make_template(make_spec(), PLACE, ID, "TA")

    assert complaints(template.replace('"MaxErrors"', '"MaxError"'))
    assert complaints(template.replace('"SyncCompliance":"AUTO"', '"SyncCompliance":"NEVER"'))


def test_the_longest_template_fits_into_a_request() -> None:
    logs = LogStorage("b" * 63, REGION, "p" * 400)
    regions = replace(NODE_CHOICES["instances"], regions=REGIONS)

    template = make_template(make_spec(regions, logs=logs, attach_iam=True), PLACE, ID, "TA")

    assert len(template.encode()) <= LARGEST


def test_a_scan_policy_has_one_association() -> None:
    assert list(resources(scan_only())) == ["ScanForPatches"]


def test_scan_and_install_has_two_that_read_the_policys_own_file() -> None:
    made = resources(make_spec())

    file = [f"s3://aws-quicksetup-patchpolicy-{ACCOUNT}-{ID}/baseline_overrides.json"]
    assert {name: a["Properties"]["Parameters"] for name, a in made.items()} == {
        "ScanForPatches": {"Operation": ["Scan"], "BaselineOverride": file},
        "InstallPatches": {"Operation": ["Install"], "BaselineOverride": file, "RebootOption": ["RebootIfNeeded"]},
    }
    assert {a["Properties"]["Name"] for a in made.values()} == {"AWS-RunPatchBaseline"}


def test_without_reboot_the_installation_says_so() -> None:
    made = resources(make_spec(reboot_if_needed=False))

    assert made["InstallPatches"]["Properties"]["Parameters"]["RebootOption"] == ["NoReboot"]


def test_each_association_has_its_own_schedule_and_both_have_the_rate() -> None:
    spec = make_spec(
        scan=Schedule("rate(12 hours)", wait_for_first_interval=False),
        install=Schedule("cron(0 2 ? * 1 *)", wait_for_first_interval=True),
        rate=RateControl("5", "0%"),
    )

    made = resources(spec)

    told = ("ScheduleExpression", "ApplyOnlyAtCronInterval", "MaxConcurrency", "MaxErrors")
    assert [made["ScanForPatches"]["Properties"][name] for name in told] == ["rate(12 hours)", False, "5", "0%"]
    assert [made["InstallPatches"]["Properties"][name] for name in told] == ["cron(0 2 ? * SUN *)", True, "5", "0%"]


@pytest.mark.parametrize(
    ("nodes", "targets"),
    [
        ("all nodes", {"Key": "InstanceIds", "Values": ["*"]}),
        ("a resource group", {"Key": "resource-groups:Name", "Values": ["web"]}),
        ("a tag", {"Key": "tag:Patch Group", "Values": ["web"]}),
        ("a tag with any value", {"Key": "tag-key", "Values": ["Patch Group"]}),
        ("instances", {"Key": "InstanceIds", "Values": [f"i-{number:017x}" for number in range(50)]}),
    ],
)
def test_nodes_are_targeted_as_associations_do(nodes: str, targets: dict[str, Any]) -> None:
    made = resources(make_spec(NODE_CHOICES[nodes]))

    assert [a["Properties"]["Targets"] for a in made.values()] == [[targets], [targets]]


def test_output_goes_to_the_log_bucket_under_account_and_region() -> None:
    made = resources(scan_only(logs=LOGS))

    assert made["ScanForPatches"]["Properties"]["OutputLocation"] == {
        "S3Location": {
            "OutputS3BucketName": "example-logs",
            "OutputS3Region": "eu-west-1",
            "OutputS3KeyPrefix": f"patching/{ID}/{ACCOUNT}/{REGION}",
        }
    }


@pytest.mark.parametrize(("prefix", "begin"), [("", ID), ("a/b/", f"a/b/{ID}")])
def test_slashes_are_never_doubled_in_the_prefix_of_the_output(prefix: str, begin: str) -> None:
    made = resources(scan_only(logs=replace(LOGS, prefix=prefix)))

    location = made["ScanForPatches"]["Properties"]["OutputLocation"]["S3Location"]
    assert location["OutputS3KeyPrefix"] == f"{begin}/{ACCOUNT}/{REGION}"


@pytest.mark.parametrize("kind", ["TA", "MA", "LA"])
def test_associations_are_named_for_their_stack_set_and_policy(kind: str) -> None:
    made = resources(make_spec(attach_iam=True), kind)

    names = [a["Properties"]["AssociationName"] for a in made.values() if a["Type"] == "AWS::SSM::Association"]
    assert sorted(names) == [
        f"AWS-QuickSetup-PatchPolicy-{purpose}-{kind}-{ID}"
        for purpose in ("AttachIAMToEc2Nodes", "AttachIAMToHybridNodes", "InstallPatches", "ScanForPatches")
    ]


def test_people_find_the_configuration_id_among_the_parameters() -> None:
    template = json.loads(make_template(make_spec(), PLACE, ID, "TA"))

    assert template["Parameters"]["QSConfigurationId"]["Default"] == ID


def test_equal_choices_make_equal_templates() -> None:
    turned = replace(NODE_CHOICES["instances"], instance_ids=NODE_CHOICES["instances"].instance_ids[::-1])

    there = make_template(make_spec(NODE_CHOICES["instances"]), PLACE, ID, "TA")
    assert make_template(make_spec(turned), PLACE, ID, "TA") == there


def test_what_deploys_where_does_not_change_what_a_stack_holds() -> None:
    own = replace(EVERY_NODE, account_scope=AccountScope.ACCOUNT, regions=("us-east-1",))

    assert make_template(make_spec(own), PLACE, ID, "LA") == make_template(make_spec(), PLACE, ID, "LA")
