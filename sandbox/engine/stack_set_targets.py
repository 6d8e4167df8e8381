"""Which account-Regions the deployment targets of a request mean."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sandbox.engine.errors import AwsError
from sandbox.engine.places import Place
from sandbox.engine.stack_sets import StackSet, Wanted
from sandbox.engine.template import wrong

if TYPE_CHECKING:
    from sandbox.engine.world import World

MOST_UNITS = 50


def accounts_of(world: World, targets: dict[str, Any]) -> dict[str, str]:
    """The accounts that a service-managed set's targets mean, each with the targeted unit that it lies in.

    The management account is never among them; suspended accounts are, and are skipped later.
    UNION is what AWS takes when Accounts are given without AccountFilterType (model: DeploymentTargets).
    """
    organization = world.organization
    chosen: dict[str, str] = {}
    for unit_id in targets.get("OrganizationalUnitIds", []):
        if unit_id not in organization.units:
            raise wrong(f"Organizational unit {unit_id} not found")
        for account in organization.accounts_under(unit_id):
            chosen.setdefault(account.account_id, unit_id)
    named = targets.get("Accounts", [])
    kind = targets.get("AccountFilterType") or ("UNION" if named else "NONE")
    if kind == "INTERSECTION":
        chosen = {account: unit for account, unit in chosen.items() if account in named}
    elif kind == "DIFFERENCE":
        chosen = {account: unit for account, unit in chosen.items() if account not in named}
    elif kind == "UNION":
        for account_id in named:
            if account_id in organization.accounts:
                chosen.setdefault(account_id, organization.accounts[account_id].parent_id)
    chosen.pop(organization.management_id, None)
    return chosen


def check_targets(stack_set: StackSet, targets: dict[str, Any], *, is_creation: bool) -> None:
    """Raises AwsError for targets that StackSets does not take."""
    if "AccountsUrl" in targets:
        raise AwsError("NotImplemented", "The sandbox does not honour AccountsUrl of DeploymentTargets", 501)
    units, named = targets.get("OrganizationalUnitIds"), targets.get("Accounts")
    if not stack_set.is_service_managed:
        if units:
            raise wrong("Organizational unit IDs are not supported for self managed stack sets")
        if not named:
            raise wrong("Accounts must be specified for self managed stack sets")
        return
    if not units:
        raise wrong("Message: Organizational unit IDs are required for service managed stack sets")
    if len(units) > MOST_UNITS:
        raise wrong(f"A stack set operation takes at most {MOST_UNITS} organizational units")
    kind = targets.get("AccountFilterType")
    if kind in ("INTERSECTION", "DIFFERENCE") and not named:
        raise wrong(f"Accounts must be specified with AccountFilterType {kind}")
    if kind == "NONE" and named:
        raise wrong("Accounts cannot be specified with AccountFilterType NONE")
    if is_creation and (kind == "UNION" or (named and not kind)):
        raise wrong("AccountFilterType UNION is not supported for CreateStackInstances")


def places_of(world: World, stack_set: StackSet, wanted: Wanted) -> list[tuple[Place, str]]:
    """The account-Regions with the unit of each, Region after Region."""
    if wanted.places:
        return list(wanted.places)
    if stack_set.is_service_managed:
        chosen = accounts_of(world, wanted.targets)
    else:
        chosen = dict.fromkeys(wanted.targets.get("Accounts", []), "")
    return [((account, region), unit) for region in wanted.regions for account, unit in sorted(chosen.items())]


def existing_places(world: World, stack_set: StackSet, wanted: Wanted) -> list[tuple[Place, str]]:
    """The instances that targets mean: by where their account lies, or by the unit that they came with.

    The second finds those of accounts that have moved away or left. Without targets: all instances.
    """
    found = {p: i.unit_id for p, i in stack_set.instances.items()}
    if not wanted.targets and not wanted.places:
        return _in_region_order(found, wanted.regions or sorted({region for _, region in found}))
    meant = {place for place, _ in places_of(world, stack_set, wanted)}
    if not wanted.places and not wanted.targets.get("Accounts"):
        units = set(wanted.targets.get("OrganizationalUnitIds", []))
        meant |= {place for place, unit in found.items() if unit in units}
    return _in_region_order({p: u for p, u in found.items() if p in meant}, wanted.regions)


def _in_region_order(found: dict[Place, str], regions: Sequence[str]) -> list[tuple[Place, str]]:
    rank = {region: position for position, region in enumerate(regions)}
    kept = [(place, unit) for place, unit in found.items() if place[1] in rank]
    return sorted(kept, key=lambda each: (rank[each[0][1]], each[0][0]))
