"""Systems Manager: Run Command. Commands that associations sent are seen here too."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sandbox.engine.commands import AT_A_TIME, DELIVERY_SECONDS, MOST_ERRORS, command_status, send_command
from sandbox.engine.errors import AwsError
from sandbox.engine.executions import ERRORS, Execution, Order, Status
from sandbox.engine.runs import cancel
from sandbox.engine.world import World
from sandbox.operations.ssm_association_lists import read_moment
from sandbox.paging import page
from sandbox.registry import Call, Parameters, operation

OUTPUT = ("OutputS3Region", "OutputS3BucketName", "OutputS3KeyPrefix")


@operation(
    "ssm", "SendCommand",
    takes="Comment DocumentName DocumentVersion InstanceIds MaxConcurrency MaxErrors OutputS3BucketName "
    "OutputS3KeyPrefix OutputS3Region Parameters Targets TimeoutSeconds",
)  # fmt: skip
def send(world: World, call: Call, parameters: Parameters) -> Parameters:
    """Run a document on nodes, now."""
    order = Order(
        document=parameters["DocumentName"],
        document_version=parameters.get("DocumentVersion") or "$DEFAULT",
        parameters=parameters.get("Parameters") or {},
        targets=tuple(parameters.get("Targets") or ()),
        max_concurrency=parameters.get("MaxConcurrency") or AT_A_TIME,
        max_errors=parameters.get("MaxErrors") or MOST_ERRORS,
        output={name: parameters[name] for name in OUTPUT if parameters.get(name)},
    )
    execution = send_command(
        world, call.account, call.region, order, tuple(parameters.get("InstanceIds") or ()),
        comment=parameters.get("Comment") or "",
        delivery_seconds=parameters.get("TimeoutSeconds") or DELIVERY_SECONDS,
    )  # fmt: skip
    return {"Command": _command(execution)}


@operation("ssm", "ListCommands", takes="CommandId Filters InstanceId MaxResults NextToken")
def list_commands(world: World, call: Call, parameters: Parameters) -> Parameters:
    """The commands of an account and Region, the newest first."""
    found = find_commands(world, call, parameters)
    shown = [e for e in found if all(_passes(e, f) for f in parameters.get("Filters") or [])]
    items, more = page(shown, parameters, default=50)
    return {"Commands": [_command(execution) for execution in items], **more}


def find_commands(world: World, call: Call, parameters: Parameters) -> list[Execution]:
    """Those that CommandId and InstanceId ask for; an automation's execution is no command."""
    wanted, instance_id = parameters.get("CommandId"), parameters.get("InstanceId")
    return [
        e
        for e in reversed(world.executions.within(call.account, call.region))
        if not e.order.target_parameter
        and wanted in (None, e.command_id)
        and (not instance_id or instance_id in e.results)
    ]


def _passes(execution: Execution, wanted: dict[str, str]) -> bool:
    key, value = wanted["key"], wanted["value"]
    if key in ("InvokedAfter", "InvokedBefore"):
        moment = read_moment(value)
        return execution.created_at > moment if key == "InvokedAfter" else execution.created_at < moment
    if key == "ExecutionStage":
        if value not in ("Executing", "Complete"):
            raise AwsError("ValidationException", "ExecutionStage is Executing or Complete.")
        return execution.is_over == (value == "Complete")
    if key == "DocumentName":
        return execution.order.document == value
    return value in command_status(execution)


@operation("ssm", "CancelCommand", takes="CommandId InstanceIds")
def cancel_command(world: World, call: Call, parameters: Parameters) -> Parameters:
    """Stop a command where it has not ended, on all of its nodes or on some."""
    execution = find_command(world, call, parameters["CommandId"])
    chosen = parameters.get("InstanceIds") or list(execution.results)
    if len(set(chosen)) < len(chosen):
        raise AwsError("DuplicateInstanceId", "A managed node ID is given twice.")
    unknown = [instance_id for instance_id in chosen if instance_id not in execution.results]
    if unknown:
        raise AwsError("InvalidInstanceId", f"The command was not sent to {', '.join(unknown)}.")
    cancel(world, execution, chosen)
    return {}


def find_command(world: World, call: Call, command_id: str) -> Execution:
    """The caller's command; raises AwsError InvalidCommandId."""
    found = find_commands(world, call, {"CommandId": command_id})
    if not found:
        raise AwsError("InvalidCommandId", f"The command ID {command_id} is not valid.")
    return found[0]


def _command(execution: Execution) -> dict[str, Any]:
    order, results = execution.order, execution.results.values()
    status, details = command_status(execution)
    return {
        **shared(execution),
        "ExpiresAfter": execution.created_at + timedelta(seconds=execution.delivery_seconds),
        "Parameters": dict(order.parameters),
        "InstanceIds": list(execution.instance_ids),
        "Targets": list(order.targets),
        "Status": status,
        "StatusDetails": details,
        **order.output,
        "MaxConcurrency": order.max_concurrency,
        "MaxErrors": order.max_errors,
        "TargetCount": len(results),
        "CompletedCount": sum(r.is_over for r in results),
        "ErrorCount": sum(r.outcome in ERRORS for r in results),
        "DeliveryTimedOutCount": sum(r.outcome == Status.DELIVERY_TIMED_OUT for r in results),
        "TimeoutSeconds": execution.delivery_seconds,
    }


def shared(execution: Execution) -> dict[str, Any]:
    """What a command and its invocations tell alike."""
    return {
        "CommandId": execution.command_id,
        "DocumentName": execution.order.document,
        "DocumentVersion": execution.order.document_version,
        "Comment": execution.comment,
        "RequestedDateTime": execution.created_at,
    }
