"""The part of the template that gives nodes access."""

from __future__ import annotations

import json
from typing import Any

import pytest

from policies.domain.spec import PolicySpec
from policies.plan.template import make_template
from sandbox.engine.template import Scope, in_order
from sandbox.engine.template_text import parse
from tests.domain.policy_lint import complaints, trust_complaints
from tests.plan.specs import ACCOUNT, ID, NODE_CHOICES, PLACE, REGION, every_combination, filled, make_spec

ATTACHING = {name: spec for name, spec in every_combination().items() if spec.attach_iam}
ASSOCIATION = "AWS::SSM::Association"


def resources(spec: PolicySpec, region: str = REGION) -> dict[str, dict[str, Any]]:
    return filled(make_template(spec, PLACE, ID, "TA"), region=region)


@pytest.fixture
def role() -> dict[str, Any]:
    return dict(resources(make_spec(attach_iam=True))["AutomationRole"]["Properties"])


def test_nothing_of_it_is_there_unless_it_was_asked_for() -> None:
    assert {r["Type"] for r in resources(make_spec(attach_iam=False)).values()} == {ASSOCIATION}


def test_the_roles_policies_pass_the_checker_as_they_stand_in_the_stack(role: dict[str, Any]) -> None:
    arn = f"arn:aws:iam::{ACCOUNT}:role/{role['RoleName']}"

    assert trust_complaints(role["AssumeRolePolicyDocument"], arn) == []
    assert [complaints(policy["PolicyDocument"]) for policy in role["Policies"]] == [[]]


def test_the_role_carries_its_region_as_its_template_deploys_in_each() -> None:
    spec = make_spec(attach_iam=True)

    names = [resources(spec, region)["AutomationRole"]["Properties"]["RoleName"] for region in ("us-east-1", REGION)]
    assert names == [f"AWS-QuickSetup-AutomationRole-us-east-1-{ID}", f"AWS-QuickSetup-AutomationRole-{REGION}-{ID}"]


def test_the_role_is_bounded_and_has_the_tag_by_which_the_boundary_knows_it(role: dict[str, Any]) -> None:
    assert role["PermissionsBoundary"] == "arn:aws:iam::aws:policy/AWSQuickSetupPatchPolicyPermissionsBoundary"
    assert role["Tags"] == [{"Key": "QuickSetupManagerID", "Value": ID}]


def test_no_place_is_left_unfilled() -> None:
    assert "${" not in json.dumps(resources(make_spec(attach_iam=True)))


def test_each_kind_of_node_has_a_runbook_that_takes_the_role() -> None:
    made = resources(make_spec(attach_iam=True))

    runbooks = {r["Properties"]["Name"]: r["Properties"] for r in made.values() if r["Type"] == "AWS::SSM::Document"}
    assert {name: runbook["TargetType"] for name, runbook in runbooks.items()} == {
        f"QuickSetup-AttachIAMToEc2Nodes-{ID}": "/AWS::EC2::Instance",
        f"QuickSetup-AttachIAMToHybridNodes-{ID}": "/AWS::SSM::ManagedInstance",
    }
    taken = {runbook["Content"]["assumeRole"] for runbook in runbooks.values()}
    assert taken == {f"arn:aws:iam::{ACCOUNT}:role/AWS-QuickSetup-AutomationRole-{REGION}-{ID}"}


def test_instances_that_were_chosen_are_ec2_and_go_to_the_runbook_as_its_parameter() -> None:
    made = resources(make_spec(NODE_CHOICES["instances"], attach_iam=True))

    assert "AttachIAMToHybridNodes" not in made
    assert made["AttachIAMToEc2Nodes"]["Properties"]["Targets"] == [
        {"Key": "ParameterValues", "Values": list(NODE_CHOICES["instances"].instance_ids)}
    ]


@pytest.mark.parametrize("nodes", [name for name in NODE_CHOICES if name != "instances"])
def test_access_reaches_the_nodes_that_are_patched(nodes: str) -> None:
    made = resources(make_spec(NODE_CHOICES[nodes], attach_iam=True))

    targets = [r["Properties"]["Targets"] for r in made.values() if r["Type"] == ASSOCIATION]
    assert len(targets) == 4
    assert all(each == targets[0] for each in targets)


@pytest.mark.parametrize("spec", ATTACHING.values(), ids=ATTACHING.keys())
def test_access_is_on_its_way_before_the_first_scan(spec: PolicySpec) -> None:
    names = list(resources(spec))

    access = [name for name in names if name not in ("ScanForPatches", "InstallPatches")]
    assert names[: len(access)] == access
    assert access[0] == "AutomationRole"


@pytest.mark.parametrize("spec", ATTACHING.values(), ids=ATTACHING.keys())
def test_no_resource_waits_for_itself(spec: PolicySpec) -> None:
    template = parse(make_template(spec, PLACE, ID, "TA"))

    waits_for = {name: set(r.get("DependsOn", [])) for name, r in template["Resources"].items()}
    assert set().union(*waits_for.values()) <= set(template["Resources"])
    assert not any(waits_for[other] for others in waits_for.values() for other in others)
    assert len(in_order(template, Scope(template, {}))) == len(waits_for)


@pytest.mark.parametrize("spec", ATTACHING.values(), ids=ATTACHING.keys())
def test_a_stack_does_not_wait_for_runs_so_a_node_without_a_role_cannot_hold_it_up(spec: PolicySpec) -> None:
    properties = [r["Properties"] for r in resources(spec).values() if r["Type"] == ASSOCIATION]

    assert not any("WaitForSuccessTimeoutSeconds" in facts for facts in properties)


def test_one_node_that_fails_does_not_keep_the_others_from_their_access() -> None:
    made = resources(make_spec(attach_iam=True))

    reaching = [made[name]["Properties"] for name in ("AttachIAMToEc2Nodes", "AttachIAMToHybridNodes")]
    assert [(each["MaxConcurrency"], each["MaxErrors"]) for each in reaching] == [("20", "100%")] * 2
