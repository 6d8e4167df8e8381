"""Maintenance windows: what they take, when they open, and what they do while they are open."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.engine.world import World
from tests.sandbox.conftest import MANAGEMENT, MEMBER, Connect
from tests.sandbox.state_manager import EVERYTHING, let_pass, managed, refusal

SCAN = {"RunCommand": {"Parameters": {"Operation": ["Scan"]}}}
GONE = "mw-00000000000000000"


@pytest.fixture
def ssm(client: Connect) -> Any:
    return client("ssm", MEMBER)


def open_window(ssm: Any, **more: Any) -> str:
    wanted = {"Name": "nightly", "Schedule": "cron(0 3 * * ? *)", "Duration": 3, "Cutoff": 1,
              "AllowUnassociatedTargets": False, **more}  # fmt: skip
    return str(ssm.create_maintenance_window(**wanted)["WindowId"])


def add_target(ssm: Any, window: str, targets: list[dict[str, Any]] = EVERYTHING) -> str:
    told = ssm.register_target_with_maintenance_window(WindowId=window, ResourceType="INSTANCE", Targets=targets)
    return str(told["WindowTargetId"])


def add_task(ssm: Any, window: str, target: str, **more: Any) -> str:
    wanted = {"WindowId": window, "TaskType": "RUN_COMMAND", "TaskArn": "AWS-RunPatchBaseline", "MaxErrors": "100%",
              "Targets": [{"Key": "WindowTargetIds", "Values": [target]}], "MaxConcurrency": "100%",
              "TaskInvocationParameters": SCAN, **more}  # fmt: skip
    return str(ssm.register_task_with_maintenance_window(**wanted)["WindowTaskId"])


def openings(ssm: Any, window: str) -> list[dict[str, Any]]:
    told: list[dict[str, Any]] = ssm.describe_maintenance_window_executions(WindowId=window)["WindowExecutions"]
    return told


def test_a_window_opens_at_its_time_and_runs_its_task_as_a_command(ssm: Any, world: World) -> None:
    window = open_window(ssm)
    task = add_task(ssm, window, add_target(ssm, window))
    assert ssm.get_maintenance_window(WindowId=window)["NextExecutionTime"] == "2026-11-24T03:00Z"
    let_pass(world, hours=15, minutes=1)
    assert [run["Status"] for run in openings(ssm, window)] == ["IN_PROGRESS"]
    let_pass(world, minutes=10)

    [run] = openings(ssm, window)
    assert (run["Status"], run["StartTime"].isoformat()[:16]) == ("SUCCESS", "2026-11-24T03:00")
    asked = {"WindowExecutionId": run["WindowExecutionId"]}
    [done] = ssm.describe_maintenance_window_execution_tasks(**asked)["WindowExecutionTaskIdentities"]
    assert (done["Status"], done["TaskArn"]) == ("SUCCESS", "AWS-RunPatchBaseline")
    asked["TaskId"] = done["TaskExecutionId"]
    [sent] = ssm.describe_maintenance_window_execution_task_invocations(**asked)[
        "WindowExecutionTaskInvocationIdentities"]  # fmt: skip
    command = ssm.list_commands(CommandId=sent["ExecutionId"])["Commands"][0]
    assert (command["Status"], command["TargetCount"]) == ("Success", len(managed(world)))
    assert ssm.get_maintenance_window_execution_task(**asked)["MaxErrors"] == "100%"
    assert ssm.get_maintenance_window_task(WindowId=window, WindowTaskId=task)["TaskInvocationParameters"] == SCAN
    assert {r.execution_id for r in world.fleet.reports.values()} == {command["CommandId"]}


def test_a_window_lives_in_its_time_zone_and_counts_an_offset(ssm: Any, world: World) -> None:
    tokyo = open_window(ssm, ScheduleTimezone="Asia/Tokyo")
    later = open_window(ssm, Schedule="cron(0 2 ? * TUE#2 *)", ScheduleOffset=2)
    told = {w["WindowId"]: w["NextExecutionTime"] for w in ssm.describe_maintenance_windows()["WindowIdentities"]}
    assert told == {tokyo: "2026-11-23T18:00Z", later: "2026-12-10T02:00Z"}
    coming = ssm.describe_maintenance_window_schedule(WindowId=later)["ScheduledWindowExecutions"]
    assert [c["ExecutionTime"] for c in coming[:2]] == ["2026-12-10T02:00Z", "2027-01-14T02:00Z"]
    let_pass(world, hours=7)
    assert (len(openings(ssm, tokyo)), openings(ssm, later)) == (1, [])


def test_a_window_opens_only_between_its_dates_and_while_it_is_enabled(ssm: Any, world: World) -> None:
    window = open_window(ssm, StartDate="2026-11-25T00:00:00Z", EndDate="2026-11-27T00:00:00Z")
    let_pass(world, days=10)
    assert [run["StartTime"].day for run in openings(ssm, window)] == [26, 25]

    other = open_window(ssm)
    ssm.update_maintenance_window(WindowId=other, Enabled=False)
    let_pass(world, days=3)
    assert openings(ssm, other) == []
    enabled = [{"Key": "Enabled", "Values": ["false"]}]
    listed = ssm.describe_maintenance_windows(Filters=enabled)["WindowIdentities"]
    assert [w["WindowId"] for w in listed] == [other]


def test_tasks_run_by_priority_and_the_cutoff_begins_nothing_more(ssm: Any, world: World) -> None:
    window = open_window(ssm, Duration=2, Cutoff=1)
    target = add_target(ssm, window)
    slow = add_task(ssm, window, target, Priority=2, MaxConcurrency="1", Name="slow")
    first = add_task(ssm, window, target, Priority=1, Name="first")
    never = add_task(ssm, window, target, Priority=9, Name="never")
    world.fleet.set_contact(managed(world)[0].instance_id, "ConnectionLost", world.now())
    let_pass(world, hours=18)
    run = world.windows.all[window].runs[0]
    assert [task.task_id for task in run.tasks] == [first]  # its time to deliver is an hour
    assert run.todo == [slow, never]
    assert (run.status, run.details) == ("TIMED_OUT", "2 tasks were not begun before the cutoff")


def test_a_task_may_be_stopped_at_the_cutoff(ssm: Any, world: World) -> None:
    window = open_window(ssm, Duration=2, Cutoff=1)
    patient = {"RunCommand": {**SCAN["RunCommand"], "TimeoutSeconds": 7200}}
    target = add_target(ssm, window)
    add_task(ssm, window, target, CutoffBehavior="CANCEL_TASK", TaskInvocationParameters=patient)
    world.fleet.set_contact(managed(world)[0].instance_id, "ConnectionLost", world.now())
    let_pass(world, hours=16, minutes=1)
    [task] = world.windows.all[window].runs[0].tasks
    assert task.status == "CANCELLED"
    assert ssm.list_commands(CommandId=task.command_id)["Commands"][0]["Status"] == "Cancelled"


def test_a_window_that_is_still_open_is_not_opened_again(ssm: Any, world: World) -> None:
    window = open_window(ssm, Schedule="rate(30 minutes)")
    add_task(ssm, window, add_target(ssm, window))
    world.fleet.set_contact(managed(world)[0].instance_id, "ConnectionLost", world.now())
    let_pass(world, hours=1, minutes=1)
    assert [run["Status"] for run in openings(ssm, window)] == ["SKIPPED_OVERLAPPING", "IN_PROGRESS"]


def test_an_opening_can_be_cancelled(ssm: Any, world: World) -> None:
    window = open_window(ssm)
    add_task(ssm, window, add_target(ssm, window), MaxConcurrency="1")
    let_pass(world, hours=15, minutes=1)
    [run] = openings(ssm, window)
    ssm.cancel_maintenance_window_execution(WindowExecutionId=run["WindowExecutionId"])
    told = ssm.get_maintenance_window_execution(WindowExecutionId=run["WindowExecutionId"])
    assert told["Status"] == "CANCELLED"
    assert ssm.list_commands()["Commands"][0]["Status"] == "Cancelled"


def test_only_nodes_that_the_window_has_are_reached_unless_it_allows_others(ssm: Any, world: World) -> None:
    chosen, other = (n.instance_id for n in managed(world)[:2])
    both = [{"Key": "InstanceIds", "Values": [chosen, other]}]
    strict, open_to_all = open_window(ssm), open_window(ssm, AllowUnassociatedTargets=True)
    for window in (strict, open_to_all):
        add_target(ssm, window, [{"Key": "InstanceIds", "Values": [chosen]}])
        add_task(ssm, window, "", Targets=both)
    let_pass(world, hours=16)
    reached = {}
    for window in (strict, open_to_all):
        command = world.windows.all[window].runs[0].tasks[0].command_id
        reached[window] = set(world.executions.all[command].results)
    assert reached == {strict: {chosen}, open_to_all: {chosen, other}}


def test_a_window_without_tasks_or_nodes_succeeds_and_says_so(ssm: Any, world: World) -> None:
    idle, empty = open_window(ssm), open_window(ssm)
    add_task(ssm, empty, add_target(ssm, empty, [{"Key": "tag:Nobody", "Values": ["here"]}]))
    let_pass(world, hours=16)
    assert openings(ssm, idle)[0]["StatusDetails"] == "No tasks to execute."
    assert world.windows.all[empty].runs[0].tasks[0].details == "No targets to run the task on"


def test_targets_and_tasks_are_changed_listed_and_taken_out(ssm: Any) -> None:
    window = open_window(ssm)
    target = add_target(ssm, window)
    task = add_task(ssm, window, target, Name="scan-task", Description="scans")
    ssm.update_maintenance_window_target(WindowId=window, WindowTargetId=target, Name="everything")
    ssm.update_maintenance_window_task(WindowId=window, WindowTaskId=task, Priority=5)
    assert ssm.describe_maintenance_window_targets(WindowId=window)["Targets"][0]["Name"] == "everything"
    [listed] = ssm.describe_maintenance_window_tasks(WindowId=window)["Tasks"]
    assert (listed["Priority"], listed["Name"], listed["Type"]) == (5, "scan-task", "RUN_COMMAND")
    whole = {"WindowId": window, "WindowTaskId": task, "Targets": listed["Targets"], "Replace": True,
             "MaxConcurrency": "1", "MaxErrors": "1", "TaskInvocationParameters": SCAN}  # fmt: skip
    assert "Name" not in ssm.update_maintenance_window_task(**whole)

    taking = {"WindowId": window, "WindowTargetId": target}
    assert refusal(ssm.deregister_target_from_maintenance_window, **taking, Safe=True) == "TargetInUseException"
    ssm.deregister_task_from_maintenance_window(WindowId=window, WindowTaskId=task)
    ssm.deregister_target_from_maintenance_window(**taking, Safe=True)
    assert refusal(ssm.deregister_target_from_maintenance_window, **taking) == "DoesNotExistException"


def test_an_update_replaces_everything_only_when_asked(ssm: Any) -> None:
    window = open_window(ssm, Description="by night", ScheduleTimezone="Asia/Tokyo")
    assert ssm.update_maintenance_window(WindowId=window, Duration=4)["Description"] == "by night"
    missing = {"WindowId": window, "Name": "x-x-x", "Replace": True}
    assert refusal(ssm.update_maintenance_window, **missing) == "ValidationException"
    told = ssm.update_maintenance_window(
        WindowId=window, Name="other", Schedule="rate(7 days)", Duration=2, Cutoff=0, AllowUnassociatedTargets=True,
        Replace=True,
    )  # fmt: skip
    assert not {"Description", "ScheduleTimezone"} & set(told)
    assert refusal(ssm.update_maintenance_window, WindowId=window, Cutoff=2) == "ValidationException"
    assert ssm.get_maintenance_window(WindowId=window)["Cutoff"] == 0


def test_a_window_carries_tags(ssm: Any) -> None:
    window = open_window(ssm, Tags=[{"Key": "Team", "Value": "blue"}])
    named = {"ResourceType": "MaintenanceWindow", "ResourceId": window}
    ssm.add_tags_to_resource(**named, Tags=[{"Key": "Use", "Value": "patching"}])
    told = ssm.list_tags_for_resource(**named)["TagList"]
    assert {t["Key"]: t["Value"] for t in told} == {"Team": "blue", "Use": "patching"}


def test_one_token_makes_one_window(ssm: Any) -> None:
    assert open_window(ssm, ClientToken="one") == open_window(ssm, ClientToken="one")
    assert open_window(ssm, ClientToken="two") != open_window(ssm, ClientToken="three")


@pytest.mark.parametrize(
    "wanted",
    [{"Schedule": "cron(0/2 * * * ? *)"}, {"ScheduleTimezone": "Mars/Olympus"}, {"Cutoff": 3},
     {"Schedule": "rate(1 day)", "ScheduleOffset": 2}, {"StartDate": "tomorrow"}],
)  # fmt: skip
def test_what_is_no_window_is_refused(ssm: Any, world: World, wanted: dict[str, Any]) -> None:
    assert refusal(open_window, ssm=ssm, **wanted) == "ValidationException"
    assert not world.windows.all


@pytest.mark.parametrize(
    ("wanted", "code"),
    [
        ({"TaskType": "LAMBDA"}, "NotImplemented"),
        ({"TaskArn": "No-Such-Document"}, "ValidationException"),
        ({"TaskInvocationParameters": {"RunCommand": {}}}, "ValidationException"),
        ({"Targets": [{"Key": "WindowTargetIds", "Values": ["nothing"]}]}, "DoesNotExistException"),
        ({"Targets": []}, "ValidationException"),
    ],
)
def test_what_is_no_task_is_refused(ssm: Any, wanted: dict[str, Any], code: str) -> None:
    window = open_window(ssm)
    assert refusal(add_task, ssm=ssm, window=window, target=add_target(ssm, window), **wanted) == code


def test_another_account_does_not_see_it_and_it_is_deleted_twice_without_harm(ssm: Any, client: Connect) -> None:
    window = open_window(ssm)
    outsider = client("ssm", MANAGEMENT)
    assert outsider.describe_maintenance_windows()["WindowIdentities"] == []
    assert refusal(outsider.get_maintenance_window, WindowId=window) == "DoesNotExistException"
    outsider.delete_maintenance_window(WindowId=window)
    assert ssm.get_maintenance_window(WindowId=window)["Name"] == "nightly"
    for _ in range(2):
        assert ssm.delete_maintenance_window(WindowId=window)["WindowId"] == window
    assert refusal(ssm.get_maintenance_window, WindowId=GONE) == "DoesNotExistException"
