"""Other scanners: what they report replaces what the patch policy reported, and it can be told whose it is."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sandbox.engine.scanners import SCANNERS
from sandbox.engine.world import World
from tests.sandbox.conftest import MANAGEMENT, MEMBER, Connect
from tests.sandbox.state_manager import REGION, associate, let_pass, managed

BUCKET = f"aws-quicksetup-patchpolicy-{MANAGEMENT}-abcde"


@pytest.fixture
def ssm(client: Connect) -> Any:
    return client("ssm", MEMBER)


@pytest.fixture
def scanned_by_policy(client: Connect, ssm: Any, world: World) -> set[str]:
    """A policy has scanned every node; the ids of its associations and commands."""
    s3, home = client("s3"), client("ssm")
    s3.create_bucket(Bucket=BUCKET)
    owned = home.describe_patch_baselines(Filters=[{"Key": "OWNER", "Values": ["AWS"]}])["BaselineIdentities"]
    baselines = [home.get_patch_baseline(BaselineId=b["BaselineId"]) for b in owned]
    kept = [{"OperatingSystem": b["OperatingSystem"], "ApprovalRules": b["ApprovalRules"]} for b in baselines]
    first = {k["OperatingSystem"]: k for k in reversed(kept)}
    s3.put_object(Bucket=BUCKET, Key="baseline_overrides.json", Body=json.dumps(list(first.values())))
    everyone = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{BUCKET}/*",
                "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-demoorg001"}}}  # fmt: skip
    s3.put_bucket_policy(Bucket=BUCKET, Policy=json.dumps({"Version": "2012-10-17", "Statement": [everyone]}))
    for role in world.account(MEMBER).roles.values():
        role.attached.append("arn:aws:iam::aws:policy/AWSQuickSetupPatchPolicyBaselineAccess")
    override = [f"s3://{BUCKET}/baseline_overrides.json"]
    associate(ssm, AssociationName="AWS-QuickSetup-PatchPolicy-ScanForPatches-TA-abcde",
              Parameters={"Operation": ["Scan"], "BaselineOverride": override})  # fmt: skip
    let_pass(world, hours=1)
    assert patch_types(ssm) == {"PatchPolicy"}
    return {r.execution_id for r in world.fleet.reports.values()}


def patch_types(ssm: Any) -> set[str]:
    asked = [{"Key": "ComplianceType", "Values": ["Patch"], "Type": "EQUAL"}]
    pages = ssm.get_paginator("list_resource_compliance_summaries").paginate(Filters=asked)
    return {s["ExecutionSummary"]["ExecutionType"] for p in pages for s in p["ResourceComplianceSummaryItems"]}


@pytest.mark.parametrize("scanner", SCANNERS)
def test_each_other_scanner_overwrites_what_the_policy_reported(
    ssm: Any, world: World, scanned_by_policy: set[str], scanner: str
) -> None:
    nodes = [n.instance_id for n in managed(world)]
    before = {s["BaselineId"] for s in ssm.describe_instance_patch_states(InstanceIds=nodes)["InstancePatchStates"]}
    managed(world)[0].tags["Patch Group"] = "blue"
    SCANNERS[scanner](world, MEMBER, REGION)
    let_pass(world, hours=16)

    assert patch_types(ssm) == {"Command"}
    assert not scanned_by_policy & {r.execution_id for r in world.fleet.reports.values()}
    states = ssm.describe_instance_patch_states(InstanceIds=nodes)["InstancePatchStates"]
    real = {b["BaselineId"] for b in ssm.describe_patch_baselines()["BaselineIdentities"]}
    assert not before & real  # nobody can look up what a policy names
    assert {s["BaselineId"] for s in states} <= real
    assert [s["PatchGroup"] for s in states if s["InstanceId"] == nodes[0]] == ["blue"]


def test_host_management_scans_each_day_under_its_known_name(ssm: Any, world: World) -> None:
    made = SCANNERS["host-management"](world, MEMBER, REGION)
    let_pass(world, days=2, hours=1)
    told = ssm.describe_association(AssociationId=made)["AssociationDescription"]
    assert told["AssociationName"].startswith("AWS-QuickSetup-SSMHostMgmt-ScanForPatches-")
    assert told["Name"] == "AWS-RunPatchBaselineAssociation"
    assert len(world.associations.all[made].executions) == 3


def test_patch_now_runs_once(ssm: Any, world: World) -> None:
    made = SCANNERS["patch-now"](world, MEMBER, REGION)
    let_pass(world, days=3)
    told = ssm.describe_association(AssociationId=made)["AssociationDescription"]
    assert (told["AssociationName"], "ScheduleExpression" in told) == ("AWS-PatchNowAssociation", False)
    assert len(world.associations.all[made].executions) == 1
