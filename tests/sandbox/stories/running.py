"""Systems Manager: documents, the commands and automations that run them, and the windows in which they run."""

from __future__ import annotations

from datetime import datetime

from tests.sandbox.conftest import MEMBER
from tests.sandbox.state_manager import managed
from tests.sandbox.terminal import Scene, refusal

GREET = {"schemaVersion": "2.2", "mainSteps": [
    {"action": "aws:runShellScript", "name": "greet", "inputs": {"runCommand": ["echo hello"]}}]}  # fmt: skip
TAG_A_ROLE = {"Service": "iam", "Api": "TagRole", "RoleName": "app-server", "Tags": [{"Key": "by", "Value": "runbook"}]}
TAG = {"schemaVersion": "0.3", "mainSteps": [{"name": "Tag", "action": "aws:executeAwsApi", "inputs": TAG_A_ROLE}]}
SCAN = {"RunCommand": {"Parameters": {"Operation": ["Scan"]}}}


def a_document_is_kept_in_versions(scene: Scene) -> None:
    aws = scene.of(MEMBER).run
    aws("ssm create-document --name greet --document-type Command", content=GREET)
    aws("ssm update-document --name greet --document-version $LATEST", content={**GREET, "description": "Greets"})
    aws("ssm update-document-default-version --name greet --document-version 2")
    told = aws("ssm describe-document --name greet")["Document"]
    assert (told["DefaultVersion"], told["Description"]) == ("2", "Greets")
    versions = aws("ssm list-document-versions --name greet")["DocumentVersions"]
    assert {each["DocumentVersion"] for each in versions} == {"1", "2"}
    assert "echo hello" in aws("ssm get-document --name greet --document-version 1")["Content"]
    own = aws("ssm list-documents --filters Key=Owner,Values=Self")["DocumentIdentifiers"]
    assert [each["Name"] for each in own] == ["greet"]
    assert aws("ssm describe-document-permission --name greet --permission-type Share")["AccountIds"] == []

    it = "--resource-type Document --resource-id greet"
    aws(f"ssm add-tags-to-resource {it} --tags Key=a,Value=b Key=c,Value=d")
    aws(f"ssm remove-tags-from-resource {it} --tag-keys a")
    assert aws(f"ssm list-tags-for-resource {it}")["TagList"] == [{"Key": "c", "Value": "d"}]
    aws("ssm delete-document --name greet")
    assert refusal(scene.of(MEMBER), "ssm get-document --name greet") == "InvalidDocument"


def a_command_runs_and_another_is_cancelled(scene: Scene) -> None:
    aws = scene.of(MEMBER).run
    node = next(n.instance_id for n in managed(scene.world) if n.system.platform_type == "Linux" and not n.trouble)
    send = f"ssm send-command --document-name AWS-RunShellScript --instance-ids {node} --parameters commands=true"
    done, cancelled = (aws(send)["Command"]["CommandId"] for _ in range(2))
    aws(f"ssm cancel-command --command-id {cancelled}")
    scene.later(hours=1)
    told = {each["CommandId"]: each["Status"] for each in aws("ssm list-commands")["Commands"]}
    assert (told[done], told[cancelled]) == ("Success", "Cancelled")
    [ran] = aws(f"ssm list-command-invocations --command-id {done} --details")["CommandInvocations"]
    assert ran["InstanceId"] == node
    assert aws(f"ssm get-command-invocation --command-id {done} --instance-id {node}")["ResponseCode"] == 0


def a_runbook_runs_and_another_is_stopped(scene: Scene) -> None:
    aws = scene.of(MEMBER).run
    aws("ssm create-document --name tag --document-type Automation", content=TAG)
    start = "ssm start-automation-execution --document-name tag"
    done, stopped = (aws(start)["AutomationExecutionId"] for _ in range(2))
    aws(f"ssm stop-automation-execution --automation-execution-id {stopped} --type Cancel")
    scene.later(minutes=1)
    runs = aws("ssm describe-automation-executions")["AutomationExecutionMetadataList"]
    ended = {each["AutomationExecutionId"]: each["AutomationExecutionStatus"] for each in runs}
    assert ended == {done: "Success", stopped: "Cancelled"}
    one = f"--automation-execution-id {done}"
    steps = aws(f"ssm describe-automation-step-executions {one}")["StepExecutions"]
    assert [(each["StepName"], each["StepStatus"]) for each in steps] == [("Tag", "Success")]
    assert aws(f"ssm get-automation-execution {one}")["AutomationExecution"]["DocumentName"] == "tag"
    assert scene.world.account(MEMBER).roles["app-server"].tags["by"] == "runbook"


def a_window_opens_and_runs_its_task(scene: Scene) -> None:
    aws = scene.of(MEMBER).run
    hours = "--schedule 'cron(0 3 * * ? *)' --duration 3 --cutoff 1 --no-allow-unassociated-targets"
    window = aws(f"ssm create-maintenance-window --name nightly {hours}")["WindowId"]
    it = f"--window-id {window}"
    everything = "--resource-type INSTANCE --targets Key=InstanceIds,Values=*"
    target = aws(f"ssm register-target-with-maintenance-window {it} {everything}")["WindowTargetId"]
    what = f"--task-type RUN_COMMAND --task-arn AWS-RunPatchBaseline --targets Key=WindowTargetIds,Values={target}"
    pace = "--max-concurrency 100% --max-errors 100%"
    register = f"ssm register-task-with-maintenance-window {it} {what} {pace}"
    task = aws(register, task_invocation_parameters=SCAN)["WindowTaskId"]
    change_the_window(scene, it, f"--window-target-id {target}", f"--window-task-id {task}")

    opens_at = datetime.fromisoformat(aws(f"ssm get-maintenance-window {it}")["NextExecutionTime"])
    scene.later(seconds=(opens_at - scene.world.now()).total_seconds() + 60)
    opening = follow_the_opening(scene, it)
    aws(f"ssm cancel-maintenance-window-execution --window-execution-id {opening}")
    told = aws(f"ssm get-maintenance-window-execution --window-execution-id {opening}")
    assert told["Status"] == "CANCELLED"
    aws(f"ssm deregister-task-from-maintenance-window {it} --window-task-id {task}")
    aws(f"ssm deregister-target-from-maintenance-window {it} --window-target-id {target}")
    aws(f"ssm delete-maintenance-window {it}")
    assert aws("ssm describe-maintenance-windows")["WindowIdentities"] == []


def change_the_window(scene: Scene, it: str, target: str, task: str) -> None:
    """Rename the window and what is in it, and read it back."""
    aws = scene.of(MEMBER).run
    aws(f"ssm update-maintenance-window {it} --name by-night")
    aws(f"ssm update-maintenance-window-target {it} {target} --name everything")
    aws(f"ssm update-maintenance-window-task {it} {task} --priority 5")
    told = aws(f"ssm get-maintenance-window {it}")
    assert told["Name"] == "by-night"
    assert aws(f"ssm describe-maintenance-window-targets {it}")["Targets"][0]["Name"] == "everything"
    assert aws(f"ssm describe-maintenance-window-tasks {it}")["Tasks"][0]["Priority"] == 5
    assert aws(f"ssm get-maintenance-window-task {it} {task}")["Priority"] == 5
    coming = aws(f"ssm describe-maintenance-window-schedule {it} --max-items 1")["ScheduledWindowExecutions"]
    assert coming[0]["ExecutionTime"] == told["NextExecutionTime"]


def follow_the_opening(scene: Scene, it: str) -> str:
    """What the open window runs, down to the command; the opening's id."""
    aws = scene.of(MEMBER).run
    [run] = aws(f"ssm describe-maintenance-window-executions {it}")["WindowExecutions"]
    opening = f"--window-execution-id {run['WindowExecutionId']}"
    tasks = aws(f"ssm describe-maintenance-window-execution-tasks {opening}")["WindowExecutionTaskIdentities"]
    task = f"{opening} --task-id {tasks[0]['TaskExecutionId']}"
    assert aws(f"ssm get-maintenance-window-execution-task {task}")["TaskArn"] == "AWS-RunPatchBaseline"
    sent = aws(f"ssm describe-maintenance-window-execution-task-invocations {task}")
    command = sent["WindowExecutionTaskInvocationIdentities"][0]["ExecutionId"]
    assert aws(f"ssm list-commands --command-id {command}")["Commands"][0]["DocumentName"] == "AWS-RunPatchBaseline"
    return str(run["WindowExecutionId"])
