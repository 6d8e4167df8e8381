"""What a node does with a document that reached it: patch, run a script (which does nothing here), or an automation."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from sandbox.engine.automation_runs import end_automation
from sandbox.engine.documents import PATCH_DOCUMENTS
from sandbox.engine.executions import Execution, Status, TargetResult
from sandbox.engine.fleet import Node
from sandbox.engine.node_failures import NodeFailed
from sandbox.engine.patching import patch, tell_run
from sandbox.engine.run_output import plugin_of, write_output

if TYPE_CHECKING:
    from sandbox.engine.world import World

AUTOMATION_TAKES = timedelta(seconds=3)
SCRIPT_TAKES = timedelta(seconds=5)
SUMMARY = "1 out of 1 plugin processed, {} success, {} failed, 0 timedout, 0 skipped."


def work_takes(world: World, execution: Execution, instance_id: str) -> timedelta:
    """How long the document runs on a node: the same for the same order on the same node."""
    name = execution.association_id or execution.command_id
    if execution.order.target_parameter:
        return AUTOMATION_TAKES + timedelta(seconds=4 * world.chance("automation", instance_id))
    if execution.order.document not in PATCH_DOCUMENTS:
        return SCRIPT_TAKES
    is_install = execution.order.parameters.get("Operation") == ["Install"]
    return timedelta(minutes=(4 if is_install else 1) * (0.5 + world.chance(name, instance_id)))


def do_work(world: World, execution: Execution, node: Node, begun: TargetResult) -> TargetResult:
    """The document has run on the node until now: its effects, its output, and how it ended."""
    result = replace(begun, at=world.now())
    result = _patch(world, execution, node, result) if execution.order.document in PATCH_DOCUMENTS else _succeed(result)
    write_output(world, execution, node, result)
    return result


def do_automation(world: World, begun: TargetResult) -> TargetResult:
    """A runbook has worked for its target until now."""
    run = end_automation(world, begun.source_id)
    outcome = Status.SUCCESS if run.status == "Success" else Status.FAILED
    return replace(begun, outcome=outcome, detail=run.failure, at=world.now())


def _patch(world: World, execution: Execution, node: Node, result: TargetResult) -> TargetResult:
    """State Manager tells the node which association it works for (aws-facts 3.1)."""
    given = {"AssociationId": [execution.association_id]} if execution.association_id else {}
    parameters = {**given, **execution.order.parameters}
    try:
        report = patch(world, node, parameters, execution.command_id, result.began_at)
    except NodeFailed as failure:
        return _fail(node, result, failure)
    finally:
        _tell_when_back(world, node)
    return replace(_succeed(result), output=tell_run(node, parameters, report))


def _tell_when_back(world: World, node: Node) -> None:
    if node.away_until and node.away_until > world.now():
        world.timeline.at(node.away_until, "node changed", node.instance_id)


def _succeed(result: TargetResult) -> TargetResult:
    return replace(result, outcome=Status.SUCCESS, detail=SUMMARY.format(1, 0), exit_code=0)


def _fail(node: Node, result: TargetResult, failure: NodeFailed) -> TargetResult:
    why = f"failed to run commands: exit status {failure.exit_code}"
    detail = f"{SUMMARY.format(0, 1)} The operation {plugin_of(node)} failed because {why}: {failure}"
    return replace(
        result, outcome=Status.FAILED, detail=detail, exit_code=failure.exit_code, output=failure.log, errors=why
    )
