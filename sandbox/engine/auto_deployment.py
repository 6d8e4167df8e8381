"""Automatic deployment: an account that comes to a targeted unit gets its instances, one that goes loses them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.engine.places import Place
from sandbox.engine.stack_set_start import begin
from sandbox.engine.stack_sets import Action, Operation, StackSet, Wanted
from sandbox.engine.world import event

if TYPE_CHECKING:
    from sandbox.engine.world import World

ALL_AT_ONCE = {
    "RegionConcurrencyType": "PARALLEL",
    "MaxConcurrentPercentage": 100,
    "FailureTolerancePercentage": 100,
    "ConcurrencyMode": "SOFT_FAILURE_TOLERANCE",
}
"""A set's preferences do not apply to automatic deployment (aws-facts 9)."""


@event("account placed")
def account_placed(world: World, account_id: str) -> None:
    """An account has joined, moved or left: every set with automatic deployment follows it."""
    for stack_set in list(world.stack_sets.sets.values()):
        if stack_set.is_service_managed and stack_set.automatic:
            _follow(world, stack_set, account_id)


def _follow(world: World, stack_set: StackSet, account_id: str) -> None:
    wanted = _wanted_at(world, stack_set, account_id)
    present = {place for place in _places_of(stack_set, account_id) if place in stack_set.instances}
    for place in present & set(wanted):
        stack_set.instances[place].unit_id = wanted[place]
    gone = {place: stack_set.instances[place].unit_id for place in sorted(present - set(wanted))}
    _begin(world, stack_set, Action.CREATE, {p: u for p, u in wanted.items() if p not in present})
    _begin(world, stack_set, Action.DELETE, gone)


def _wanted_at(world: World, stack_set: StackSet, account_id: str) -> dict[Place, str]:
    """Where the account shall have instances, with the nearest targeted unit above it."""
    organization = world.organization
    if account_id not in organization.accounts or account_id == organization.management_id:
        return {}
    return {
        (account_id, region): unit_id
        for unit_id in organization.lineage(account_id)
        for region in stack_set.targets.get(unit_id, [])
    }


def _places_of(stack_set: StackSet, account_id: str) -> set[Place]:
    return {(account_id, region) for _, region in stack_set.instances}


def _begin(world: World, stack_set: StackSet, action: Action, places: dict[Place, str]) -> None:
    if not places:
        return
    regions = tuple(dict.fromkeys(region for _, region in places))
    targets = {"OrganizationalUnitIds": list(dict.fromkeys(unit for unit in places.values() if unit))}
    retain = action is Action.DELETE and bool(stack_set.automatic.get("RetainStacksOnAccountRemoval"))
    wanted = Wanted(targets if targets["OrganizationalUnitIds"] else {}, regions, tuple(places.items()))
    begin(world, stack_set, Operation(
        world.uuid(), action, world.now(), ALL_AT_ONCE, wanted, retain=retain, is_automatic=True
    ))  # fmt: skip
