"""Opens maintenance windows when they are due and runs their tasks, those of the lowest priority number first."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sandbox.engine.commands import DELIVERY_SECONDS, command_status, send_command
from sandbox.engine.errors import AwsError
from sandbox.engine.executions import Order
from sandbox.engine.runs import cancel
from sandbox.engine.targets import find_targets
from sandbox.engine.windows import TaskRun, Window, WindowRun
from sandbox.engine.world import event

if TYPE_CHECKING:
    from sandbox.engine.world import World

LOOK_AGAIN = timedelta(minutes=1)
TOLD = {"Success": "SUCCESS", "Failed": "FAILED", "TimedOut": "TIMED_OUT", "Cancelled": "CANCELLED"}


def plan_window(world: World, window: Window) -> None:
    """Put its next opening on the timeline; an older plan of it loses its force."""
    window.schedule_serial += 1
    due = window.next_after(world.now())
    if due:
        world.timeline.at(due, "window due", window.window_id, window.schedule_serial)


@event("window due")
def window_due(world: World, window_id: str, serial: int) -> None:
    """A window opens, unless it is still open from last time."""
    window = world.windows.all.get(window_id)
    if window is None or window.schedule_serial != serial:
        return
    plan_window(world, window)
    now, hours = world.now(), window.facts["Duration"] - window.facts["Cutoff"]
    run = WindowRun(world.uuid(), now, now + timedelta(hours=hours))
    is_open = any(earlier.ended_at is None for earlier in window.runs)
    window.remember(run)
    if is_open:
        run.status, run.ended_at = "SKIPPED_OVERLAPPING", now
        return
    run.todo = sorted(window.tasks, key=lambda task_id: window.tasks[task_id].get("Priority", 1))
    window_goes_on(world, window_id, run.execution_id)


@event("window goes on")
def window_goes_on(world: World, window_id: str, execution_id: str) -> None:
    """Look at what runs, begin what comes next, and close when there is nothing left."""
    window = world.windows.all.get(window_id)
    run = next((r for r in window.runs if r.execution_id == execution_id), None) if window else None
    if window is None or run is None or run.ended_at:
        return
    _settle_tasks(world, run)
    if all(task.ended_at for task in run.tasks) and run.todo and world.now() < run.cutoff_at:
        _begin_next(world, window, run)
        _settle_tasks(world, run)
    if any(task.ended_at is None for task in run.tasks) or (run.todo and world.now() < run.cutoff_at):
        world.timeline.at(world.now() + LOOK_AGAIN, "window goes on", window_id, execution_id)
        return
    _close(world, run)


def cancel_window(world: World, run: WindowRun) -> None:
    """Someone closes a window: what runs is stopped, the rest is not begun."""
    run.todo.clear()
    for task in run.tasks:
        _stop(world, task)
    run.status, run.ended_at = "CANCELLED", world.now()


def _close(world: World, run: WindowRun) -> None:
    run.ended_at = world.now()
    told = {task.status for task in run.tasks}
    if run.todo:
        run.status, run.details = "TIMED_OUT", f"{len(run.todo)} tasks were not begun before the cutoff"
    elif not run.tasks:
        run.status, run.details = "SUCCESS", "No tasks to execute."
    else:
        run.status = "SUCCESS" if told == {"SUCCESS"} else "FAILED"


def _settle_tasks(world: World, run: WindowRun) -> None:
    for task in run.tasks:
        execution = world.executions.find(task.command_id)
        if task.ended_at or execution is None:
            continue
        if execution.is_over:
            status, task.details = command_status(execution)
            task.status, task.ended_at = TOLD[status], execution.last_change()
        elif world.now() >= run.cutoff_at and task.facts.get("CutoffBehavior") == "CANCEL_TASK":
            _stop(world, task)


def _stop(world: World, task: TaskRun) -> None:
    execution = world.executions.find(task.command_id)
    if execution and not execution.is_over:
        cancel(world, execution, list(execution.results))
    if task.ended_at is None:
        task.status, task.ended_at = "CANCELLED", world.now()


def _begin_next(world: World, window: Window, run: WindowRun) -> None:
    """All tasks of the next priority together; one that was deregistered meanwhile is passed over."""
    known = [task_id for task_id in run.todo if task_id in window.tasks]
    first = window.tasks[known[0]].get("Priority", 1) if known else None
    now = [task_id for task_id in known if window.tasks[task_id].get("Priority", 1) == first]
    run.todo = [task_id for task_id in known if task_id not in now]
    run.tasks.extend(_begin_task(world, window, task_id) for task_id in now)


def _begin_task(world: World, window: Window, task_id: str) -> TaskRun:
    facts = window.tasks[task_id]
    task = TaskRun(world.uuid(), task_id, facts["TaskArn"], facts, world.now(), world.uuid())
    try:
        order = task_order(window, facts)
        nodes = tuple(_nodes_of(world, window, facts, order))
        if not nodes:
            task.status, task.details, task.ended_at = "SUCCESS", "No targets to run the task on", world.now()
            return task
        asked = facts.get("TaskInvocationParameters", {}).get("RunCommand", {})
        task.command_id = send_command(
            world, window.account_id, window.region, order, nodes, comment=asked.get("Comment", ""),
            delivery_seconds=asked.get("TimeoutSeconds", DELIVERY_SECONDS),
        ).command_id  # fmt: skip
    except AwsError as error:
        task.status, task.details, task.ended_at = "FAILED", f"{error.code}: {error.message}"[:250], world.now()
    return task


def task_order(window: Window, facts: dict[str, Any]) -> Order:
    """What a RUN_COMMAND task sends; its nodes are given by id."""
    asked = facts.get("TaskInvocationParameters", {}).get("RunCommand", {})
    output = {name: asked[name] for name in ("OutputS3BucketName", "OutputS3KeyPrefix") if asked.get(name)}
    return Order(
        document=facts["TaskArn"],
        document_version=asked.get("DocumentVersion", "$DEFAULT"),
        parameters=asked.get("Parameters", {}),
        max_concurrency=facts.get("MaxConcurrency", "1"),
        max_errors=facts.get("MaxErrors", "1"),
        output={**output, "OutputS3Region": window.region} if output else {},
    )


def _nodes_of(world: World, window: Window, facts: dict[str, Any], order: Order) -> list[str]:
    """The nodes of a task's targets; without AllowUnassociatedTargets only those that the window has as targets."""
    registered = {i for target in window.targets.values() for i in _meant(world, window, order, target["Targets"])}
    nodes: list[str] = []
    for target in facts.get("Targets", []):
        if target["Key"] == "WindowTargetIds":
            chosen = [window.targets[i] for i in target["Values"] if i in window.targets]
            found = [i for each in chosen for i in _meant(world, window, order, each["Targets"])]
        else:
            found = _meant(world, window, order, [target])
        nodes += [i for i in found if i not in nodes]
    return nodes if window.facts.get("AllowUnassociatedTargets") else [i for i in nodes if i in registered]


def _meant(world: World, window: Window, order: Order, targets: list[dict[str, Any]]) -> list[str]:
    asked = Order(order.document, targets=tuple(targets))
    return find_targets(world, window.account_id, window.region, asked)
