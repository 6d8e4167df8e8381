"""Executions of Automation documents: they begin, work a while, and end; or someone stops them before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.engine.automations import run_automation
from sandbox.engine.documents import AutomationRun, get_document
from sandbox.engine.errors import AwsError
from sandbox.engine.executions import Execution

if TYPE_CHECKING:
    from sandbox.engine.world import World

KEPT_RUNS = 300
STOPPED = "The automation was cancelled."


def begin_automation(world: World, execution: Execution, target: str) -> str:
    """One target's own run of an association's or a window's runbook; its id."""
    order = execution.order
    run = AutomationRun(
        world.uuid(), execution.account_id, execution.region, order.document,
        {**order.parameters, order.target_parameter: [target]}, world.now(), order.document_version,
        target=target, target_parameter=order.target_parameter,
    )  # fmt: skip
    keep(world, run)
    return run.execution_id


def keep(world: World, run: AutomationRun) -> None:
    """Add a run; of each account and Region only the newest are kept."""
    world.automations[run.execution_id] = run
    here = world.automations.within(run.account_id, run.region)
    if len(here) > KEPT_RUNS:
        oldest = next((each for each in here if each.ended_at), None)
        if oldest:
            del world.automations[oldest.execution_id]


def end_automation(world: World, execution_id: str) -> AutomationRun:
    """Let a run do its work now, unless it was stopped."""
    run = world.automations[execution_id]
    if run.ended_at is None:
        try:
            document = get_document(world, run.account_id, run.region, run.document)
            content = document.version(run.version).content
            run.failure = run_automation(world, content, run.parameters, run.account_id, run.region, run.steps)
        except AwsError as error:
            run.failure = f"{error.code}: {error.message}"
        run.status, run.ended_at = "Failed" if run.failure else "Success", world.now()
    return run


def stop_automation(world: World, run: AutomationRun, *, is_complete: bool) -> None:
    """Cancel a run, or let it count as done; a run that has ended stays as it is."""
    run.status, run.ended_at = "Success" if is_complete else "Cancelled", world.now()
    run.failure = "" if is_complete else STOPPED
