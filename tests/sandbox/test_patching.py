"""A stack set makes associations, nodes fetch the override file with their role, and report."""

from __future__ import annotations

import json
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sandbox.engine.world import World
from sandbox.saving import load, save
from sandbox.wire import Sandbox
from tests.sandbox.conftest import MANAGEMENT, MEMBER, Connect

BUCKET = f"aws-quicksetup-patchpolicy-{MANAGEMENT}-abcde"
FILE = "baseline_overrides.json"
REGIONS = ["us-east-1", "eu-west-1", "ap-northeast-1"]


def bucket_policy() -> str:
    resource = f"arn:aws:s3:::{BUCKET}/{FILE}"
    unless_tagged = {"StringNotEquals": {"aws:PrincipalTag/QSConfigId-abcde": "abcde"}}
    in_organization = {"StringEquals": {"aws:PrincipalOrgID": ["o-demoorg001"]}}
    common = {"Action": "s3:GetObject", "Resource": resource}
    return json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {"Effect": "Deny", "Principal": {"AWS": "*"}, "Condition": unless_tagged, **common},
                {"Effect": "Allow", "Principal": "*", "Condition": in_organization, **common},
            ],
        }
    )


def template(operation: str = "Install") -> str:
    association = {
        "Name": "AWS-RunPatchBaseline",
        "AssociationName": "Patch-abcde",
        "ScheduleExpression": "cron(0 1 * * ? *)",
        "Targets": [{"Key": "tag:Patch", "Values": ["true"]}],
        "Parameters": {"Operation": [operation], "BaselineOverride": [f"s3://{BUCKET}/{FILE}"]},
        "MaxConcurrency": "50%",
        "MaxErrors": "50%",
    }
    return json.dumps({"Resources": {"Scan": {"Type": "AWS::SSM::Association", "Properties": association}}})


@pytest.fixture
def policy(client: Connect) -> None:
    """A bucket with an override file that only tagged roles of the organization can open."""
    s3, ssm = client("s3"), client("ssm")
    s3.create_bucket(Bucket=BUCKET)
    s3.put_bucket_policy(Bucket=BUCKET, Policy=bucket_policy())
    owned = ssm.describe_patch_baselines(Filters=[{"Key": "OWNER", "Values": ["AWS"]}])["BaselineIdentities"]
    baselines = [ssm.get_patch_baseline(BaselineId=b["BaselineId"]) for b in owned]
    kept = [{"OperatingSystem": b["OperatingSystem"], "ApprovalRules": b["ApprovalRules"]} for b in baselines]
    s3.put_object(Bucket=BUCKET, Key=FILE, Body=json.dumps(kept))


def deploy(client: Connect, world: World, body: str) -> dict[str, Any]:
    cloudformation = client("cloudformation")
    cloudformation.create_stack_set(StackSetName="Patch", TemplateBody=body, PermissionModel="SERVICE_MANAGED",
                                    AutoDeployment={"Enabled": False})  # fmt: skip
    operation = cloudformation.create_stack_instances(
        StackSetName="Patch", DeploymentTargets={"OrganizationalUnitIds": ["r-demo"]}, Regions=REGIONS,
        OperationPreferences={"MaxConcurrentPercentage": 50, "FailureTolerancePercentage": 50},
    )["OperationId"]  # fmt: skip
    world.clock.advance(timedelta(hours=1))
    told: dict[str, Any] = cloudformation.describe_stack_set_operation(StackSetName="Patch", OperationId=operation)
    return dict(told["StackSetOperation"])


def open_file_to(world: World, account_id: str) -> None:
    for role in world.account(account_id).roles.values():
        role.tags["QSConfigId-abcde"] = "abcde"
        role.attached.append("arn:aws:iam::aws:policy/AWSQuickSetupPatchPolicyBaselineAccess")


def statuses(world: World, account_id: str) -> Counter[str]:
    results = [r for a in world.associations.all.values() if a.account_id == account_id for r in a.latest.values()]
    return Counter(f"{r.status} {r.exit_code}" for r in results)


def test_a_stack_set_reaches_every_member_account_and_never_the_management_account(
    client: Connect, world: World
) -> None:
    assert deploy(client, world, template())["Status"] == "SUCCEEDED"

    instances = client("cloudformation").list_stack_instances(StackSetName="Patch")["Summaries"]
    assert len(instances) == 6 * 3
    assert MANAGEMENT not in {i["Account"] for i in instances}


def test_a_second_operation_has_to_wait(client: Connect) -> None:
    cloudformation = client("cloudformation")
    cloudformation.create_stack_set(StackSetName="Patch", TemplateBody=template(), PermissionModel="SERVICE_MANAGED",
                                    AutoDeployment={"Enabled": False})  # fmt: skip
    asked = {"StackSetName": "Patch", "DeploymentTargets": {"OrganizationalUnitIds": ["r-demo"]}, "Regions": REGIONS}
    cloudformation.create_stack_instances(**asked)
    with pytest.raises(ClientError, match="OperationInProgressException"):
        cloudformation.create_stack_instances(**asked)
    with pytest.raises(ClientError, match="StackSetNotEmptyException"):
        cloudformation.delete_stack_set(StackSetName="Patch")


def test_a_stack_that_cannot_be_made_leaves_nothing_and_says_why(client: Connect, world: World) -> None:
    body = template().replace("cron(0 1 * * ? *)", "rate(5 minutes)")
    assert deploy(client, world, body)["Status"] == "FAILED"

    failed = client("cloudformation").list_stack_instances(
        StackSetName="Patch", Filters=[{"Name": "DETAILED_STATUS", "Values": "FAILED"}]
    )["Summaries"]
    assert "ResourceLogicalId:Scan" in failed[0]["StatusReason"]
    assert world.associations.all == {}


def test_a_node_whose_role_lacks_the_tag_cannot_open_the_file(client: Connect, world: World, policy: None) -> None:
    deploy(client, world, template())
    assert set(statuses(world, MEMBER)) == {"Failed 160", "Failed None"}


def test_nodes_whose_role_carries_the_tag_install_and_report(client: Connect, world: World, policy: None) -> None:
    open_file_to(world, MEMBER)
    deploy(client, world, template())
    world.clock.advance(timedelta(days=1))

    ssm = client("ssm", MEMBER)
    nodes = ssm.describe_instance_information(MaxResults=50)["InstanceInformationList"]
    states = ssm.describe_instance_patch_states(InstanceIds=[n["InstanceId"] for n in nodes])["InstancePatchStates"]
    assert states
    assert all(s["Operation"] == "Install" for s in states)
    summaries = ssm.list_resource_compliance_summaries(
        Filters=[{"Key": "ComplianceType", "Values": ["Patch"], "Type": "EQUAL"}]
    )["ResourceComplianceSummaryItems"]
    assert {s["ExecutionSummary"]["ExecutionType"] for s in summaries} == {"PatchPolicy"}


def test_patches_that_come_out_later_make_nodes_miss_them(client: Connect, world: World, policy: None) -> None:
    open_file_to(world, MEMBER)
    deploy(client, world, template("Scan"))

    def missing() -> int:
        return sum(len(r.missing) for r in world.fleet.reports.values())

    before = missing()
    world.clock.advance(timedelta(days=30))
    world.tick()
    assert missing() > before


def test_a_file_without_the_node_s_system_is_exit_code_163(client: Connect, world: World, policy: None) -> None:
    open_file_to(world, MEMBER)
    client("s3").put_object(Bucket=BUCKET, Key=FILE, Body="[]")
    deploy(client, world, template())
    assert "Failed 163" in statuses(world, MEMBER)


def test_a_world_is_found_again_as_it_was_left(client: Connect, world: World, policy: None, tmp_path: Path) -> None:
    deploy(client, world, template())
    save(world, tmp_path / "small.world")
    before = (len(world.associations.all), world.now(), len(world.timeline.events))

    again = Sandbox(load(tmp_path / "small.world"))

    assert (len(again.world.associations.all), again.world.now(), len(again.world.timeline.events)) == before
    assert BUCKET in again.storage.bucket_names(MANAGEMENT)
