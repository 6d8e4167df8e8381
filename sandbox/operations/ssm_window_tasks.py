"""Systems Manager: what maintenance windows work on, and what they do."""

from __future__ import annotations

from typing import Any

from sandbox.engine.documents import check_values, get_document
from sandbox.engine.errors import AwsError
from sandbox.engine.targets import check_targets
from sandbox.engine.windows import Window
from sandbox.engine.world import World
from sandbox.operations.ssm_maintenance_windows import find_window
from sandbox.paging import page
from sandbox.registry import Call, Parameters, operation, read_filters

TARGET_FACTS = "ResourceType Targets OwnerInformation Name Description"
TASK_FACTS = (
    "Targets TaskArn ServiceRoleArn TaskType TaskInvocationParameters Priority MaxConcurrency MaxErrors Name "
    "Description CutoffBehavior"
)
RUN_COMMAND = {
    "Comment", "DocumentVersion", "OutputS3BucketName", "OutputS3KeyPrefix", "Parameters", "TimeoutSeconds",
}  # fmt: skip
Facts = dict[str, Any]


@operation("ssm", "RegisterTargetWithMaintenanceWindow", takes=f"{TARGET_FACTS} ClientToken WindowId")
def register_target(world: World, call: Call, parameters: Parameters) -> Parameters:
    """Nodes that a window works on."""
    window, facts = find_window(world, call, parameters["WindowId"]), _chosen(parameters, TARGET_FACTS)
    check_targets(facts["Targets"], "ValidationException")
    return {"WindowTargetId": _register(world, call, parameters, window.targets, facts)}


@operation("ssm", "RegisterTaskWithMaintenanceWindow", takes=f"{TASK_FACTS} ClientToken WindowId")
def register_task(world: World, call: Call, parameters: Parameters) -> Parameters:
    """A document that a window runs on its targets."""
    window = find_window(world, call, parameters["WindowId"])
    facts = {"Priority": 1, "CutoffBehavior": "CONTINUE_TASK", **_chosen(parameters, TASK_FACTS)}
    _check_task(world, call, window, facts)
    return {"WindowTaskId": _register(world, call, parameters, window.tasks, facts)}


def _chosen(parameters: Parameters, names: str) -> Facts:
    return {name: parameters[name] for name in names.split() if parameters.get(name) is not None}


def _register(world: World, call: Call, parameters: Parameters, shelf: dict[str, Facts], facts: Facts) -> str:
    """Put it on the shelf under a new id; under a token that was used before it is there already."""
    key = (call.action, parameters["WindowId"], parameters.get("ClientToken") or world.uuid())
    made = world.windows.tokens.setdefault(key, world.uuid())
    shelf.setdefault(made, facts)
    return made


def _check_task(world: World, call: Call, window: Window, facts: Facts) -> None:
    if facts["TaskType"] != "RUN_COMMAND":
        raise AwsError("NotImplemented", f"The sandbox does not run {facts['TaskType']} tasks", 501)
    asked = facts.get("TaskInvocationParameters", {})
    command = asked.get("RunCommand", {})
    ignored = sorted({*asked} - {"RunCommand"}) + sorted({*command} - RUN_COMMAND)
    if ignored:
        raise AwsError("NotImplemented", f"The sandbox does not honour {', '.join(ignored)} of a task", 501)
    _check_document(world, call, facts["TaskArn"], command)
    _check_task_targets(window, facts)


def _check_document(world: World, call: Call, name: str, command: Facts) -> None:
    """Run Command's own refusals have codes that windows do not know."""
    try:
        version = get_document(world, call.account, call.region, name).version(
            command.get("DocumentVersion", "$DEFAULT")
        )
        check_values(version.content, command.get("Parameters", {}))
    except AwsError as refused:
        raise AwsError("ValidationException", refused.message) from refused


def _check_task_targets(window: Window, facts: Facts) -> None:
    targets = facts.get("Targets") or []
    if not targets:
        raise AwsError("ValidationException", "A RUN_COMMAND task needs Targets.")
    if "MaxConcurrency" not in facts or "MaxErrors" not in facts:
        raise AwsError("ValidationException", "A task with Targets needs MaxConcurrency and MaxErrors.")
    for target in targets:
        if target["Key"] == "WindowTargetIds":
            unknown = [i for i in target["Values"] if i not in window.targets]
            if unknown:
                raise AwsError("DoesNotExistException", f"Window target {unknown[0]} does not exist.")
        else:
            check_targets([target], "ValidationException")


@operation("ssm", "UpdateMaintenanceWindowTarget",
           takes="Description Name OwnerInformation Replace Targets WindowId WindowTargetId")  # fmt: skip
def update_target(world: World, call: Call, parameters: Parameters) -> Parameters:
    """Change what is named; with Replace what is not named is dropped."""
    window = find_window(world, call, parameters["WindowId"])
    was = _find(window.targets, parameters["WindowTargetId"], "target")
    facts = _changed(was, _chosen(parameters, TARGET_FACTS), parameters, ("ResourceType", "Targets"))
    check_targets(facts["Targets"], "ValidationException")
    window.targets[parameters["WindowTargetId"]] = facts
    shown = {name: value for name, value in facts.items() if name != "ResourceType"}
    return {"WindowId": window.window_id, "WindowTargetId": parameters["WindowTargetId"], **shown}


@operation("ssm", "UpdateMaintenanceWindowTask",
           takes=f"{TASK_FACTS.replace('TaskType ', '')} Replace WindowId WindowTaskId")  # fmt: skip
def update_task(world: World, call: Call, parameters: Parameters) -> Parameters:
    """Change what is named; with Replace what is not named is dropped."""
    window = find_window(world, call, parameters["WindowId"])
    was = _find(window.tasks, parameters["WindowTaskId"], "task")
    facts = _changed(was, _chosen(parameters, TASK_FACTS), parameters, ("TaskType", "TaskArn"))
    _check_task(world, call, window, facts)
    window.tasks[parameters["WindowTaskId"]] = facts
    shown = {name: value for name, value in facts.items() if name != "TaskType"}
    return {"WindowId": window.window_id, "WindowTaskId": parameters["WindowTaskId"], **shown}


def _changed(was: Facts, wanted: Facts, parameters: Parameters, lasting: tuple[str, ...]) -> Facts:
    kept = {name: was[name] for name in lasting if name in was} if parameters.get("Replace") else was
    return {**kept, **wanted}


@operation("ssm", "DeregisterTargetFromMaintenanceWindow", takes="Safe WindowId WindowTargetId")
def deregister_target(world: World, call: Call, parameters: Parameters) -> Parameters:
    """Take nodes out of a window; with Safe not those that a task still names."""
    window, target_id = find_window(world, call, parameters["WindowId"]), parameters["WindowTargetId"]
    _find(window.targets, target_id, "target")
    named = [t for task in window.tasks.values() for t in task["Targets"] if t["Key"] == "WindowTargetIds"]
    if parameters.get("Safe") and any(target_id in target["Values"] for target in named):
        raise AwsError("TargetInUseException", "You specified the Safe option: a task still references the target.")
    del window.targets[target_id]
    return {"WindowId": window.window_id, "WindowTargetId": target_id}


@operation("ssm", "DeregisterTaskFromMaintenanceWindow", takes="WindowId WindowTaskId")
def deregister_task(world: World, call: Call, parameters: Parameters) -> Parameters:
    """Take a task out of a window."""
    window, task_id = find_window(world, call, parameters["WindowId"]), parameters["WindowTaskId"]
    _find(window.tasks, task_id, "task")
    del window.tasks[task_id]
    return {"WindowId": window.window_id, "WindowTaskId": task_id}


def _find(shelf: dict[str, Facts], wanted: str, noun: str) -> Facts:
    if wanted not in shelf:
        raise AwsError("DoesNotExistException", f"Window {noun} {wanted} does not exist.")
    return shelf[wanted]


@operation("ssm", "DescribeMaintenanceWindowTargets", takes="Filters MaxResults NextToken WindowId")
def describe_targets(world: World, call: Call, parameters: Parameters) -> Parameters:
    """The nodes that a window works on."""
    window, filters = find_window(world, call, parameters["WindowId"]), read_filters(parameters)
    rows = [{"WindowId": window.window_id, "WindowTargetId": i, **facts} for i, facts in window.targets.items()]
    items, more = page([r for r in rows if _passes(r, filters)], parameters, default=50, error="ValidationException")
    return {"Targets": items, **more}


@operation("ssm", "DescribeMaintenanceWindowTasks", takes="Filters MaxResults NextToken WindowId")
def describe_tasks(world: World, call: Call, parameters: Parameters) -> Parameters:
    """What a window does."""
    window, filters = find_window(world, call, parameters["WindowId"]), read_filters(parameters)
    rows = [_task(window, task_id, facts) for task_id, facts in window.tasks.items()]
    items, more = page([r for r in rows if _passes(r, filters)], parameters, default=50, error="ValidationException")
    return {"Tasks": items, **more}


def _task(window: Window, task_id: str, facts: Facts) -> Facts:
    shown = {name: value for name, value in facts.items() if name not in ("TaskType", "TaskInvocationParameters")}
    return {"WindowId": window.window_id, "WindowTaskId": task_id, "Type": facts["TaskType"], **shown}


def _passes(row: Facts, filters: dict[str, list[str]]) -> bool:
    known = {"WindowTargetId", "WindowTaskId", "TaskArn", "Priority", "TaskType", "OwnerInformation"}
    if set(filters) - known:
        raise AwsError("ValidationException", f"Filters are {', '.join(sorted(known))}.")
    read = {**row, "TaskType": row.get("Type")}
    return all(str(read.get(key)) in values for key, values in filters.items())


@operation("ssm", "GetMaintenanceWindowTask", takes="WindowId WindowTaskId")
def get_task(world: World, call: Call, parameters: Parameters) -> Parameters:
    """One task with all of its settings."""
    window, task_id = find_window(world, call, parameters["WindowId"]), parameters["WindowTaskId"]
    return {"WindowId": window.window_id, "WindowTaskId": task_id, **_find(window.tasks, task_id, "task")}
