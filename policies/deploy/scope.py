"""Which accounts a policy's targets mean."""

from __future__ import annotations

from policies.aws.connect import Aws
from policies.aws.organization import list_accounts, list_members
from policies.domain.resources import StackInstances
from policies.domain.spec import AccountScope, Targets
from policies.domain.targets import is_in_units


def management_in_scope(targets: Targets, aws: Aws) -> bool:
    """Whether the management account is a target; only units must be asked for (aws-facts 9)."""
    if targets.account_scope != AccountScope.UNITS:
        return targets.account_scope == AccountScope.ORGANIZATION
    return any(one.is_management and is_in_units(one.unit_path, targets.unit_ids) for one in list_accounts(aws))


def find_shared(was: StackInstances, wanted: StackInstances, aws: Aws) -> tuple[str, ...]:
    """The accounts of a unit that goes which also lie in one that stays: the one holds the other."""
    gone = set(was.unit_ids) - set(wanted.unit_ids)
    kept = set(was.unit_ids) & set(wanted.unit_ids)
    if not gone or not kept:
        return ()
    members = list_members(aws)
    both = (one for one in members if is_in_units(one.unit_path, gone) and is_in_units(one.unit_path, kept))
    return tuple(sorted(one.account_id for one in both))
