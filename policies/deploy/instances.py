"""The rows of stack instances: read from CloudFormation in pages, written in bulk, and only where something changed."""

from __future__ import annotations

from collections.abc import Iterable, Set
from datetime import datetime

from django.db.models import QuerySet

from policies.aws.stack_instances import InstanceFact
from policies.domain.signatures import signature_of
from policies.models import Policy, StackInstanceState

Key = tuple[str, str]
PLACE, FACTS = ("account_id", "region"), ("status", "reason", "signature")
"""Columns: what a row is of, and what it says."""


def refresh_instances(policy: Policy, stack_set: str, facts: Iterable[InstanceFact], now: datetime) -> None:
    """Make the rows of one stack set say what `facts` say; places that are gone lose their row."""
    told = {(fact.account_id, fact.region): fact for fact in facts}
    rows = policy.stack_instances.filter(stack_set=stack_set)
    known = {(account_id, region): facts for account_id, region, *facts in rows.values_list(*PLACE, *FACTS).iterator()}
    changed = [_row(policy, stack_set, fact, now) for key, fact in told.items() if known.get(key) != _facts_of(fact)]
    StackInstanceState.objects.bulk_create(
        changed,
        batch_size=500,
        update_conflicts=True,
        unique_fields=["policy", "stack_set", "account_id", "region"],
        update_fields=["status", "reason", "signature", "seen_at"],
    )
    if gone := known.keys() - told.keys():
        _remove(rows, gone)


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


def _facts_of(fact: InstanceFact) -> list[str]:
    """As the columns of FACTS hold them."""
    return [fact.status, fact.reason, signature_of(fact.reason)]


def _remove(rows: QuerySet[StackInstanceState], gone: Set[Key]) -> None:
    pks = [pk for pk, *place in rows.values_list("pk", *PLACE) if tuple(place) in gone]
    for start in range(0, len(pks), 500):
        rows.filter(pk__in=pks[start : start + 500]).delete()
