"""Systems Manager: Automation. What associations start is seen here, and runbooks can be started by hand."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sandbox.engine.automation_runs import find_run, start_automation, stop_automation
from sandbox.engine.documents import AutomationRun, StepRun
from sandbox.engine.errors import AwsError
from sandbox.engine.world import World
from sandbox.operations.ssm_association_lists import read_moment
from sandbox.paging import page
from sandbox.registry import Call, Parameters, operation, read_filters


@operation("ssm", "StartAutomationExecution", takes="DocumentName DocumentVersion Mode Parameters")
def start_automation_execution(world: World, call: Call, parameters: Parameters) -> Parameters:
    """Begin a runbook; it works for some seconds."""
    if parameters.get("Mode") == "Interactive":
        raise AwsError("NotImplemented", "The sandbox runs runbooks to their end, not step by step", 501)
    run = start_automation(
        world, call.principal, call.region, parameters["DocumentName"],
        parameters.get("DocumentVersion") or "$DEFAULT", parameters.get("Parameters") or {},
    )  # fmt: skip
    return {"AutomationExecutionId": run.execution_id}


@operation("ssm", "StopAutomationExecution", takes="AutomationExecutionId Type")
def stop_automation_execution(world: World, call: Call, parameters: Parameters) -> Parameters:
    """Cancel a runbook that works, or let it count as complete."""
    run = find_run(world, call.account, call.region, parameters["AutomationExecutionId"])
    if run.ended_at:
        raise AwsError("InvalidAutomationStatusUpdateException", "The automation has ended already.")
    stop_automation(world, run, is_complete=parameters.get("Type") == "Complete")
    return {}


@operation("ssm", "GetAutomationExecution", takes="AutomationExecutionId")
def get_automation_execution(world: World, call: Call, parameters: Parameters) -> Parameters:
    """One run of a runbook with its steps."""
    run = find_run(world, call.account, call.region, parameters["AutomationExecutionId"])
    steps = [_step(run, number, step) for number, step in enumerate(run.steps)]
    return {"AutomationExecution": {**_run(run), "Parameters": run.parameters, "StepExecutions": steps}}


@operation("ssm", "DescribeAutomationStepExecutions", takes="AutomationExecutionId MaxResults NextToken ReverseOrder")
def describe_automation_step_executions(world: World, call: Call, parameters: Parameters) -> Parameters:
    """The steps of one run."""
    run = find_run(world, call.account, call.region, parameters["AutomationExecutionId"])
    steps = [_step(run, number, step) for number, step in enumerate(run.steps)]
    items, more = page(steps[::-1] if parameters.get("ReverseOrder") else steps, parameters, default=50)
    return {"StepExecutions": items, **more}


@operation("ssm", "DescribeAutomationExecutions", takes="Filters MaxResults NextToken")
def describe_automation_executions(world: World, call: Call, parameters: Parameters) -> Parameters:
    """The runs of an account and Region, the newest first."""
    filters = read_filters(parameters)
    found = reversed(world.automations.within(call.account, call.region))
    shown = [run for run in found if all(_passes(run, key, values) for key, values in filters.items())]
    items, more = page(shown, parameters, default=50)
    told = [{**_run(run), "ExecutedBy": run.by, "AutomationType": "Local"} for run in items]
    return {"AutomationExecutionMetadataList": told, **more}


def _passes(run: AutomationRun, key: str, values: list[str]) -> bool:
    if key == "DocumentNamePrefix":
        return any(run.document.startswith(value) for value in values)
    if key in ("StartTimeBefore", "StartTimeAfter"):
        moment = read_moment(values[0])
        return run.started_at < moment if key == "StartTimeBefore" else run.started_at > moment
    read = {"ExecutionStatus": run.status, "ExecutionId": run.execution_id, "AutomationType": "Local"}
    if key not in read:
        raise AwsError("NotImplemented", f"The sandbox does not filter automations by {key}", 501)
    return read[key] in values


def _run(run: AutomationRun) -> dict[str, Any]:
    told = {
        "AutomationExecutionId": run.execution_id,
        "DocumentName": run.document,
        "DocumentVersion": run.version,
        "AutomationExecutionStatus": run.status,
        "ExecutionStartTime": run.started_at,
        "ExecutionEndTime": run.ended_at,
        "ExecutedBy": run.by,
        "Mode": "Auto",
        "FailureMessage": run.failure or None,
        "Target": run.target or None,
        "TargetParameterName": run.target_parameter or None,
        "Outputs": {f"{step.name}.{name}": [value] for step, name, value in _outputs(run)},
    }
    return {key: value for key, value in told.items() if value is not None}


def _outputs(run: AutomationRun) -> Iterator[tuple[StepRun, str, str]]:
    return ((step, name, value) for step in run.steps for name, value in step.outputs.items())


def _step(run: AutomationRun, number: int, step: StepRun) -> dict[str, Any]:
    told = {
        "StepName": step.name,
        "Action": step.action,
        "ExecutionStartTime": step.started_at,
        "ExecutionEndTime": step.started_at,
        "StepStatus": step.status,
        "ResponseCode": "0" if step.status == "Success" else "1",
        "Outputs": {name: [value] for name, value in step.outputs.items()},
        "FailureMessage": step.failure or None,
        "StepExecutionId": f"{run.execution_id[:-4]}{number:04x}",
    }
    return {key: value for key, value in told.items() if value is not None}
