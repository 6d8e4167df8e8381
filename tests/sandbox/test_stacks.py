"""Stacks come one resource after another, are changed, taken back when something fails, and go again."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sandbox.engine.world import World
from tests.sandbox.conftest import MANAGEMENT, Connect

EC2 = {"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}]}  # fmt: skip
READ = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}
WRITE = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:PutObject", "Resource": "*"}]}
CORE = "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"
HANDLE = {"Type": "AWS::CloudFormation::WaitConditionHandle"}


@pytest.fixture
def cloudformation(client: Connect) -> Any:
    """CloudFormation of the management account."""
    return client("cloudformation")


@pytest.fixture
def iam(client: Connect) -> Any:
    """Its IAM."""
    return client("iam")


def role(**properties: Any) -> dict[str, Any]:
    return {"Type": "AWS::IAM::Role", "Properties": {"RoleName": "made", "AssumeRolePolicyDocument": EC2, **properties}}


def association(**properties: Any) -> dict[str, Any]:
    every = {"Key": "InstanceIds", "Values": ["*"]}
    scan = {"Name": "AWS-RunPatchBaseline", "Parameters": {"Operation": ["Scan"]}}
    wanted = {**scan, "Targets": [every], "ScheduleExpression": "rate(1 day)"}
    return {"Type": "AWS::SSM::Association", "Properties": {**wanted, **properties}}


def body(**resources: Any) -> str:
    return json.dumps({"Resources": resources})


def let_pass(world: World, minutes: int = 10) -> None:
    world.clock.advance(timedelta(minutes=minutes))
    world.tick()


def make(cloudformation: Any, world: World, template: str, **more: Any) -> Any:
    cloudformation.create_stack(StackName="Mine", TemplateBody=template, Capabilities=["CAPABILITY_NAMED_IAM"], **more)
    let_pass(world)
    return cloudformation.describe_stacks(StackName="Mine")["Stacks"][0]


def change(cloudformation: Any, world: World, template: str, **more: Any) -> Any:
    cloudformation.update_stack(StackName="Mine", TemplateBody=template, Capabilities=["CAPABILITY_NAMED_IAM"], **more)
    let_pass(world)
    return cloudformation.describe_stacks(StackName="Mine")["Stacks"][0]


def happened(cloudformation: Any, name: str = "Mine") -> list[tuple[str, str]]:
    pages = cloudformation.get_paginator("describe_stack_events").paginate(StackName=name)
    events = [e for page in pages for e in page["StackEvents"]]
    return [(e["LogicalResourceId"], e["ResourceStatus"]) for e in reversed(events)]


def refused(action: Any, **parameters: Any) -> str:
    with pytest.raises(ClientError) as caught:
        action(**parameters)
    error = caught.value.response["Error"]
    return f"{error['Code']}: {error['Message']}"


def test_a_stack_is_made_one_resource_after_another(cloudformation: Any, world: World) -> None:
    template = json.dumps({
        "Description": "Two things",
        "Parameters": {"Name": {"Type": "String"}, "Key": {"Type": "String", "NoEcho": True, "Default": "s"}},
        "Resources": {"Role": role(RoleName={"Ref": "Name"}), "Profile": {
            "Type": "AWS::IAM::InstanceProfile", "Properties": {"Roles": [{"Ref": "Role"}]}}},
        "Outputs": {"Arn": {"Value": {"Fn::GetAtt": ["Role", "Arn"]}, "Export": {"Name": "the-role"}}},
    })  # fmt: skip
    cloudformation.create_stack(
        StackName="Mine", TemplateBody=template, Capabilities=["CAPABILITY_NAMED_IAM"],
        Parameters=[{"ParameterKey": "Name", "ParameterValue": "web"}], Tags=[{"Key": "team", "Value": "a"}],
    )  # fmt: skip
    begun = cloudformation.describe_stacks(StackName="Mine")["Stacks"][0]
    assert (begun["StackStatus"], begun["Outputs"]) == ("CREATE_IN_PROGRESS", [])

    let_pass(world)

    made = cloudformation.describe_stacks(StackName="Mine")["Stacks"][0]
    arn = f"arn:aws:iam::{MANAGEMENT}:role/web"
    assert made["StackStatus"] == "CREATE_COMPLETE"
    assert made["Outputs"] == [{"OutputKey": "Arn", "OutputValue": arn, "ExportName": "the-role"}]
    assert made["Parameters"] == [
        {"ParameterKey": "Key", "ParameterValue": "****"}, {"ParameterKey": "Name", "ParameterValue": "web"}
    ]  # fmt: skip
    assert happened(cloudformation) == [
        ("Mine", "CREATE_IN_PROGRESS"),
        ("Role", "CREATE_IN_PROGRESS"), ("Role", "CREATE_COMPLETE"),
        ("Profile", "CREATE_IN_PROGRESS"), ("Profile", "CREATE_COMPLETE"),
        ("Mine", "CREATE_COMPLETE"),
    ]  # fmt: skip
    assert [e["Name"] for e in cloudformation.list_exports()["Exports"]] == ["the-role"]
    assert world.account(MANAGEMENT).roles["web"].tags == {"team": "a"}
    times = [e["Timestamp"] for e in cloudformation.describe_stack_events(StackName="Mine")["StackEvents"]]
    assert len(set(times)) > 3


def test_what_fails_is_taken_back_and_told(cloudformation: Any, world: World) -> None:
    made = make(cloudformation, world, body(Role=role(), Bad={**association(MaxErrors="many"), "DependsOn": "Role"}))
    assert made["StackStatus"] == "ROLLBACK_COMPLETE"
    assert "made" not in world.account(MANAGEMENT).roles
    events = cloudformation.describe_stack_events(StackName="Mine")["StackEvents"]
    [failed] = [e for e in events if e["ResourceStatus"] == "CREATE_FAILED"]
    assert (failed["LogicalResourceId"], "maxErrors" in failed["ResourceStatusReason"]) == ("Bad", True)
    assert "can not be updated" in refused(cloudformation.update_stack, StackName="Mine", TemplateBody=body(A=HANDLE))
    cloudformation.delete_stack(StackName="Mine")
    let_pass(world)
    assert make(cloudformation, world, body(A=HANDLE))["StackStatus"] == "CREATE_COMPLETE"


@pytest.mark.parametrize(("wish", "status"), [({"OnFailure": "DO_NOTHING"}, "CREATE_FAILED"),
                                              ({"DisableRollback": True}, "CREATE_FAILED")])  # fmt: skip
def test_a_failed_stack_stays_when_that_was_wished(
    cloudformation: Any, world: World, wish: dict[str, Any], status: str
) -> None:
    template = body(Role=role(), Bad={**association(MaxErrors="many"), "DependsOn": "Role"})
    assert make(cloudformation, world, template, **wish)["StackStatus"] == status
    assert "made" in world.account(MANAGEMENT).roles


def test_a_failed_stack_goes_when_that_was_wished(cloudformation: Any, world: World) -> None:
    stack_id = cloudformation.create_stack(
        StackName="Mine", TemplateBody=body(Bad=association(MaxErrors="many")), OnFailure="DELETE"
    )["StackId"]
    let_pass(world)
    assert cloudformation.describe_stacks(StackName=stack_id)["Stacks"][0]["StackStatus"] == "DELETE_COMPLETE"
    assert "does not exist" in refused(cloudformation.describe_stacks, StackName="Mine")


def test_a_role_is_changed_in_place(cloudformation: Any, world: World, iam: Any) -> None:
    policies = [{"PolicyName": "read", "PolicyDocument": READ}, {"PolicyName": "old", "PolicyDocument": READ}]
    make(cloudformation, world, body(Role=role(Policies=policies, ManagedPolicyArns=[CORE])))
    before = iam.get_role(RoleName="made")["Role"]
    iam.put_role_policy(RoleName="made", PolicyName="others", PolicyDocument=json.dumps(READ))

    after = change(cloudformation, world, body(Role=role(
        Policies=[{"PolicyName": "read", "PolicyDocument": WRITE}], Description="New", MaxSessionDuration=7200,
        PermissionsBoundary=CORE, Tags=[{"Key": "a", "Value": "b"}],
    )))  # fmt: skip

    found = world.account(MANAGEMENT).roles["made"]
    assert after["StackStatus"] == "UPDATE_COMPLETE"
    assert iam.get_role(RoleName="made")["Role"]["RoleId"] == before["RoleId"]
    assert (found.inline, found.attached) == ({"read": WRITE, "others": READ}, [])
    assert (found.description, found.max_session_seconds, found.boundary, found.tags) == ("New", 7200, CORE, {"a": "b"})


def test_a_failed_update_brings_everything_back(cloudformation: Any, world: World) -> None:
    make(cloudformation, world, body(Role=role(Description="One"), Scan=association()))
    [was] = world.associations.all.values()
    broken = body(
        Role=role(Description="Two"), Scan={**association(ScheduleExpression="rate(2 days)"), "DependsOn": "Role"},
        New={**association(AssociationName="new"), "DependsOn": "Scan"},
        Bad={**association(MaxErrors="many"), "DependsOn": "New"},
    )  # fmt: skip
    after = change(cloudformation, world, broken)
    [found] = world.associations.all.values()
    assert after["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert world.account(MANAGEMENT).roles["made"].description == "One"
    assert (found.association_id, found.facts["ScheduleExpression"]) == (was.association_id, "rate(1 day)")
    resources = cloudformation.list_stack_resources(StackName="Mine")["StackResourceSummaries"]
    assert {r["LogicalResourceId"] for r in resources} == {"Role", "Scan"}
    assert json.loads(json.dumps(cloudformation.get_template(StackName="Mine")["TemplateBody"])) == json.loads(
        body(Role=role(Description="One"), Scan=association())
    )
    assert change(cloudformation, world, body(Scan=association()))["StackStatus"] == "UPDATE_COMPLETE"
    assert "made" not in world.account(MANAGEMENT).roles


def test_an_update_without_a_change_is_refused(cloudformation: Any, world: World) -> None:
    make(cloudformation, world, body(A=HANDLE))
    update = cloudformation.update_stack
    told = "ValidationError: No updates are to be performed."
    assert refused(update, StackName="Mine", TemplateBody=body(A=HANDLE)) == told
    assert refused(update, StackName="Mine", UsePreviousTemplate=True) == told
    update(StackName="Mine", UsePreviousTemplate=True, Tags=[{"Key": "a", "Value": "b"}])
    assert "UPDATE_IN_PROGRESS" in refused(update, StackName="Mine", TemplateBody=body(B=HANDLE))


def test_a_resource_with_a_name_of_its_own_cannot_be_replaced(cloudformation: Any, world: World) -> None:
    content = {"schemaVersion": "2.2", "mainSteps": []}
    document = {"Type": "AWS::SSM::Document", "Properties": {"Name": "mine", "Content": content}}
    newer = {"Name": "mine", "Content": {**content, "description": "x"}}
    make(cloudformation, world, body(D=document))
    after = change(cloudformation, world, body(D={**document, "Properties": newer}))
    assert after["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    events = cloudformation.describe_stack_events(StackName="Mine")["StackEvents"]
    assert any("custom-named resource requires replacing" in e.get("ResourceStatusReason", "") for e in events)


def test_a_document_gets_a_new_version_or_is_replaced(cloudformation: Any, world: World, client: Connect) -> None:
    content = {"schemaVersion": "2.2", "mainSteps": []}
    unnamed = {"Type": "AWS::SSM::Document", "Properties": {"Content": content}}
    named = {"Type": "AWS::SSM::Document", "Properties": {
        "Name": "mine", "Content": content, "UpdateMethod": "NewVersion"}}  # fmt: skip
    make(cloudformation, world, body(Unnamed=unnamed, Named=named))
    before = physical_ids(cloudformation)

    content["description"] = "x"
    after = change(cloudformation, world, body(Unnamed=unnamed, Named=named))

    assert after["StackStatus"] == "UPDATE_COMPLETE"
    ids, ssm = physical_ids(cloudformation), client("ssm")
    assert ids["Named"] == before["Named"] == "mine"
    assert ids["Unnamed"] != before["Unnamed"]
    assert ssm.get_document(Name="mine")["DocumentVersion"] == "2"
    assert "InvalidDocument" in refused(ssm.get_document, Name=before["Unnamed"])


def physical_ids(cloudformation: Any) -> dict[str, str]:
    resources = cloudformation.describe_stack_resources(StackName="Mine")["StackResources"]
    return {r["LogicalResourceId"]: r["PhysicalResourceId"] for r in resources}


def test_policies_follow_the_template(cloudformation: Any, world: World, iam: Any) -> None:
    def template(document: Any) -> str:
        inline = {"PolicyName": "in", "PolicyDocument": document, "Roles": [{"Ref": "Role"}]}
        managed = {"ManagedPolicyName": "kept", "PolicyDocument": document, "Roles": [{"Ref": "Role"}]}
        return body(Role=role(), In={"Type": "AWS::IAM::Policy", "Properties": inline},
                    Kept={"Type": "AWS::IAM::ManagedPolicy", "Properties": managed})  # fmt: skip

    make(cloudformation, world, template(READ))
    for number in range(6):
        statement = {"Sid": f"S{number}", "Effect": "Allow", "Action": "s3:PutObject", "Resource": "*"}
        change(cloudformation, world, template({"Version": "2012-10-17", "Statement": [statement]}))
    arn = f"arn:aws:iam::{MANAGEMENT}:policy/kept"
    versions = iam.list_policy_versions(PolicyArn=arn)["Versions"]
    assert (len(versions), [v["VersionId"] for v in versions if v["IsDefaultVersion"]]) == (5, ["v7"])
    found = world.account(MANAGEMENT).roles["made"]
    assert (found.inline["in"]["Statement"][0]["Sid"], found.attached) == ("S5", [arn])

    cloudformation.delete_stack(StackName="Mine")
    let_pass(world)
    assert "made" not in world.account(MANAGEMENT).roles
    assert "NoSuchEntity" in refused(iam.get_policy, PolicyArn=arn)


def test_a_deletion_that_fails_says_so_and_may_leave_the_resource(cloudformation: Any, world: World, iam: Any) -> None:
    make(cloudformation, world, body(Role=role(), Scan=association()))
    iam.attach_role_policy(RoleName="made", PolicyArn=CORE)
    cloudformation.delete_stack(StackName="Mine")
    let_pass(world)
    failed = cloudformation.describe_stacks(StackName="Mine")["Stacks"][0]
    assert failed["StackStatus"] == "DELETE_FAILED"
    assert failed["StackStatusReason"] == "The following resource(s) failed to delete: [Role]. "
    assert world.associations.all == {}
    cloudformation.delete_stack(StackName="Mine", RetainResources=["Role"])
    let_pass(world)
    assert "does not exist" in refused(cloudformation.describe_stacks, StackName="Mine")
    assert "made" in world.account(MANAGEMENT).roles


def test_what_shall_be_retained_stays(cloudformation: Any, world: World) -> None:
    make(cloudformation, world, body(Role={**role(), "DeletionPolicy": "Retain"}))
    cloudformation.delete_stack(StackName="Mine")
    cloudformation.delete_stack(StackName="Mine")
    let_pass(world)
    assert "made" in world.account(MANAGEMENT).roles
    [told] = cloudformation.list_stacks(StackStatusFilter=["DELETE_COMPLETE"])["StackSummaries"]
    assert ("Role", "DELETE_SKIPPED") in happened(cloudformation, told["StackId"])
    cloudformation.delete_stack(StackName="Mine")


def test_a_protected_stack_is_not_deleted(cloudformation: Any, world: World) -> None:
    make(cloudformation, world, body(A=HANDLE), EnableTerminationProtection=True)
    assert "TerminationProtection" in refused(cloudformation.delete_stack, StackName="Mine")
    cloudformation.update_termination_protection(StackName="Mine", EnableTerminationProtection=False)
    cloudformation.delete_stack(StackName="Mine")
    let_pass(world)
    assert "does not exist" in refused(cloudformation.describe_stacks, StackName="Mine")


def test_a_name_is_taken_once_unless_the_token_says_that_it_is_the_same_request(
    cloudformation: Any, world: World, client: Connect
) -> None:
    asked = {"StackName": "Mine", "TemplateBody": body(A=HANDLE), "ClientRequestToken": "t"}
    made = cloudformation.create_stack(**asked)["StackId"]
    assert cloudformation.create_stack(**asked)["StackId"] == made
    assert "AlreadyExistsException" in refused(cloudformation.create_stack, **{**asked, "ClientRequestToken": "u"})
    elsewhere = client("cloudformation", region="eu-west-1")
    assert elsewhere.describe_stacks()["Stacks"] == []
    assert "does not exist" in refused(elsewhere.describe_stacks, StackName=made)


@pytest.mark.parametrize(
    ("resource", "told"),
    [
        (role(Nonsense=1), "Encountered unsupported property Nonsense"),
        ({"Type": "AWS::IAM::Role", "Properties": {}}, "Property AssumeRolePolicyDocument cannot be empty"),
        (association(Name="gone"), "InvalidDocument"),
    ],
)
def test_a_resource_that_cannot_be_is_named_with_its_reason(
    cloudformation: Any, world: World, resource: dict[str, Any], told: str
) -> None:
    assert make(cloudformation, world, body(X=resource))["StackStatus"] == "ROLLBACK_COMPLETE"
    events = cloudformation.describe_stack_events(StackName="Mine")["StackEvents"]
    [failed] = [e for e in events if e["ResourceStatus"] == "CREATE_FAILED"]
    assert told in failed["ResourceStatusReason"]


def test_iam_must_be_acknowledged_and_unhonoured_parameters_are_refused(cloudformation: Any) -> None:
    create = cloudformation.create_stack
    assert "InsufficientCapabilities" in refused(create, StackName="Mine", TemplateBody=body(Role=role()))
    told = refused(create, StackName="Mine", TemplateBody=body(A=HANDLE), TimeoutInMinutes=5)
    assert "TimeoutInMinutes" in told


def test_a_template_is_fetched_from_s3_as_the_caller(cloudformation: Any, world: World, client: Connect) -> None:
    client("s3").create_bucket(Bucket="templates")
    client("s3").put_object(Bucket="templates", Key="t.yaml", Body="Resources: {A: {Type: 'AWS::SSM::Nothing'}}")
    url = "https://templates.s3.us-east-1.amazonaws.com/t.yaml"
    assert "AWS::SSM::Nothing" in refused(cloudformation.validate_template, TemplateURL=url)
    client("s3").put_object(Bucket="templates", Key="t.yaml", Body=body(A=HANDLE))
    cloudformation.create_stack(StackName="Mine", TemplateURL="https://s3.amazonaws.com/templates/t.yaml")
    let_pass(world)
    assert cloudformation.describe_stacks(StackName="Mine")["Stacks"][0]["StackStatus"] == "CREATE_COMPLETE"
    missing = "https://templates.s3.amazonaws.com/u.yaml"
    assert "S3 error" in refused(cloudformation.create_stack, StackName="Other", TemplateURL=missing)


def test_a_template_is_summed_up_without_making_anything(cloudformation: Any) -> None:
    template = json.dumps({"Description": "D", "Parameters": {"P": {"Type": "Number", "Default": 1}},
                           "Resources": {"Role": role()}})  # fmt: skip
    told = cloudformation.validate_template(TemplateBody=template)
    summary = cloudformation.get_template_summary(TemplateBody=template)
    assert told["Parameters"] == [{"ParameterKey": "P", "DefaultValue": "1", "NoEcho": False}]
    assert (told["Capabilities"], told["Description"]) == (["CAPABILITY_NAMED_IAM"], "D")
    assert (summary["ResourceTypes"], summary["Parameters"][0]["ParameterType"]) == (["AWS::IAM::Role"], "Number")
    assert cloudformation.describe_stacks()["Stacks"] == []


def run_once(document: dict[str, Any], seconds: int) -> str:
    """A stack with a runbook, an association that runs it and is waited for, and a role after it."""
    content = {"schemaVersion": "0.3", "parameters": {"Who": {"type": "String"}}, "mainSteps": [document]}
    runbook = {"Name": "Once", "DocumentType": "Automation", "Content": content}
    waited = {
        "Name": {"Ref": "Runbook"}, "AutomationTargetParameterName": "Who", "WaitForSuccessTimeoutSeconds": seconds,
        "Targets": [{"Key": "ParameterValues", "Values": ["me"]}],
    }  # fmt: skip
    return body(
        Runbook={"Type": "AWS::SSM::Document", "Properties": runbook},
        Run={"Type": "AWS::SSM::Association", "Properties": waited},
        Role={**role(), "DependsOn": "Run"},
    )


def script(text: str) -> dict[str, Any]:
    inputs = {"Runtime": "python3.11", "Handler": "do", "Script": f"def do(events, context):\n    {text}\n"}
    return {"name": "Do", "action": "aws:executeScript", "inputs": inputs}


def test_a_stack_waits_until_an_association_has_succeeded(cloudformation: Any, world: World) -> None:
    cloudformation.create_stack(
        StackName="Mine", TemplateBody=run_once(script("return {}"), 600), Capabilities=["CAPABILITY_NAMED_IAM"]
    )
    world.clock.advance(timedelta(seconds=20))
    world.tick()
    assert ("Role", "CREATE_COMPLETE") not in happened(cloudformation)

    let_pass(world)
    assert happened(cloudformation)[-1] == ("Mine", "CREATE_COMPLETE")


def test_a_stack_is_taken_back_when_an_association_does_not_succeed_in_time(cloudformation: Any, world: World) -> None:
    told = make(cloudformation, world, run_once(script("return missing"), 60))

    assert told["StackStatus"] == "ROLLBACK_COMPLETE"
    assert ("Role", "CREATE_COMPLETE") not in happened(cloudformation)
