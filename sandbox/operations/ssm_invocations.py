"""Systems Manager: how a command fared on each of its nodes, and what it wrote there."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sandbox.engine.documents import find_document
from sandbox.engine.errors import AwsError
from sandbox.engine.executions import Execution, Status, TargetResult
from sandbox.engine.run_output import step_of
from sandbox.engine.world import World
from sandbox.operations.ssm_association_lists import read_moment
from sandbox.operations.ssm_commands import find_commands, shared
from sandbox.paging import page
from sandbox.registry import Call, Parameters, operation

LONGEST_OUTPUT, LONGEST_ERRORS, LONGEST_IN_LIST = 24_000, 8_000, 2_500
CUT = "\n--output truncated--"
SKIPPED = "Step execution skipped due to unsatisfied preconditions: platformType"
PLUGIN_STATUS = {"Delayed": "Pending"}


@operation("ssm", "ListCommandInvocations", takes="CommandId Details Filters InstanceId MaxResults NextToken")
def list_command_invocations(world: World, call: Call, parameters: Parameters) -> Parameters:
    """Each command on each node, the newest first; with Details also the output of its step."""
    filters = parameters.get("Filters") or []
    found = [
        (execution, result)
        for execution in find_commands(world, call, parameters)
        for result in execution.results.values()
        if parameters.get("InstanceId") in (None, result.resource_id)
        and all(_passes(execution, result, f) for f in filters)
    ]
    items, more = page(found, parameters, default=50)
    told = [_invocation(world, e, r, with_steps=bool(parameters.get("Details"))) for e, r in items]
    return {"CommandInvocations": told, **more}


def _passes(execution: Execution, result: TargetResult, wanted: dict[str, str]) -> bool:
    key, value = wanted["key"], wanted["value"]
    if key == "ExecutionStage":
        raise AwsError("InvalidFilterKey", "ExecutionStage cannot be used with ListCommandInvocations.")
    if key in ("InvokedAfter", "InvokedBefore"):
        moment = read_moment(value)
        return execution.created_at > moment if key == "InvokedAfter" else execution.created_at < moment
    if key == "DocumentName":
        return execution.order.document == value
    return value in (result.status, str(result.outcome))


def _invocation(world: World, execution: Execution, result: TargetResult, *, with_steps: bool) -> dict[str, Any]:
    node = world.fleet.nodes.get(result.resource_id)
    return {
        **shared(execution),
        "InstanceId": result.resource_id,
        "InstanceName": node.name if node else "",
        "Status": result.status,
        "StatusDetails": str(result.outcome),
        "StandardOutputUrl": _url(result, "stdout"),
        "StandardErrorUrl": _url(result, "stderr"),
        "CommandPlugins": [_step(world, execution, result)] if with_steps and result.began_at else [],
    }


def _step(world: World, execution: Execution, result: TargetResult) -> dict[str, Any]:
    told = {
        "Name": _step_name(world, execution, result),
        "Status": PLUGIN_STATUS.get(result.status, result.status),
        "StatusDetails": str(result.outcome),
        "ResponseCode": _code(result),
        "ResponseStartDateTime": result.began_at,
        "ResponseFinishDateTime": result.at if result.is_over else None,
        "Output": _cut(result.output, LONGEST_IN_LIST),
        "StandardOutputUrl": _url(result, "stdout"),
        "StandardErrorUrl": _url(result, "stderr"),
        **execution.order.output,
    }
    return {key: value for key, value in told.items() if value is not None}


@operation("ssm", "GetCommandInvocation", takes="CommandId InstanceId PluginName")
def get_command_invocation(world: World, call: Call, parameters: Parameters) -> Parameters:
    """One command on one node; its output is cut, S3 holds the whole."""
    found = find_commands(world, call, parameters)
    if not found:
        raise AwsError("InvocationDoesNotExist", "The command ID and managed node ID that you gave did not match any.")
    execution = found[0]
    result = execution.results[parameters["InstanceId"]]
    name = _step_name(world, execution, result)
    asked = parameters.get("PluginName") or name
    if asked not in {name, *_steps_of(world, execution)}:
        raise AwsError("InvalidPluginName", f"The plugin name {asked} is not valid.")
    told = {
        "CommandId": execution.command_id,
        "InstanceId": result.resource_id,
        "Comment": execution.comment,
        "DocumentName": execution.order.document,
        "DocumentVersion": execution.order.document_version,
        "PluginName": asked,
        **_times(result),
    }
    return {**told, **(_content(result) if asked == name else _skipped(result))}


def _content(result: TargetResult) -> dict[str, Any]:
    return {
        "ResponseCode": _code(result),
        "Status": result.status,
        "StatusDetails": str(result.outcome),
        "StandardOutputContent": _cut(result.output, LONGEST_OUTPUT),
        "StandardOutputUrl": _url(result, "stdout"),
        "StandardErrorContent": _cut(result.errors, LONGEST_ERRORS),
        "StandardErrorUrl": _url(result, "stderr"),
    }


def _skipped(result: TargetResult) -> dict[str, Any]:
    """The step of another platform."""
    status = "Success" if result.is_over else result.status
    told = {"ResponseCode": _code(result), "Status": status, "StatusDetails": status}
    return {**told, "StandardOutputContent": SKIPPED, "StandardErrorContent": ""}


def _steps_of(world: World, execution: Execution) -> set[str]:
    document = find_document(world, execution.account_id, execution.region, execution.order.document)
    if document is None:
        return set()
    return {step["name"] for step in document.version(execution.order.document_version).content.get("mainSteps", [])}


def _step_name(world: World, execution: Execution, result: TargetResult) -> str:
    node = world.fleet.nodes.get(result.resource_id)
    return step_of(execution.order.document, node) if node else "aws:runShellScript"


def _times(result: TargetResult) -> dict[str, str]:
    """Moments as text; "" while there is none."""
    began, ended = result.began_at, result.at if result.is_over else None
    elapsed = (ended - began).total_seconds() if began and ended else None
    return {
        "ExecutionStartDateTime": _text(began),
        "ExecutionEndDateTime": _text(ended) if began else "",
        "ExecutionElapsedTime": "" if elapsed is None else f"PT{elapsed:.3f}S",
    }


def _text(moment: datetime | None) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z" if moment else ""


def _code(result: TargetResult) -> int:
    if result.exit_code is not None:
        return result.exit_code
    return 0 if result.outcome == Status.SUCCESS else -1


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - len(CUT)] + CUT


def _url(result: TargetResult, stream: str) -> str:
    return f"{result.output_url}/{stream}" if result.output_url else ""
