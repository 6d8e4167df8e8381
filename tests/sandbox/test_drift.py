"""What someone changed or removed by hand shows as drift, in the stack and in the stack set above it."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sandbox.engine.world import World
from tests.sandbox.conftest import MANAGEMENT, MEMBER, Connect

HOME, PRODUCTION = "us-east-1", "ou-demo-prod0001"
EC2 = {"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}]}  # fmt: skip
READ = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}
CORE = "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"
OPERATION = {"Operation": ["Scan"]}
SCAN = {"Name": "AWS-RunPatchBaseline", "Parameters": OPERATION, "ScheduleExpression": "rate(1 day)",
        "ApplyOnlyAtCronInterval": "false", "Targets": [{"Key": "InstanceIds", "Values": ["*"]}]}  # fmt: skip
TEMPLATE = json.dumps({"Resources": {
    "Role": {"Type": "AWS::IAM::Role", "Properties": {
        "RoleName": "made", "AssumeRolePolicyDocument": EC2, "MaxSessionDuration": "3600",
        "Policies": [{"PolicyName": "b", "PolicyDocument": READ}, {"PolicyName": "a", "PolicyDocument": READ}],
        "Tags": [{"Key": "own", "Value": "1"}]}},
    "Document": {"Type": "AWS::SSM::Document", "Properties": {
        "Name": "mine", "Content": {"schemaVersion": "2.2", "mainSteps": []}}},
    "Scan": {"Type": "AWS::SSM::Association", "Properties": SCAN},
    "Handle": {"Type": "AWS::CloudFormation::WaitConditionHandle"},
}})  # fmt: skip


@pytest.fixture
def cfn(client: Connect, world: World) -> Any:
    """CloudFormation, with a stack that stands."""
    cfn = client("cloudformation")
    cfn.create_stack(StackName="Mine", TemplateBody=TEMPLATE, Capabilities=["CAPABILITY_NAMED_IAM"],
                     Tags=[{"Key": "of", "Value": "stack"}])  # fmt: skip
    let_pass(world)
    return cfn


def let_pass(world: World) -> None:
    world.clock.advance(timedelta(minutes=10))
    world.tick()


def look(cfn: Any, world: World, **narrow: Any) -> dict[str, Any]:
    detection = cfn.detect_stack_drift(StackName="Mine", **narrow)["StackDriftDetectionId"]
    begun = cfn.describe_stack_drift_detection_status(StackDriftDetectionId=detection)
    assert begun["DetectionStatus"] == "DETECTION_IN_PROGRESS"
    let_pass(world)
    told = cfn.describe_stack_drift_detection_status(StackDriftDetectionId=detection)
    assert told["DetectionStatus"] == "DETECTION_COMPLETE"
    return dict(told)


def statuses(cfn: Any) -> dict[str, str]:
    drifts = cfn.describe_stack_resource_drifts(StackName="Mine")["StackResourceDrifts"]
    return {d["LogicalResourceId"]: d["StackResourceDriftStatus"] for d in drifts}


def test_a_stack_that_nobody_touched_is_in_sync(cfn: Any, world: World) -> None:
    assert cfn.describe_stacks(StackName="Mine")["Stacks"][0]["DriftInformation"] == {"StackDriftStatus": "NOT_CHECKED"}
    told = look(cfn, world)
    assert (told["StackDriftStatus"], told["DriftedStackResourceCount"]) == ("IN_SYNC", 0)
    assert statuses(cfn) == {"Role": "IN_SYNC", "Document": "IN_SYNC", "Scan": "IN_SYNC"}


def test_a_hand_on_any_resource_is_told_with_what_it_changed(cfn: Any, world: World, client: Connect) -> None:
    ssm, iam = client("ssm"), client("iam")
    [association] = ssm.list_associations()["Associations"]
    edit = {"Parameters": OPERATION, "ScheduleExpression": "rate(2 days)"}
    ssm.update_association(AssociationId=association["AssociationId"], **edit)
    iam.attach_role_policy(RoleName="made", PolicyArn=CORE)
    iam.delete_role_policy(RoleName="made", PolicyName="a")
    ssm.delete_document(Name="mine")

    told = look(cfn, world)

    assert (told["StackDriftStatus"], told["DriftedStackResourceCount"]) == ("DRIFTED", 3)
    assert statuses(cfn) == {"Role": "MODIFIED", "Document": "DELETED", "Scan": "MODIFIED"}
    wanted = ["MODIFIED"]
    drifts = cfn.describe_stack_resource_drifts(StackName="Mine", StackResourceDriftStatusFilters=wanted)
    [scan] = [d for d in drifts["StackResourceDrifts"] if d["LogicalResourceId"] == "Scan"]
    [role] = [d for d in drifts["StackResourceDrifts"] if d["LogicalResourceId"] == "Role"]
    assert {"PropertyPath": "/ScheduleExpression", "ExpectedValue": "rate(1 day)", "ActualValue": "rate(2 days)",
            "DifferenceType": "NOT_EQUAL"} in scan["PropertyDifferences"]  # fmt: skip
    assert [d["PropertyPath"] for d in role["PropertyDifferences"]] == ["/Policies"]


def test_one_resource_is_checked_at_once(cfn: Any, world: World, client: Connect) -> None:
    [association] = client("ssm").list_associations()["Associations"]
    client("ssm").delete_association(AssociationId=association["AssociationId"])
    drift = cfn.detect_stack_resource_drift(StackName="Mine", LogicalResourceId="Scan")["StackResourceDrift"]
    assert drift["StackResourceDriftStatus"] == "DELETED"
    assert look(cfn, world, LogicalResourceIds=["Role"])["StackDriftStatus"] == "IN_SYNC"
    told = cfn.describe_stack_resource(StackName="Mine", LogicalResourceId="Scan")["StackResourceDetail"]
    assert told["DriftInformation"]["StackResourceDriftStatus"] == "DELETED"


def test_only_a_stack_that_stands_is_looked_at(cfn: Any, world: World) -> None:
    cfn.create_stack(StackName="New", TemplateBody=json.dumps({"Resources": {"A": {
        "Type": "AWS::CloudFormation::WaitConditionHandle"}}}))  # fmt: skip
    with pytest.raises(ClientError, match="CREATE_IN_PROGRESS"):
        cfn.detect_stack_drift(StackName="New")
    with pytest.raises(ClientError, match="do not exist"):
        cfn.detect_stack_drift(StackName="Mine", LogicalResourceIds=["Nothing"])
    with pytest.raises(ClientError, match="does not exist"):
        cfn.describe_stack_drift_detection_status(StackDriftDetectionId="a" * 36)


def test_the_drift_of_an_instance_shows_in_its_set(cfn: Any, world: World, client: Connect) -> None:
    body = json.dumps({"Resources": {"Scan": {"Type": "AWS::SSM::Association", "Properties": SCAN}}})
    cfn.create_stack_set(StackSetName="S", TemplateBody=body, PermissionModel="SERVICE_MANAGED")
    everywhere = {"RegionConcurrencyType": "PARALLEL", "MaxConcurrentPercentage": 100,
                  "FailureTolerancePercentage": 100}  # fmt: skip
    cfn.create_stack_instances(StackSetName="S", DeploymentTargets={"OrganizationalUnitIds": [PRODUCTION]},
                               Regions=[HOME], OperationPreferences=everywhere)  # fmt: skip
    let_pass(world)
    [association] = client("ssm", MEMBER).list_associations()["Associations"]
    client("ssm", MEMBER).delete_association(AssociationId=association["AssociationId"])

    operation_id = cfn.detect_stack_set_drift(StackSetName="S", OperationPreferences=everywhere)["OperationId"]
    begun = cfn.describe_stack_set_operation(StackSetName="S", OperationId=operation_id)["StackSetOperation"]
    let_pass(world)

    details = begun["StackSetDriftDetectionDetails"]
    assert (details["DriftDetectionStatus"], details["InProgressStackInstancesCount"]) == ("IN_PROGRESS", 3)
    told = cfn.describe_stack_set(StackSetName="S")["StackSet"]["StackSetDriftDetectionDetails"]
    assert (told["DriftStatus"], told["DriftDetectionStatus"]) == ("DRIFTED", "COMPLETED")
    assert (told["TotalStackInstancesCount"], told["DriftedStackInstancesCount"]) == (3, 1)
    drifted = [{"Name": "DRIFT_STATUS", "Values": "DRIFTED"}]
    [instance] = cfn.list_stack_instances(StackSetName="S", Filters=drifted)["Summaries"]
    assert (instance["Account"], instance["Status"]) == (MEMBER, "CURRENT")
    [resource] = cfn.list_stack_instance_resource_drifts(
        StackSetName="S", StackInstanceAccount=MEMBER, StackInstanceRegion=HOME, OperationId=operation_id
    )["Summaries"]
    assert (resource["LogicalResourceId"], resource["StackResourceDriftStatus"]) == ("Scan", "DELETED")
    assert MANAGEMENT not in resource["StackId"]
