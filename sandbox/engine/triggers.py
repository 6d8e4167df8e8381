"""When associations run (aws-facts 4.3): when made or edited, when due, on demand, and when a target changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.engine.associations import Association
from sandbox.engine.executions import Status
from sandbox.engine.node_access import role_of
from sandbox.engine.runs import deliver_again, start
from sandbox.engine.targets import find_targets, is_reachable, is_target
from sandbox.engine.world import event

if TYPE_CHECKING:
    from sandbox.engine.world import World

UNREACHED = frozenset({Status.DELIVERY_TIMED_OUT, Status.EXECUTION_TIMED_OUT, Status.UNDELIVERABLE})


def plan_next(world: World, association: Association) -> None:
    """Put the association's next scheduled moment on the timeline; an older plan of it loses its force."""
    association.schedule_serial += 1
    schedule = association.schedule()
    due = schedule.next_after(world.now()) if schedule else None
    if due:
        world.timeline.at(due, "association due", association.association_id, association.schedule_serial)


def begin_association(world: World, association: Association) -> None:
    """A new or edited association: run at once unless it waits for its tick, and plan the next run."""
    plan_next(world, association)
    if not association.waits_for_its_tick:
        run_now(world, association)


def run_now(world: World, association: Association) -> None:
    """Someone wants a run, whatever the schedule says."""
    world.timeline.at(world.now(), "association wanted", association.association_id)


def document_changed(world: World, account_id: str, region: str, name: str) -> None:
    """A document has another default version: the associations that follow it run again."""
    for association in world.associations.within(account_id, region):
        follows = association.facts.get("DocumentVersion", "$DEFAULT") == "$DEFAULT"
        if association.facts["Name"] == name and follows and not association.waits_for_its_tick:
            run_now(world, association)


@event("association due")
def association_due(world: World, association_id: str, serial: int) -> None:
    """A scheduled moment has come."""
    association = world.associations.all.get(association_id)
    if association is None or association.schedule_serial != serial:
        return
    _start_all(world, association)
    plan_next(world, association)


@event("association wanted")
def association_wanted(world: World, association_id: str) -> None:
    """Someone asked for a run now."""
    association = world.associations.all.get(association_id)
    if association is not None:
        _start_all(world, association)


def _start_all(world: World, association: Association) -> None:
    start(world, association, find_targets(world, association.account_id, association.region, association.order()))


@event("node changed")
def node_changed(world: World, instance_id: str) -> None:
    """A node came online, got its role or other tags: commands reach it, and associations that it missed run on it."""
    node = world.fleet.nodes.get(instance_id)
    if node is None or node.state != "running":
        return
    if is_reachable(world, node):
        deliver_again(world, node)
    for association in world.associations.within(node.account_id, node.region):
        if association.waits_for_its_tick or not _missed(association, instance_id):
            continue
        if is_target(world, association.order(), node):
            start(world, association, [instance_id], catches_up=True)


def _missed(association: Association, instance_id: str) -> bool:
    """Whether it never went to the node, did not reach it, or had its turn while the node was no target."""
    result = association.latest.get(instance_id)
    if result is None:
        return True
    if not result.is_over:
        return False
    turn = next((e for e in reversed(association.executions) if not e.catches_up), None)
    skipped = bool(turn and instance_id not in turn.results and result.at and turn.created_at > result.at)
    return skipped or result.outcome in UNREACHED


@event("role changed")
def role_changed(world: World, account_id: str, role_name: str) -> None:
    """A role got a policy or a tag: the nodes that work with it may have become managed."""
    for region in world.organization.regions:
        for node in list(world.fleet.within(account_id, region)):
            role = role_of(world, node)
            if role and role.name == role_name:
                node_changed(world, node.instance_id)
