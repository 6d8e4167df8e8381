"""Run Command: sending, watching, cancelling; and runbooks that are started by hand."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from sandbox.engine.world import World
from tests.sandbox.conftest import MANAGEMENT, MEMBER, Connect
from tests.sandbox.state_manager import EVERYTHING, REGION, SCAN, associate, let_pass, managed, refusal

NO_FILE = {"Operation": ["Scan"], "BaselineOverride": ["s3://no-such-bucket/baseline_overrides.json"]}
NOWHERE = "00000000-0000-4000-a000-000000000000"


@pytest.fixture
def ssm(client: Connect) -> Any:
    return client("ssm", MEMBER)


def send(ssm: Any, **more: Any) -> dict[str, Any]:
    wanted = {"DocumentName": "AWS-RunPatchBaseline", "Parameters": SCAN, "Targets": EVERYTHING, **more}
    told: dict[str, Any] = ssm.send_command(**{k: v for k, v in wanted.items() if v is not None})["Command"]
    return told


def command(ssm: Any, command_id: str) -> dict[str, Any]:
    told: dict[str, Any] = ssm.list_commands(CommandId=command_id)["Commands"][0]
    return told


def test_a_command_goes_to_its_targets_and_is_told_with_its_counts(ssm: Any, world: World) -> None:
    sent = send(ssm, Comment="by hand", TimeoutSeconds=60)
    assert (sent["Status"], sent["TargetCount"], sent["MaxConcurrency"], sent["MaxErrors"]) == (
        "Pending", len(managed(world)), "50", "0")  # fmt: skip
    let_pass(world, seconds=30)
    assert command(ssm, sent["CommandId"])["Status"] == "InProgress"
    let_pass(world, minutes=5)
    told = command(ssm, sent["CommandId"])
    assert (told["Status"], told["CompletedCount"], told["ErrorCount"]) == ("Success", len(managed(world)), 0)
    assert told["Comment"] == "by hand"
    assert {r.execution_type for r in world.fleet.reports.values()} == {"Command"}


def test_each_node_s_invocation_is_listed_and_read(ssm: Any, world: World) -> None:
    node = managed(world)[0]
    sent = send(ssm, InstanceIds=[node.instance_id], Targets=None)
    before = ssm.get_command_invocation(CommandId=sent["CommandId"], InstanceId=node.instance_id)
    assert (before["Status"], before["ResponseCode"], before["ExecutionStartDateTime"]) == ("Pending", -1, "")
    let_pass(world, minutes=5)

    [listed] = ssm.list_command_invocations(CommandId=sent["CommandId"], Details=True)["CommandInvocations"]
    assert (listed["InstanceName"], listed["StatusDetails"]) == (node.name, "Success")
    [step] = listed["CommandPlugins"]
    assert step["Name"].startswith("Patch")
    assert "OperationType: Scan" in step["Output"]
    [plain] = ssm.list_command_invocations(InstanceId=node.instance_id)["CommandInvocations"]
    assert plain["CommandPlugins"] == []

    told = ssm.get_command_invocation(CommandId=sent["CommandId"], InstanceId=node.instance_id)
    assert (told["Status"], told["ResponseCode"], told["PluginName"]) == ("Success", 0, step["Name"])
    assert told["ExecutionStartDateTime"] == "2026-11-23T12:00:20.000Z"
    assert told["ExecutionElapsedTime"].startswith("PT")
    asked = {"CommandId": sent["CommandId"], "InstanceId": node.instance_id}
    assert "skipped" in ssm.get_command_invocation(**asked, PluginName="PatchMacOS")["StandardOutputContent"]
    assert refusal(ssm.get_command_invocation, **asked, PluginName="Nothing") == "InvalidPluginName"
    asked["CommandId"] = NOWHERE
    assert refusal(ssm.get_command_invocation, **asked) == "InvocationDoesNotExist"


def test_long_output_is_cut(ssm: Any, world: World) -> None:
    node = managed(world)[0].instance_id
    sent = send(ssm, InstanceIds=[node], Targets=None)
    let_pass(world, minutes=5)
    results = world.executions.all[sent["CommandId"]].results
    results[node] = replace(results[node], output="x" * 30_000, errors="y" * 9_000)
    told = ssm.get_command_invocation(CommandId=sent["CommandId"], InstanceId=node)
    assert (len(told["StandardOutputContent"]), len(told["StandardErrorContent"])) == (24_000, 8_000)
    assert told["StandardOutputContent"].endswith("--output truncated--")
    [listed] = ssm.list_command_invocations(CommandId=sent["CommandId"], Details=True)["CommandInvocations"]
    assert len(listed["CommandPlugins"][0]["Output"]) == 2_500


def test_failures_beyond_max_errors_fail_a_command_fewer_leave_it_incomplete(ssm: Any, world: World) -> None:
    strict = send(ssm, Parameters=NO_FILE, MaxErrors="0", MaxConcurrency="1")
    let_pass(world, minutes=30)
    told = command(ssm, strict["CommandId"])
    assert (told["Status"], told["StatusDetails"], told["ErrorCount"]) == ("Failed", "Failed", 1)

    lenient = send(ssm, Parameters=NO_FILE, MaxErrors="100%")
    let_pass(world, minutes=30)
    told = command(ssm, lenient["CommandId"])
    assert (told["Status"], told["StatusDetails"], told["ErrorCount"]) == (
        "Failed", "Incomplete", len(managed(world)))  # fmt: skip


def test_a_command_without_nodes_says_so(ssm: Any) -> None:
    sent = send(ssm, Targets=[{"Key": "tag:Nobody", "Values": ["here"]}])
    assert (sent["Status"], sent["StatusDetails"]) == ("Success", "NoInstancesInTag")


def test_nodes_of_another_platform_are_invalid_in_targets_and_refused_by_id(ssm: Any, world: World) -> None:
    windows = next(n for n in managed(world) if n.system.platform_type == "Windows")
    script = {"DocumentName": "AWS-RunShellScript", "Parameters": {"commands": ["true"]}}
    sent = send(ssm, **script)
    let_pass(world, minutes=1)
    told = ssm.get_command_invocation(CommandId=sent["CommandId"], InstanceId=windows.instance_id)
    assert (told["Status"], told["StatusDetails"]) == ("Failed", "InvalidPlatform")
    assert command(ssm, sent["CommandId"])["Status"] == "Success"
    by_id = {**script, "InstanceIds": [windows.instance_id]}
    assert refusal(ssm.send_command, **by_id) == "UnsupportedPlatformType"


def test_a_command_is_cancelled_on_some_nodes_or_on_all(ssm: Any, world: World) -> None:
    first = managed(world)[0].instance_id
    sent = send(ssm, MaxConcurrency="3")
    let_pass(world, seconds=25)
    ssm.cancel_command(CommandId=sent["CommandId"], InstanceIds=[first])
    told = ssm.get_command_invocation(CommandId=sent["CommandId"], InstanceId=first)
    assert told["Status"] == "Cancelled"
    ssm.cancel_command(CommandId=sent["CommandId"])
    let_pass(world, hours=1)
    assert command(ssm, sent["CommandId"])["Status"] == "Cancelled"
    assert world.fleet.reports == {}
    assert refusal(ssm.cancel_command, CommandId=NOWHERE) == "InvalidCommandId"
    stranger = {"CommandId": sent["CommandId"], "InstanceIds": ["i-0123456789abcdef0"]}
    assert refusal(ssm.cancel_command, **stranger) == "InvalidInstanceId"
    twice = {"CommandId": sent["CommandId"], "InstanceIds": [first, first]}
    assert refusal(ssm.cancel_command, **twice) == "DuplicateInstanceId"


@pytest.mark.parametrize(
    ("wanted", "code"),
    [
        ({"DocumentName": "No-Such-Document"}, "InvalidDocument"),
        ({"DocumentName": "AWS-GatherSoftwareInventory", "Parameters": {}}, "InvalidDocument"),
        ({"Parameters": {"Operation": ["Destroy"]}}, "InvalidParameters"),
        ({"Targets": None}, "ValidationException"),
        ({"Targets": [{"Key": "Colour", "Values": ["red"]}]}, "ValidationException"),
        ({"Targets": None, "InstanceIds": ["i-0123456789abcdef0"]}, "InvalidInstanceId"),
        ({"Targets": None, "InstanceIds": ["i-0123456789abcdef0"] * 2}, "DuplicateInstanceId"),
        ({"ServiceRoleArn": "arn:aws:iam::555566667777:role/notify"}, "NotImplemented"),
    ],
)
def test_what_is_no_command_is_refused_by_name(ssm: Any, wanted: dict[str, Any], code: str) -> None:
    assert refusal(send, ssm=ssm, **wanted) == code


def test_commands_are_filtered_and_another_account_sees_none(ssm: Any, client: Connect, world: World) -> None:
    script = send(ssm, DocumentName="AWS-RunShellScript", Parameters={"commands": ["true"]})["CommandId"]
    let_pass(world, hours=1)
    scan = send(ssm)["CommandId"]

    def found(key: str, value: str) -> list[str]:
        return [c["CommandId"] for c in ssm.list_commands(Filters=[{"key": key, "value": value}])["Commands"]]

    assert found("DocumentName", "AWS-RunShellScript") == [script]
    assert found("ExecutionStage", "Executing") == [scan]
    assert found("Status", "Success") == [script]
    assert found("InvokedAfter", "2026-11-23T12:30:00Z") == [scan]
    assert found("InvokedBefore", "2026-11-23T12:30:00Z") == [script]
    assert [c["CommandId"] for c in ssm.list_commands()["Commands"]] == [scan, script]
    outsider = client("ssm", MANAGEMENT)
    assert outsider.list_commands()["Commands"] == []
    assert refusal(outsider.cancel_command, CommandId=scan) == "InvalidCommandId"
    stage = [{"key": "ExecutionStage", "value": "Executing"}]
    assert refusal(ssm.list_command_invocations, Filters=stage) == "InvalidFilterKey"


TAG = {
    "schemaVersion": "0.3",
    "parameters": {"Role": {"type": "String"}},
    "mainSteps": [
        {"name": "Tag", "action": "aws:executeAwsApi",
         "inputs": {"Service": "iam", "Api": "TagRole", "RoleName": "{{ Role }}",
                    "Tags": [{"Key": "by", "Value": "runbook"}]}},
        {"name": "Read", "action": "aws:executeAwsApi", "isEnd": True,
         "inputs": {"Service": "iam", "Api": "GetRole", "RoleName": "{{ Role }}"},
         "outputs": [{"Name": "Id", "Selector": "$.Role.RoleId", "Type": "String"}]},
    ],
}  # fmt: skip


@pytest.fixture
def runbook(ssm: Any) -> str:
    ssm.create_document(Name="tag-a-role", DocumentType="Automation", Content=json.dumps(TAG))
    return "tag-a-role"


def test_a_runbook_changes_what_it_says_and_tells_its_steps(ssm: Any, world: World, runbook: str) -> None:
    started = ssm.start_automation_execution(DocumentName=runbook, Parameters={"Role": ["app-server"]})
    run_id = started["AutomationExecutionId"]
    running = ssm.get_automation_execution(AutomationExecutionId=run_id)["AutomationExecution"]
    assert running["AutomationExecutionStatus"] == "InProgress"
    let_pass(world, seconds=10)
    role = world.account(MEMBER).roles["app-server"]
    assert role.tags["by"] == "runbook"
    told = ssm.get_automation_execution(AutomationExecutionId=run_id)["AutomationExecution"]
    assert (told["AutomationExecutionStatus"], told["Outputs"]) == ("Success", {"Read.Id": [role.role_id]})
    steps = ssm.describe_automation_step_executions(AutomationExecutionId=run_id)["StepExecutions"]
    assert [(s["StepName"], s["StepStatus"]) for s in steps] == [("Tag", "Success"), ("Read", "Success")]
    asked = {"AutomationExecutionId": run_id}
    assert refusal(ssm.stop_automation_execution, **asked) == "InvalidAutomationStatusUpdateException"


def test_a_runbook_that_fails_says_at_which_step_and_a_stopped_one_does_nothing(
    ssm: Any, world: World, runbook: str
) -> None:
    bad = ssm.start_automation_execution(DocumentName=runbook, Parameters={"Role": ["nobody"]})["AutomationExecutionId"]
    good = {"DocumentName": runbook, "Parameters": {"Role": ["app-server"]}}
    stopped = ssm.start_automation_execution(**good)["AutomationExecutionId"]
    ssm.stop_automation_execution(AutomationExecutionId=stopped, Type="Cancel")
    let_pass(world, seconds=10)
    runs = {
        r["AutomationExecutionId"]: r for r in ssm.describe_automation_executions()["AutomationExecutionMetadataList"]
    }
    assert runs[bad]["AutomationExecutionStatus"] == "Failed"
    assert "executing Tag: NoSuchEntity" in runs[bad]["FailureMessage"]
    assert runs[stopped]["AutomationExecutionStatus"] == "Cancelled"
    assert "by" not in world.account(MEMBER).roles["app-server"].tags
    failed = [{"Key": "ExecutionStatus", "Values": ["Failed"]}]
    found = ssm.describe_automation_executions(Filters=failed)["AutomationExecutionMetadataList"]
    assert [r["AutomationExecutionId"] for r in found] == [bad]


def test_a_runbook_is_refused_in_automation_s_own_words(ssm: Any, client: Connect, runbook: str) -> None:
    start = ssm.start_automation_execution
    assert refusal(start, DocumentName="AWS-RunPatchBaseline") == "AutomationDefinitionNotFoundException"
    assert refusal(start, DocumentName=runbook) == "InvalidAutomationExecutionParametersException"
    missing = {"DocumentName": runbook, "DocumentVersion": "9", "Parameters": {"Role": ["x"]}}
    assert refusal(start, **missing) == "AutomationDefinitionVersionNotFoundException"
    unknown = {"AutomationExecutionId": NOWHERE}
    assert refusal(ssm.get_automation_execution, **unknown) == "AutomationExecutionNotFoundException"
    made = start(DocumentName=runbook, Parameters={"Role": ["app-server"]})["AutomationExecutionId"]
    outsider = client("ssm", MANAGEMENT).get_automation_execution
    assert refusal(outsider, AutomationExecutionId=made) == "AutomationExecutionNotFoundException"


def test_an_association_of_a_runbook_reaches_nodes_of_today_and_tomorrow_and_named_values(
    ssm: Any, world: World, runbook: str
) -> None:
    names = [{"Key": "ParameterValues", "Values": ["app-server", "nobody"]}]
    made = associate(ssm, Name=runbook, Parameters={}, AutomationTargetParameterName="Role", Targets=names)
    let_pass(world, minutes=1)
    latest = world.associations.all[made].latest
    assert {name: result.status for name, result in latest.items()} == {"app-server": "Success", "nobody": "Failed"}
    run_id = latest["nobody"].source_id
    told = ssm.get_automation_execution(AutomationExecutionId=run_id)["AutomationExecution"]
    assert (told["Target"], told["TargetParameterName"]) == ("nobody", "Role")
    assert ssm.list_commands()["Commands"] == []

    everywhere = associate(ssm, Name=runbook, Parameters={}, AutomationTargetParameterName="Role")
    let_pass(world, minutes=1)
    here = {n.instance_id for n in world.fleet.within(MEMBER, REGION) if n.state == "running"}
    assert set(world.associations.all[everywhere].latest) == here
