"""Who may be targeted: scopes that the account may choose, the unit tree with its accounts, Regions with state."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import Count
from django.utils.functional import Promise

from policies.aws.organization import AccountFact, Organization, Unit
from policies.domain.targets import REGIONS
from policies.models import Node
from policies.wizard.forms import TargetsForm
from policies.wizard.previews.look import Context, Look
from policies.wizard.words import REGION_PLACES


@dataclass(frozen=True)
class UnitRow:
    """A unit of the tree with the accounts directly in it and the units below it.

    `is_open`: a chosen unit lies below it, so that the choice is in sight.
    """

    unit: Unit
    is_chosen: bool
    is_open: bool
    account_count: int
    accounts: tuple[AccountFact, ...]
    children: tuple[UnitRow, ...]


@dataclass(frozen=True)
class RegionRow:
    """A Region of the 16: where it is, whether the account has it enabled, the nodes known in it, if it is chosen."""

    name: str
    place: Promise
    is_enabled: bool
    is_chosen: bool
    nodes: int


def find_places(look: Look) -> Context:
    """The unit tree and the Regions, what was typed kept in sight even when AWS does not know it."""
    caller, organization = look.facts.caller(), look.facts.organization()
    form = look.form_as(TargetsForm)
    form.offer(caller.is_management)
    chosen_units, chosen_regions = form.typed("unit_ids"), form.typed("regions")
    known = {unit.unit_id for unit in organization.units}
    regions = _regions({r.name for r in look.facts.regions() if r.is_enabled}, chosen_regions)
    root_id = next((unit.unit_id for unit in organization.units if not unit.parent_id), "")
    return {
        "caller": caller,
        "units": _rows_in(organization, root_id, chosen_units),
        "unknown_units": [unit_id for unit_id in chosen_units if unit_id and unit_id not in known],
        "at_root": [a for a in organization.accounts if root_id and a.unit_id == root_id and a.is_active],
        "regions": regions,
        "unknown_regions": [name for name in chosen_regions if name and name not in REGIONS],
        "enabled_count": sum(1 for region in regions if region.is_enabled),
        "account_count": sum(1 for account in organization.accounts if account.is_active),
    }


def _rows_in(organization: Organization, parent_id: str, chosen: Collection[str]) -> tuple[UnitRow, ...]:
    children = (unit for unit in organization.units if parent_id and unit.parent_id == parent_id)
    return tuple(_row(organization, unit, chosen) for unit in children)


def _row(organization: Organization, unit: Unit, chosen: Collection[str]) -> UnitRow:
    below = _rows_in(organization, unit.unit_id, chosen)
    accounts = tuple(account for account in organization.accounts if account.unit_id == unit.unit_id)
    active = sum(1 for account in accounts if account.is_active) + sum(row.account_count for row in below)
    is_open = any(row.is_chosen or row.is_open for row in below)
    return UnitRow(unit, unit.unit_id in chosen, is_open, active, accounts, below)


def _regions(enabled: Collection[str], chosen: Collection[str]) -> list[RegionRow]:
    living = Node.objects.living().order_by()
    nodes = dict(living.values_list("shard__region").annotate(Count("pk")))
    return [
        RegionRow(name, REGION_PLACES[name], name in enabled, name in chosen, nodes.get(name, 0)) for name in REGIONS
    ]
