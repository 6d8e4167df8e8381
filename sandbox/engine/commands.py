"""Run Command's view of an execution: how a command as a whole fares, and what it asks of those who send it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.engine.documents import Document, check_values, get_document
from sandbox.engine.errors import AwsError
from sandbox.engine.executions import UNCOUNTED, Execution, Order, Status
from sandbox.engine.node_access import is_managed
from sandbox.engine.runs import begin
from sandbox.engine.targets import check_targets, find_targets

if TYPE_CHECKING:
    from sandbox.engine.world import World

AT_A_TIME, MOST_ERRORS = "50", "0"  # when the sender says nothing
DELIVERY_SECONDS = 3600
BAD = {
    Status.FAILED: ("Failed", "Failed"),
    Status.EXECUTION_TIMED_OUT: ("TimedOut", "ExecutionTimedOut"),
    Status.DELIVERY_TIMED_OUT: ("TimedOut", "DeliveryTimedOut"),
}


def send_command(
    world: World,
    account_id: str,
    region: str,
    order: Order,
    instance_ids: tuple[str, ...] = (),
    *,
    comment: str = "",
    delivery_seconds: int = DELIVERY_SECONDS,
) -> Execution:
    """Send a document to nodes by id or by the order's targets. Raises AwsError for what Run Command does not take."""
    document = get_document(world, account_id, region, order.document)
    if document.kind != "Command":
        raise AwsError("InvalidDocument", f"Documents of type {document.kind} are not run by Run Command.")
    check_values(document.version(order.document_version).content, order.parameters)
    if bool(instance_ids) == bool(order.targets):
        raise AwsError("ValidationException", "Give InstanceIds or Targets, one of the two.")
    check_targets(order.targets, "ValidationException")
    _check_nodes(world, account_id, region, document, instance_ids)
    execution = Execution(
        world.uuid(), account_id, region, order, world.now(), command_id=world.uuid(), comment=comment,
        delivery_seconds=delivery_seconds, instance_ids=instance_ids,
    )  # fmt: skip
    begin(world, execution, instance_ids or find_targets(world, account_id, region, order))
    return execution


def _check_nodes(world: World, account_id: str, region: str, document: Document, instance_ids: tuple[str, ...]) -> None:
    if len(set(instance_ids)) < len(instance_ids):
        raise AwsError("DuplicateInstanceId", "You can't specify a managed node ID in more than once.")
    for instance_id in instance_ids:
        node = world.fleet.nodes.get(instance_id)
        if node is None or (node.account_id, node.region) != (account_id, region) or not is_managed(world, node):
            told = f"Instances [[{instance_id}]] not in a valid state for account {account_id}"
            raise AwsError("InvalidInstanceId", told)
        if document.platforms and node.system.platform_type not in document.platforms:
            raise AwsError("UnsupportedPlatformType", f"{document.name} does not run on {node.system.platform_type}.")


def command_status(execution: Execution) -> tuple[str, str]:
    """Status and StatusDetails of a command. A few failures within MaxErrors make it Incomplete."""
    if not execution.results:
        return "Success", "NoInstancesInTag"
    if not execution.is_over:
        begun = any(result.at for result in execution.results.values())
        return ("InProgress", "InProgress") if begun else ("Pending", "Pending")
    outcomes = [r.outcome for r in execution.results.values() if r.outcome not in UNCOUNTED]
    if Status.CANCELLED in outcomes:
        return "Cancelled", "Cancelled"
    if all(outcome == Status.SUCCESS for outcome in outcomes):
        return "Success", "Success"
    if execution.has_too_many_errors:
        return BAD[next(o for o in outcomes if o in (Status.FAILED, Status.EXECUTION_TIMED_OUT))]
    if all(outcome == Status.DELIVERY_TIMED_OUT for outcome in outcomes):
        return BAD[Status.DELIVERY_TIMED_OUT]
    return "Failed", "Incomplete"
