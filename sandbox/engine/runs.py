"""Makes associations happen: when they are due, on which nodes, so many at a time, and what each node answered."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sandbox.engine.associations import Association, Execution, TargetResult, next_due
from sandbox.engine.automations import run_automation
from sandbox.engine.errors import AwsError
from sandbox.engine.fleet import Node
from sandbox.engine.patching import NodeFailed, is_managed, patch, role_of, tell_run
from sandbox.engine.stack_sets import end_place
from sandbox.engine.trust import Principal
from sandbox.engine.world import event

if TYPE_CHECKING:
    from sandbox.engine.world import World

DISPATCH = timedelta(seconds=20)
AUTOMATION_DISPATCH = timedelta(seconds=3)
PATCH_DOCUMENTS = {"AWS-RunPatchBaseline", "AWS-RunPatchBaselineAssociation"}


def target_nodes(world: World, association: Association) -> list[Node]:
    """The nodes that an association's targets match now; automations also reach nodes that are not managed yet."""
    nodes = world.fleet.within(association.account_id, association.region)
    able = [n for n in nodes if n.state == "running" and (association.is_automation or is_managed(world, n))]
    return [n for n in able if all(_matches(world, association, t, n) for t in association.facts.get("Targets", []))]


def _matches(world: World, association: Association, target: dict[str, Any], node: Node) -> bool:
    key, values = target["Key"], target["Values"]
    if key == "InstanceIds":
        return values == ["*"] or node.instance_id in values
    if key.startswith("tag:"):
        return node.tags.get(key.removeprefix("tag:"), "\0") in values
    if key == "tag-key":
        return any(value in node.tags for value in values)
    group = world.groups.get((association.account_id, association.region), {}).get(values[0], {})
    return all(node.tags.get(name) in wanted for name, wanted in group.get("tags", {}).items()) and bool(group)


def plan_next(world: World, association: Association) -> None:
    """Put the association's next scheduled moment on the timeline; an older plan of it loses its force."""
    association.schedule_serial += 1
    expression = association.facts.get("ScheduleExpression", "")
    due = next_due(expression, world.now(), association.created_at)
    if due:
        world.timeline.at(due, "association due", association.association_id, association.schedule_serial)


def begin(world: World, association: Association) -> None:
    """A new or edited association: run at once unless it waits for its first tick, and plan the next run."""
    plan_next(world, association)
    if not association.facts.get("ApplyOnlyAtCronInterval"):
        world.timeline.at(world.now(), "association wanted", association.association_id)


@event("association due")
def association_due(world: World, association_id: str, serial: int) -> None:
    """A scheduled moment has come."""
    association = world.associations.all.get(association_id)
    if association is None or association.schedule_serial != serial:
        return
    start(world, association, target_nodes(world, association))
    plan_next(world, association)


@event("association wanted")
def association_wanted(world: World, association_id: str) -> None:
    """Someone asked for a run now."""
    association = world.associations.all.get(association_id)
    if association is not None:
        start(world, association, target_nodes(world, association))


@event("node changed")
def node_changed(world: World, instance_id: str) -> None:
    """A node came online or got its role: associations that never ran on it do so now."""
    node = world.fleet.nodes[instance_id]
    for association in world.associations.within(node.account_id, node.region):
        if association.facts.get("ApplyOnlyAtCronInterval") or instance_id in association.latest:
            continue
        if node in target_nodes(world, association):
            start(world, association, [node])


@event("role changed")
def role_changed(world: World, account_id: str, role_name: str) -> None:
    """A role got a policy or a tag: the nodes that work with it may have become managed."""
    for region in world.organization.regions:
        for node in world.fleet.within(account_id, region):
            role = role_of(world, node)
            if role and role.name == role_name:
                node_changed(world, node.instance_id)


def start(world: World, association: Association, nodes: Iterable[Node]) -> Execution:
    """Begin an execution over the nodes, as many at a time as MaxConcurrency allows."""
    execution = Execution(world.uuid(), world.now(), str(association.version), command_id=world.uuid())
    execution.waiting = [node.instance_id for node in nodes]
    for instance_id in execution.waiting:
        execution.results[instance_id] = TargetResult(instance_id, source_id=execution.command_id)
        association.latest.setdefault(instance_id, execution.results[instance_id])
    association.remember(execution)
    _dispatch(world, association, execution)
    return execution


def _dispatch(world: World, association: Association, execution: Execution) -> None:
    limit = _number(association.facts.get("MaxConcurrency", "100%"), len(execution.results))
    while execution.waiting and len(execution.running) < max(1, limit):
        instance_id = execution.waiting.pop(0)
        execution.running.append(instance_id)
        moment = world.now() + _duration(world, association, instance_id)
        world.timeline.at(moment, "node ends", association.association_id, execution.execution_id, instance_id)


def _duration(world: World, association: Association, instance_id: str) -> timedelta:
    if association.is_automation:
        return AUTOMATION_DISPATCH + timedelta(seconds=4 * world.chance("automation", instance_id))
    is_install = association.facts.get("Parameters", {}).get("Operation") == ["Install"]
    minutes = (4 if is_install else 1) * (0.5 + world.chance(association.association_id, instance_id))
    return DISPATCH + timedelta(minutes=minutes)


@event("node ends")
def node_ends(world: World, association_id: str, execution_id: str, instance_id: str) -> None:
    """A node has run the document: keep what it said, and let the next node begin."""
    association = world.associations.all.get(association_id)
    execution = (
        next((e for e in association.executions if e.execution_id == execution_id), None) if association else None
    )
    if association is None or execution is None or instance_id not in execution.running:
        return
    result = _run_on_node(world, association, execution, world.fleet.nodes[instance_id])
    execution.results[instance_id] = association.latest[instance_id] = result
    execution.running.remove(instance_id)
    if execution.errors > _number(association.facts.get("MaxErrors", "100%"), len(execution.results)):
        _stop(world, association, execution)
    _dispatch(world, association, execution)


def _stop(world: World, association: Association, execution: Execution) -> None:
    """MaxErrors n: with error n+1 no further node is begun; those already running go on."""
    for instance_id in execution.waiting:
        skipped = replace(
            execution.results[instance_id], status="Failed", detail="RateExceeded: too many errors", at=world.now()
        )
        execution.results[instance_id] = association.latest[instance_id] = skipped
    execution.waiting.clear()


def _run_on_node(world: World, association: Association, execution: Execution, node: Node) -> TargetResult:
    result = TargetResult(node.instance_id, at=world.now(), source_id=execution.command_id)
    if node.state != "running":
        return replace(result, status="TimedOut", detail="DeliveryTimedOut")
    if association.is_automation:
        return _automate(world, association, node, result)
    if association.facts["Name"] not in PATCH_DOCUMENTS:
        return replace(result, status="Success", detail="Success", exit_code=0)
    parameters = {"AssociationId": [association.association_id], **association.facts.get("Parameters", {})}
    try:
        report = patch(world, node, parameters, execution.command_id)
    except NodeFailed as failure:
        log = f"{failure.log}\nfailed to run commands: exit status {failure.exit_code}\n"
        _write_output(world, association, execution, node, log)
        return replace(result, status="Failed", detail=f"Failed: exit status {failure.exit_code}: {failure}"[:512],
                       exit_code=failure.exit_code)  # fmt: skip
    _write_output(world, association, execution, node, tell_run(node, parameters, report))
    return replace(result, status="Success", detail="Success", exit_code=0)


def _automate(world: World, association: Association, node: Node, result: TargetResult) -> TargetResult:
    documents = world.documents.get((association.account_id, association.region), {})
    document = documents.get(association.facts["Name"])
    if document is None:
        return replace(result, status="Failed", detail="InvalidDocument")
    parameters = {
        **association.facts.get("Parameters", {}),
        association.facts["AutomationTargetParameterName"]: [node.instance_id],
    }
    failure = run_automation(world, document.content, parameters, association.account_id, association.region)
    if failure:
        return replace(result, status="Failed", detail=failure[:512])
    return replace(result, status="Success", detail="Success")


def _write_output(world: World, association: Association, execution: Execution, node: Node, text: str) -> None:
    """The command layout (aws-facts 3.3), written with the node's own role; a refusal costs the log, not the run."""
    location = association.facts.get("OutputLocation", {}).get("S3Location")
    role = role_of(world, node)
    if not location or role is None:
        return
    is_windows = node.system.platform_type == "Windows"
    plugin = "awsrunPowerShellScript/PatchWindows" if is_windows else "awsrunShellScript/PatchLinux"
    prefix = location.get("OutputS3KeyPrefix", "").strip("/")
    path = f"{execution.command_id}/{node.instance_id}/{plugin}/stdout"
    principal = Principal(node.account_id, role.name, node.instance_id)
    try:
        world.storage.write_object(
            principal, location["OutputS3BucketName"], f"{prefix}/{path}" if prefix else path, text.encode()
        )
    except AwsError:
        return


def _number(value: str, total: int) -> int:
    """A number, or a percentage of the total, rounded down."""
    return total * int(value[:-1]) // 100 if value.endswith("%") else int(value)


@event("stack instance ends")
def stack_instance_ends(world: World, key: tuple[str, str, str], operation_id: str, place: tuple[str, str]) -> None:
    """StackSets has worked on one account-Region for its time."""
    stack_set = world.stack_sets.sets.get(key)
    if stack_set and operation_id in stack_set.operations:
        end_place(world, stack_set, stack_set.operations[operation_id], place)
