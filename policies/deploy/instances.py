"""The rows of stack instances: read from CloudFormation in pages, written in bulk, and only where something changed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from policies.aws.stack_instances import InstanceFact
from policies.domain.signatures import signature_of
from policies.models import Policy, StackInstanceState

Key = tuple[str, str]


def refresh_instances(policy: Policy, stack_set: str, facts: Iterable[InstanceFact], now: datetime) -> None:
    """Make the rows of one stack set say what `facts` say; places that are gone lose their row."""
    told = {(fact.account_id, fact.region): fact for fact in facts}
    rows = policy.stack_instances.filter(stack_set=stack_set)
    known = {(row.account_id, row.region): row for row in rows}
    gone = [row.pk for key, row in known.items() if key not in told]
    changed = [_row(policy, stack_set, fact, now) for key, fact in told.items() if _differs(known.get(key), fact)]
    StackInstanceState.objects.bulk_create(
        changed,
        batch_size=500,
        update_conflicts=True,
        unique_fields=["policy", "stack_set", "account_id", "region"],
        update_fields=["status", "reason", "signature", "seen_at"],
    )
    for start in range(0, len(gone), 500):
        StackInstanceState.objects.filter(pk__in=gone[start : start + 500]).delete()


def _row(policy: Policy, stack_set: str, fact: InstanceFact, now: datetime) -> StackInstanceState:
    return StackInstanceState(
        policy=policy,
        stack_set=stack_set,
        account_id=fact.account_id,
        region=fact.region,
        status=fact.status,
        reason=fact.reason,
        signature=signature_of(fact.reason),
        seen_at=now,
    )


def _differs(row: StackInstanceState | None, fact: InstanceFact) -> bool:
    return row is None or (row.status, row.reason, row.signature) != (
        fact.status,
        fact.reason,
        signature_of(fact.reason),
    )
