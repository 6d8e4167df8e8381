"""Makes executions happen: the command goes to so many nodes at a time, each answers in its time, or does not.

sent -> "delivery" (20 s later) -> the node works -> "work ends". A node that does not answer is tried again when it
comes back, until the command expires; one that goes away in the middle times out.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from sandbox.engine.associations import Association
from sandbox.engine.automation_runs import begin_automation
from sandbox.engine.documents import find_document
from sandbox.engine.executions import Execution, Status, TargetResult
from sandbox.engine.fleet import Node
from sandbox.engine.node_work import do_automation, do_work, work_takes
from sandbox.engine.targets import is_reachable
from sandbox.engine.world import event

if TYPE_CHECKING:
    from sandbox.engine.world import World

DELIVERY = timedelta(seconds=20)
EXECUTION_TIMEOUT = timedelta(hours=2)
"""The patch documents' own; the command's time-out is for the delivery alone."""
MOST_ON_NODE = 20


def start(world: World, association: Association, targets: list[str], *, catches_up: bool = False) -> Execution:
    """Begin an association's execution; what an earlier one still does on the same targets times out."""
    _time_out_earlier(world, association, set(targets))
    execution = Execution(
        world.uuid(), association.account_id, association.region, association.order(), world.now(),
        str(association.version), association.association_id, command_id=world.uuid(), catches_up=catches_up,
    )  # fmt: skip
    association.remember(execution)
    begin(world, execution, targets)
    for instance_id in targets:
        association.latest.setdefault(instance_id, execution.results[instance_id])
    return execution


def begin(world: World, execution: Execution, instance_ids: Iterable[str]) -> None:
    """Send an execution to its first nodes."""
    execution.waiting = list(instance_ids)
    execution.results = {i: TargetResult(i, source_id=execution.command_id) for i in execution.waiting}
    world.executions.add(execution)
    _send(world, execution)


def cancel(world: World, execution: Execution, instance_ids: Iterable[str]) -> None:
    """Stop what has not ended on these nodes; a document that already runs there is interrupted."""
    for instance_id in instance_ids:
        result = execution.results.get(instance_id)
        if result and not result.is_over:
            _settle(world, execution, replace(result, outcome=Status.CANCELLED, at=world.now()))
    _send(world, execution)


def _time_out_earlier(world: World, association: Association, targets: set[str]) -> None:
    for earlier in association.executions:
        late = [] if earlier.is_over else [i for i in (*earlier.running, *earlier.waiting) if i in targets]
        for instance_id in late:
            result = earlier.results[instance_id]
            _settle(world, earlier, replace(result, outcome=Status.EXECUTION_TIMED_OUT, at=world.now()))


def _send(world: World, execution: Execution) -> None:
    for instance_id in execution.take_next():
        world.timeline.at(world.now() + DELIVERY, "delivery", execution.command_id, instance_id)
        expires = world.now() + timedelta(seconds=execution.delivery_seconds)
        world.timeline.at(expires, "delivery expires", execution.command_id, instance_id)


def _awaited(world: World, command_id: str, instance_id: str, *outcomes: Status) -> Execution | None:
    """The execution, if it still waits for this node in one of these states."""
    execution = world.executions.find(command_id)
    if execution and instance_id in execution.running and execution.results[instance_id].outcome in outcomes:
        return execution
    return None


@event("delivery")
def delivery(world: World, command_id: str, instance_id: str) -> None:
    """The command gets to the node, or finds it away."""
    execution = _awaited(world, command_id, instance_id, Status.PENDING, Status.DELAYED)
    if execution is None:
        return
    result = execution.results[instance_id]
    if _is_crowded(world, execution, instance_id):
        detail = f"AssociationLimitExceeded: a node runs at most {MOST_ON_NODE} associations."
        _end(world, execution, replace(result, outcome=Status.FAILED, detail=detail, at=world.now()))
    elif execution.order.target_parameter:
        _let_work(world, execution, result)
    else:
        _deliver_to_node(world, execution, result)


def _deliver_to_node(world: World, execution: Execution, result: TargetResult) -> None:
    node = world.fleet.nodes.get(result.resource_id)
    if node is None or node.state == "terminated":
        _end(world, execution, replace(result, outcome=Status.UNDELIVERABLE, at=world.now()))
    elif not _suits(world, execution, node):
        _end(world, execution, replace(result, outcome=Status.INVALID_PLATFORM, at=world.now()))
    elif not is_reachable(world, node):
        result.outcome, result.at = Status.DELAYED, world.now()
    else:
        _let_work(world, execution, result)


def _let_work(world: World, execution: Execution, result: TargetResult) -> None:
    result.outcome, result.at, result.began_at = Status.IN_PROGRESS, world.now(), world.now()
    if execution.order.target_parameter:
        result.source_id = begin_automation(world, execution, result.resource_id)
    ends = world.now() + work_takes(world, execution, result.resource_id)
    world.timeline.at(ends, "work ends", execution.command_id, result.resource_id)


def _is_crowded(world: World, execution: Execution, instance_id: str) -> bool:
    """Associations beyond the twentieth of a node fail there; automations count too (the harsher reading)."""
    if not execution.association_id:
        return False
    here = world.associations.on_node(execution.account_id, execution.region, instance_id)
    return execution.association_id in {a.association_id for a in here[MOST_ON_NODE:]}


def _suits(world: World, execution: Execution, node: Node) -> bool:
    document = find_document(world, execution.account_id, execution.region, execution.order.document)
    return document is None or not document.platforms or node.system.platform_type in document.platforms


@event("delivery expires")
def delivery_expires(world: World, command_id: str, instance_id: str) -> None:
    """The node did not take the command in time."""
    execution = _awaited(world, command_id, instance_id, Status.PENDING, Status.DELAYED)
    if execution:
        result = execution.results[instance_id]
        _end(world, execution, replace(result, outcome=Status.DELIVERY_TIMED_OUT, at=world.now()))


def deliver_again(world: World, node: Node) -> None:
    """A node has come back: commands that found it away reach it now."""
    for execution in world.executions.within(node.account_id, node.region):
        if not execution.is_over and _awaited(world, execution.command_id, node.instance_id, Status.DELAYED):
            world.timeline.at(world.now(), "delivery", execution.command_id, node.instance_id)


@event("work ends")
def work_ends(world: World, command_id: str, instance_id: str) -> None:
    """A node has run the document, and tells; one that went away meanwhile never will."""
    execution = _awaited(world, command_id, instance_id, Status.IN_PROGRESS)
    if execution is None:
        return
    result, node = execution.results[instance_id], world.fleet.nodes.get(instance_id)
    if execution.order.target_parameter:
        _end(world, execution, do_automation(world, result))
        return
    if node and is_reachable(world, node):
        _end(world, execution, do_work(world, execution, node, result))
        return
    world.timeline.at((result.began_at or world.now()) + EXECUTION_TIMEOUT, "work expires", command_id, instance_id)


@event("work expires")
def work_expires(world: World, command_id: str, instance_id: str) -> None:
    """Nothing was heard of a node that had begun."""
    execution = _awaited(world, command_id, instance_id, Status.IN_PROGRESS)
    if execution:
        result = execution.results[instance_id]
        _end(world, execution, replace(result, outcome=Status.EXECUTION_TIMED_OUT, at=world.now()))


def _end(world: World, execution: Execution, result: TargetResult) -> None:
    """A target has ended: the next one begins, unless there were too many errors."""
    _settle(world, execution, result)
    if execution.waiting and execution.has_too_many_errors:
        for instance_id in list(execution.waiting):
            left = execution.results[instance_id]
            _settle(world, execution, replace(left, outcome=Status.TERMINATED, detail=_too_many(execution),
                                              at=world.now()))  # fmt: skip
    _send(world, execution)


def _too_many(execution: Execution) -> str:
    return f"Not sent: the execution exceeded its MaxErrors limit of {execution.order.max_errors}."


def _settle(world: World, execution: Execution, result: TargetResult) -> None:
    execution.settle(result)
    association = world.associations.all.get(execution.association_id)
    if association:
        association.learn(result)
