"""Which accounts a policy's targets mean."""

from __future__ import annotations

from policies.aws.connect import Aws
from policies.aws.organization import list_accounts
from policies.domain.spec import AccountScope, Targets


def management_in_scope(targets: Targets, aws: Aws) -> bool:
    """Whether the management account is a target; only units must be asked for (aws-facts 9)."""
    if targets.account_scope != AccountScope.UNITS:
        return targets.account_scope == AccountScope.ORGANIZATION
    chosen = set(targets.unit_ids)
    return any(one.is_management and chosen & set(one.unit_path.split("/")) for one in list_accounts(aws))
