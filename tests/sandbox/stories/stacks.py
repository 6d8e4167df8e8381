"""CloudFormation: a stack of one account, and a stack set over the organization."""

from __future__ import annotations

from typing import Any

from tests.sandbox.conftest import MEMBER
from tests.sandbox.terminal import Scene, refusal

PRODUCTION = "ou-demo-prod0001"
PROD = {"555566667777", "666677778888", "777788889999"}
ONE = f"--stack-set-name Org --stack-instance-account {MEMBER} --stack-instance-region us-east-1"


def template(rate: str) -> dict[str, Any]:
    """A stack of one association, a scan at this rate."""
    scan = {"Name": "AWS-RunPatchBaseline", "Parameters": {"Operation": ["Scan"]}, "ScheduleExpression": rate,
            "Targets": [{"Key": "InstanceIds", "Values": ["*"]}]}  # fmt: skip
    return {"Resources": {"Scan": {"Type": "AWS::SSM::Association", "Properties": scan}}}


def a_stack_is_made_changed_and_deleted(scene: Scene) -> None:
    aws = scene.shell.run
    assert aws("cloudformation validate-template", template_body=template("rate(1 day)"))["Parameters"] == []
    aws("cloudformation create-stack --stack-name Mine", template_body=template("rate(1 day)"))
    scene.later(minutes=10)
    aws("cloudformation update-stack --stack-name Mine", template_body=template("rate(2 days)"))
    scene.later(minutes=10)
    stack = aws("cloudformation describe-stacks --stack-name Mine")["Stacks"][0]
    assert stack["StackStatus"] == "UPDATE_COMPLETE"
    events = aws("cloudformation describe-stack-events --stack-name Mine")["StackEvents"]
    assert events[0]["ResourceStatus"] == "UPDATE_COMPLETE"
    one = aws("cloudformation describe-stack-resource --stack-name Mine --logical-resource-id Scan")
    every = aws("cloudformation describe-stack-resources --stack-name Mine")["StackResources"]
    listed = aws("cloudformation list-stack-resources --stack-name Mine")["StackResourceSummaries"]
    made = one["StackResourceDetail"]["PhysicalResourceId"]
    assert [each["PhysicalResourceId"] for each in (*every, *listed)] == [made, made]
    assert aws("cloudformation get-template --stack-name Mine")["TemplateBody"] == template("rate(2 days)")
    summary = aws("cloudformation get-template-summary --stack-name Mine")
    assert summary["ResourceTypes"] == ["AWS::SSM::Association"]

    guard = "cloudformation update-termination-protection --stack-name Mine"
    aws(f"{guard} --enable-termination-protection")
    assert refusal(scene.shell, "cloudformation delete-stack --stack-name Mine") == "ValidationError"
    aws(f"{guard} --no-enable-termination-protection")
    aws("cloudformation delete-stack --stack-name Mine")
    scene.later(minutes=10)
    told = aws("cloudformation list-stacks --stack-status-filter DELETE_COMPLETE")["StackSummaries"]
    assert [each["StackName"] for each in told] == ["Mine"]
    assert aws("cloudformation list-exports")["Exports"] == []


def what_someone_changed_by_hand_is_drift(scene: Scene) -> None:
    aws = scene.shell.run
    aws("cloudformation create-stack --stack-name Drifts", template_body=template("rate(1 day)"))
    scene.later(minutes=10)
    one = "--stack-name Drifts --logical-resource-id Scan"
    made = aws(f"cloudformation describe-stack-resource {one}")["StackResourceDetail"]["PhysicalResourceId"]
    aws(f"ssm update-association --association-id {made} --parameters Operation=Install")
    detection = aws("cloudformation detect-stack-drift --stack-name Drifts")["StackDriftDetectionId"]
    scene.later(minutes=10)
    asked = f"cloudformation describe-stack-drift-detection-status --stack-drift-detection-id {detection}"
    assert aws(asked)["StackDriftStatus"] == "DRIFTED"
    drifts = aws("cloudformation describe-stack-resource-drifts --stack-name Drifts")["StackResourceDrifts"]
    again = aws(f"cloudformation detect-stack-resource-drift {one}")["StackResourceDrift"]
    assert [each["StackResourceDriftStatus"] for each in (*drifts, again)] == ["MODIFIED", "MODIFIED"]


def stack_sets_are_allowed_in_the_organization(scene: Scene) -> None:
    aws = scene.shell.run
    aws("cloudformation deactivate-organizations-access")
    assert aws("cloudformation describe-organizations-access")["Status"] == "DISABLED"
    aws("cloudformation activate-organizations-access")
    assert aws("cloudformation describe-organizations-access")["Status"] == "ENABLED"


def a_stack_set_reaches_a_unit_and_leaves_it(scene: Scene) -> None:
    aws = scene.shell.run
    own = "--permission-model SERVICE_MANAGED --auto-deployment Enabled=true,RetainStacksOnAccountRemoval=false"
    aws(f"cloudformation create-stack-set --stack-set-name Org {own}", template_body=template("rate(1 day)"))
    there = f"--stack-set-name Org --regions us-east-1 --deployment-targets OrganizationalUnitIds={PRODUCTION}"
    quick = "--operation-preferences MaxConcurrentPercentage=100,FailureTolerancePercentage=100"
    made = aws(f"cloudformation create-stack-instances {there} {quick}")["OperationId"]
    scene.later(hours=1)
    told = aws("cloudformation list-stack-instances --stack-set-name Org")["Summaries"]
    assert {each["Account"] for each in told} == PROD
    assert aws(f"cloudformation describe-stack-instance {ONE}")["StackInstance"]["Status"] == "CURRENT"
    results = aws(f"cloudformation list-stack-set-operation-results --stack-set-name Org --operation-id {made}")
    assert {each["Status"] for each in results["Summaries"]} == {"SUCCEEDED"}
    followed = aws("cloudformation list-stack-set-auto-deployment-targets --stack-set-name Org")["Summaries"]
    assert [each["OrganizationalUnitId"] for each in followed] == [PRODUCTION]

    aws("cloudformation update-stack-set --stack-set-name Org", template_body=template("rate(2 days)"))
    scene.later(hours=1)
    aws(f"cloudformation update-stack-instances {there}")
    scene.later(hours=1)
    assert aws("cloudformation describe-stack-set --stack-set-name Org")["StackSet"]["Status"] == "ACTIVE"
    look_for_drift(scene)

    aws(f"cloudformation delete-stack-instances {there} --no-retain-stacks {quick}")
    scene.later(hours=1)
    aws("cloudformation delete-stack-set --stack-set-name Org")
    sets = aws("cloudformation list-stack-sets --status ACTIVE")["Summaries"]
    assert "Org" not in [each["StackSetName"] for each in sets]


def look_for_drift(scene: Scene) -> None:
    """Let the stack set be looked at, once stopped and once to its end."""
    aws = scene.shell.run
    stopped = aws("cloudformation detect-stack-set-drift --stack-set-name Org")["OperationId"]
    aws(f"cloudformation stop-stack-set-operation --stack-set-name Org --operation-id {stopped}")
    scene.later(hours=1)
    done = aws("cloudformation detect-stack-set-drift --stack-set-name Org")["OperationId"]
    scene.later(hours=1)
    told = aws("cloudformation list-stack-set-operations --stack-set-name Org")["Summaries"]
    assert {each["OperationId"]: each["Status"] for each in told}.items() >= {
        stopped: "STOPPED",
        done: "SUCCEEDED",
    }.items()
    one = aws(f"cloudformation describe-stack-set-operation --stack-set-name Org --operation-id {done}")
    assert one["StackSetOperation"]["StackSetDriftDetectionDetails"]["DriftStatus"] == "IN_SYNC"
    assert aws(f"cloudformation list-stack-instance-resource-drifts {ONE} --operation-id {done}")["Summaries"]
