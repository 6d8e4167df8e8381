"""The maintenance windows of one account and Region that patch: on what, and by which commands they did.

AWS lists windows alone; what each does takes a call a window, and which commands it sent takes more (one for its runs,
one for the tasks of a run, one for the commands of a task). At most fifty windows stand in a Region: one page.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from policies.aws.associations import targets_of
from policies.aws.connect import Aws
from policies.aws.errors import asking
from policies.domain.scanners import PATCH_DOCUMENTS, Reach, Target

PERMISSIONS = {
    "ssm:DescribeMaintenanceWindowExecutionTaskInvocations",
    "ssm:DescribeMaintenanceWindowExecutionTasks",
    "ssm:DescribeMaintenanceWindowExecutions",
    "ssm:DescribeMaintenanceWindowTargets",
    "ssm:DescribeMaintenanceWindowTasks",
    "ssm:DescribeMaintenanceWindows",
}

PAGE = 50
REGISTERED = "WindowTargetIds"
"""Key of a task's target that stands for targets which the window has."""


@dataclass(frozen=True)
class WindowFact:
    """A window that is enabled, whatever it does."""

    window_id: str
    name: str
    schedule: str


@dataclass(frozen=True)
class ScannerRun:
    """One time that a window opened, or that another scanner ran; while it is not over it may send more commands."""

    run_id: str
    began_at: datetime
    is_over: bool


def list_windows(aws: Aws, region: str) -> tuple[WindowFact, ...]:
    """The windows that open."""
    with asking("ssm:DescribeMaintenanceWindows"):
        told = aws.client("ssm", region).describe_maintenance_windows(
            Filters=[{"Key": "Enabled", "Values": ["true"]}], MaxResults=PAGE
        )
    return tuple(WindowFact(w["WindowId"], w.get("Name", ""), w.get("Schedule", "")) for w in told["WindowIdentities"])


def list_task_targets(aws: Aws, region: str, window_id: str) -> tuple[Target, ...]:
    """What the window's tasks that patch name as their targets; () when none does."""
    with asking("ssm:DescribeMaintenanceWindowTasks"):
        told = aws.client("ssm", region).describe_maintenance_window_tasks(WindowId=window_id, MaxResults=PAGE)
    return tuple(target for task in told["Tasks"] if _patches(task) for target in targets_of(task))


def resolve_targets(aws: Aws, region: str, window_id: str, named: Collection[Target]) -> Reach:
    """The nodes that tasks mean: those of the window's targets that they name, and those that they name themselves."""
    with asking("ssm:DescribeMaintenanceWindowTargets"):
        told = aws.client("ssm", region).describe_maintenance_window_targets(WindowId=window_id, MaxResults=PAGE)
    chosen = {value for target in named if target.key == REGISTERED for value in target.values}
    own = tuple((target,) for target in named if target.key != REGISTERED)
    return (*(targets_of(target) for target in told["Targets"] if target["WindowTargetId"] in chosen), *own)


def list_window_runs(aws: Aws, region: str, window_id: str) -> tuple[ScannerRun, ...]:
    """The newest times that it opened, at most a page."""
    with asking("ssm:DescribeMaintenanceWindowExecutions"):
        told = aws.client("ssm", region).describe_maintenance_window_executions(WindowId=window_id, MaxResults=PAGE)
    return tuple(
        ScannerRun(run["WindowExecutionId"], run["StartTime"], "EndTime" in run) for run in told["WindowExecutions"]
    )


def list_task_runs(aws: Aws, region: str, run_id: str) -> tuple[str, ...]:
    """The ids of the tasks of a run that patched."""
    with asking("ssm:DescribeMaintenanceWindowExecutionTasks"):
        told = aws.client("ssm", region).describe_maintenance_window_execution_tasks(
            WindowExecutionId=run_id, MaxResults=PAGE
        )
    return tuple(task["TaskExecutionId"] for task in told["WindowExecutionTaskIdentities"] if _patches(task))


def list_task_commands(aws: Aws, region: str, run_id: str, task_run_id: str) -> tuple[str, ...]:
    """The commands that a task of a run sent."""
    with asking("ssm:DescribeMaintenanceWindowExecutionTaskInvocations"):
        told = aws.client("ssm", region).describe_maintenance_window_execution_task_invocations(
            WindowExecutionId=run_id, TaskId=task_run_id, MaxResults=PAGE
        )
    rows = told["WindowExecutionTaskInvocationIdentities"]
    return tuple(row["ExecutionId"] for row in rows if row.get("ExecutionId"))


def _patches(task: dict[str, Any]) -> bool:
    """TaskArn is a document's name or its ARN."""
    return str(task.get("TaskArn", "")).rpartition("/")[2] in PATCH_DOCUMENTS
