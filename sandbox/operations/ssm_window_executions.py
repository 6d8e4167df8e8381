"""Systems Manager: what happened while maintenance windows were open."""

from __future__ import annotations

import json
from typing import Any

from sandbox.engine.errors import AwsError
from sandbox.engine.window_runs import cancel_window
from sandbox.engine.windows import TaskRun, Window, WindowRun
from sandbox.engine.world import World
from sandbox.operations.ssm_association_lists import read_moment
from sandbox.operations.ssm_maintenance_windows import find_window
from sandbox.paging import page
from sandbox.registry import Call, Parameters, operation, read_filters

Row = dict[str, Any]


@operation("ssm", "DescribeMaintenanceWindowExecutions", takes="Filters MaxResults NextToken WindowId")
def describe_executions(world: World, call: Call, parameters: Parameters) -> Parameters:
    """Each time that a window opened, the newest first."""
    window, filters = find_window(world, call, parameters["WindowId"]), read_filters(parameters)
    shown = [run for run in reversed(window.runs) if all(_passes(run, key, v) for key, v in filters.items())]
    items, more = page(shown, parameters, default=50, error="ValidationException")
    return {"WindowExecutions": [{"WindowId": window.window_id, **_run(run)} for run in items], **more}


def _passes(run: WindowRun, key: str, values: list[str]) -> bool:
    if key not in ("ExecutedBefore", "ExecutedAfter"):
        raise AwsError("ValidationException", "Executions are filtered by ExecutedBefore and ExecutedAfter.")
    moment = read_moment(values[0])
    return run.started_at < moment if key == "ExecutedBefore" else run.started_at > moment


@operation("ssm", "GetMaintenanceWindowExecution", takes="WindowExecutionId")
def get_execution(world: World, call: Call, parameters: Parameters) -> Parameters:
    """One time that a window opened."""
    _, run = _find_run(world, call, parameters["WindowExecutionId"])
    return {**_run(run), "TaskIds": [task.task_execution_id for task in run.tasks]}


@operation("ssm", "CancelMaintenanceWindowExecution", takes="WindowExecutionId")
def cancel_execution(world: World, call: Call, parameters: Parameters) -> Parameters:
    """Close a window before its time."""
    _, run = _find_run(world, call, parameters["WindowExecutionId"])
    if run.ended_at is None:
        cancel_window(world, run)
    return {"WindowExecutionId": run.execution_id}


@operation("ssm", "DescribeMaintenanceWindowExecutionTasks", takes="MaxResults NextToken WindowExecutionId")
def describe_execution_tasks(world: World, call: Call, parameters: Parameters) -> Parameters:
    """What a window did, task by task."""
    _, run = _find_run(world, call, parameters["WindowExecutionId"])
    items, more = page(run.tasks, parameters, default=50, error="ValidationException")
    rows = [{**_task(run, task), "TaskArn": task.document, "TaskType": "RUN_COMMAND"} for task in items]
    return {"WindowExecutionTaskIdentities": rows, **more}


@operation("ssm", "GetMaintenanceWindowExecutionTask", takes="TaskId WindowExecutionId")
def get_execution_task(world: World, call: Call, parameters: Parameters) -> Parameters:
    """One task of an opening."""
    run, task = _find_task(world, call, parameters)
    chosen: Row = {name: task.facts[name] for name in ("Priority", "MaxConcurrency", "MaxErrors") if name in task.facts}
    return {**_task(run, task), **chosen, "TaskArn": task.document, "Type": "RUN_COMMAND"}


@operation(
    "ssm", "DescribeMaintenanceWindowExecutionTaskInvocations", takes="MaxResults NextToken TaskId WindowExecutionId"
)
def describe_invocations(world: World, call: Call, parameters: Parameters) -> Parameters:
    """The command that a task sent."""
    run, task = _find_task(world, call, parameters)
    items, more = page([task], parameters, default=50, error="ValidationException")
    return {"WindowExecutionTaskInvocationIdentities": [_invocation(run, each) for each in items], **more}


def _find_run(world: World, call: Call, execution_id: str) -> tuple[Window, WindowRun]:
    for window in world.windows.all.within(call.account, call.region):
        for run in window.runs:
            if run.execution_id == execution_id:
                return window, run
    raise AwsError("DoesNotExistException", f"Maintenance window execution {execution_id} does not exist.")


def _find_task(world: World, call: Call, parameters: Parameters) -> tuple[WindowRun, TaskRun]:
    _, run = _find_run(world, call, parameters["WindowExecutionId"])
    task = next((t for t in run.tasks if t.task_execution_id == parameters["TaskId"]), None)
    if task is None:
        raise AwsError("DoesNotExistException", f"Task {parameters['TaskId']} of the execution does not exist.")
    return run, task


def _run(run: WindowRun) -> Row:
    return {"WindowExecutionId": run.execution_id, **_state(run)}


def _task(run: WindowRun, task: TaskRun) -> Row:
    return {"WindowExecutionId": run.execution_id, "TaskExecutionId": task.task_execution_id, **_state(task)}


def _invocation(run: WindowRun, task: TaskRun) -> Row:
    command = task.facts.get("TaskInvocationParameters", {}).get("RunCommand", {})
    told = {
        **_task(run, task),
        "InvocationId": task.invocation_id,
        "TaskType": "RUN_COMMAND",
        "Parameters": json.dumps({"documentName": task.document, "parameters": command.get("Parameters", {})}),
    }
    return {**told, "ExecutionId": task.command_id} if task.command_id else told


def _state(thing: WindowRun | TaskRun) -> Row:
    told = {
        "Status": thing.status,
        "StatusDetails": thing.details or None,
        "StartTime": thing.started_at,
        "EndTime": thing.ended_at,
    }
    return {key: value for key, value in told.items() if value is not None}
