"""Lists that AWS tells: who is signed in, baselines, buckets, accounts and Regions, resource groups."""

from __future__ import annotations

from dataclasses import dataclass

from policies.aws.baselines import BaselineGone
from policies.aws.organization import Unit
from policies.domain.spec import AccountScope
from policies.domain.targets import REGIONS
from policies.shell import remember_caller
from policies.wizard.forms import BaselinesForm, TargetsForm
from policies.wizard.previews.look import Context, Look
from policies.wizard.previews.rules import describe_baseline


@dataclass(frozen=True)
class UnitRow:
    """A unit of the tree, whether it is chosen, and the accounts directly in it."""

    unit: Unit
    is_chosen: bool
    accounts: list[str]


@dataclass(frozen=True)
class RegionRow:
    """A Region of the 16, whether the account has it enabled, and whether it is chosen."""

    name: str
    is_enabled: bool
    is_chosen: bool


def find_identity(look: Look) -> Context:
    """Who is signed in to AWS."""
    caller = look.facts.caller()
    remember_caller(caller.account_id, caller.alias, caller.is_management)
    return {"caller": caller}


def find_baselines(look: Look) -> Context:
    """The table of operating systems with the baselines to choose from."""
    return {"rows": look.form_as(BaselinesForm).rows(look.facts.baselines())}


def find_baseline_rules(look: Look) -> Context:
    """The rules of the baseline that is chosen for one operating system (`system`)."""
    system = look.wanted.get("system", "")
    row = next(
        (r for r in look.form_as(BaselinesForm).rows(look.facts.baselines()) if r.operating_system == system), None
    )
    if row is None:
        raise LookupError(system)
    try:
        return {"row": row, "described": describe_baseline(look.facts.baseline(row.chosen_id))}
    except BaselineGone:
        return {"row": row, "described": None}


def find_places(look: Look) -> Context:
    """Who may be targeted: scopes the account can choose, the unit tree with its accounts, Regions with their state."""
    caller, organization = look.facts.caller(), look.facts.organization()
    form = look.form_as(TargetsForm)
    form.offer(caller.is_management)
    enabled = {region.name: region.is_enabled for region in look.facts.regions()}
    chosen_units, chosen_regions = form.typed("unit_ids"), form.typed("regions")
    known = {unit.unit_id for unit in organization.units}
    accounts = [a for a in organization.accounts if a.is_active]
    return {
        "caller": caller,
        "units": [
            UnitRow(unit, unit.unit_id in chosen_units, [a.name for a in accounts if a.unit_id == unit.unit_id])
            for unit in organization.units
            if unit.parent_id
        ],
        "unknown_units": [unit_id for unit_id in chosen_units if unit_id and unit_id not in known],
        "regions": [RegionRow(name, enabled.get(name, False), name in chosen_regions) for name in REGIONS],
        "account_count": len(accounts),
    }


def find_groups(look: Look) -> Context:
    """The resource groups of the current account in the chosen Regions."""
    form = look.form_as(TargetsForm)
    targets = form.targets_or_none()
    if targets is None or targets.account_scope is not AccountScope.ACCOUNT:
        return {"is_offered": False}
    groups = look.facts.groups(targets.regions)
    regions_of: dict[str, list[str]] = {}
    for group in groups:
        regions_of.setdefault(group.name, []).append(group.region)
    return {"is_offered": True, "groups": sorted(regions_of.items()), "chosen": targets.resource_group}
