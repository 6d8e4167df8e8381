"""What the deletion of a policy takes away and what it leaves, counted from our rows before anyone confirms it."""

from __future__ import annotations

from dataclasses import dataclass

from policies.domain import iam, naming
from policies.domain.resources import OVERRIDE_FILE
from policies.models import Policy


@dataclass(frozen=True)
class Consequences:
    """Accounts, Regions and places (account-Regions) with stacks of the policy; its associations and living nodes.

    `role_tag` and `role_policies` are taken off the roles of nodes where the policy's automation put them; they are
    empty when it never might. `logs` is the place of the output that was written, "" when none was.
    """

    accounts: int
    regions: int
    places: int
    associations: int
    nodes: int
    bucket: str
    file: str
    role_tag: str
    role_policies: tuple[str, ...]
    logs: str


def foresee_deletion(policy: Policy) -> Consequences:
    """By the newest reading of AWS; a policy that was never deployed counts nothing."""
    asked = policy.asked
    places = set(policy.stack_instances.values_list("account_id", "region"))
    return Consequences(
        accounts=len({account for account, _ in places}),
        regions=len({region for _, region in places}),
        places=len(places),
        associations=policy.associations.count(),
        nodes=policy.nodes.living().count(),
        bucket=policy.bucket,
        file=OVERRIDE_FILE,
        role_tag=naming.role_tag(policy.configuration_id)[0] if policy.gave_access else "",
        role_policies=(iam.CORE_POLICY, iam.BASELINE_ACCESS_POLICY) if policy.gave_access else (),
        logs=f"s3://{asked.logs.bucket}/{asked.logs.prefix}" if asked.logs else "",
    )
