"""Executions of Automation documents: they begin, work a while, and end; or someone stops them before."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sandbox.engine.automations import run_automation
from sandbox.engine.documents import AutomationRun, check_values, find_document, get_document
from sandbox.engine.errors import AwsError
from sandbox.engine.executions import Execution
from sandbox.engine.trust import Principal
from sandbox.engine.world import event

if TYPE_CHECKING:
    from sandbox.engine.world import World

KEPT_RUNS = 300
STARTED_BY_HAND = timedelta(seconds=5)
REFUSALS = {
    "InvalidParameters": "InvalidAutomationExecutionParametersException",
    "InvalidDocumentVersion": "AutomationDefinitionVersionNotFoundException",
}
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


def start_automation(
    world: World, principal: Principal, region: str, name: str, version: str, given: dict[str, list[str]]
) -> AutomationRun:
    """Someone starts a runbook by hand. Raises AwsError in Automation's own words for what it does not take."""
    document = find_document(world, principal.account_id, region, name)
    if document is None or document.kind != "Automation":
        raise AwsError("AutomationDefinitionNotFoundException", f"There is no Automation document named {name}.")
    try:
        check_values(document.version(version).content, given)
    except AwsError as error:
        raise AwsError(REFUSALS[error.code], error.message) from error
    run = AutomationRun(
        world.uuid(), principal.account_id, region, document.name, dict(given), world.now(), version, starter=principal
    )
    keep(world, run)
    world.timeline.at(world.now() + STARTED_BY_HAND, "automation ends", run.execution_id)
    return run


@event("automation ends")
def automation_ends(world: World, execution_id: str) -> None:
    """A runbook that was started by hand has worked for its time."""
    if execution_id in world.automations:
        end_automation(world, execution_id)


def find_run(world: World, account_id: str, region: str, execution_id: str) -> AutomationRun:
    """A run of an account and Region; raises AwsError AutomationExecutionNotFoundException."""
    run = world.automations.get(execution_id)
    if run is None or (run.account_id, run.region) != (account_id, region):
        raise AwsError("AutomationExecutionNotFoundException", f"There is no automation execution {execution_id}.")
    return run


def end_automation(world: World, execution_id: str) -> AutomationRun:
    """Let a run do its work now, unless it was stopped."""
    run = world.automations[execution_id]
    if run.ended_at is None:
        try:
            document = get_document(world, run.account_id, run.region, run.document)
            content = document.version(run.version).content
            starter = run.starter or Principal(run.account_id)
            run.failure = run_automation(world, content, run.parameters, starter, run.region, run.steps)
        except AwsError as error:
            run.failure = f"{error.code}: {error.message}"
        run.status, run.ended_at = "Failed" if run.failure else "Success", world.now()
    return run


def stop_automation(world: World, run: AutomationRun, *, is_complete: bool) -> None:
    """Cancel a run, or let it count as done; a run that has ended stays as it is."""
    run.status, run.ended_at = "Success" if is_complete else "Cancelled", world.now()
    run.failure = "" if is_complete else STOPPED
