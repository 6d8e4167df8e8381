"""Reads AWS back into rows: the organization's accounts, then shard by shard what their nodes report.

A shard is claimed by one UPDATE, read without a transaction, and stored in one. A shard that cannot be read keeps its
old rows, marked stale with what AWS said.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from celery import current_app
from django.db import transaction
from django.db.models import Q

from policies.aws.connect import Aws
from policies.aws.errors import AwsProblem
from policies.aws.organization import AccountFact, list_accounts, list_regions
from policies.domain.status import ShardStatus
from policies.models import Account, Policy, Shard
from policies.observe.reading import read_shard
from policies.observe.storing import store_shard

# A claim older than this belonged to a worker that died.
CLAIM_LASTS = timedelta(minutes=10)


def collect_organization(aws: Aws, now: datetime) -> tuple[int, ...]:
    """Bring accounts and shards up to date; the ids of the shards of active accounts. Raises AwsProblem."""
    facts = list_accounts(aws)
    regions = [region.name for region in list_regions(aws) if region.is_enabled]
    with transaction.atomic():
        _store_accounts(facts, now)
        active = [fact.account_id for fact in facts if fact.is_active]
        shards = [Shard(account_id=account_id, region=region) for account_id in active for region in regions]
        Shard.objects.bulk_create(shards, ignore_conflicts=True, batch_size=500)
    wanted = Shard.objects.filter(account_id__in=active, region__in=regions)
    return tuple(wanted.values_list("pk", flat=True))


def _store_accounts(facts: Iterable[AccountFact], now: datetime) -> None:
    rows = [
        Account(
            account_id=fact.account_id,
            name=fact.name,
            unit_id=fact.unit_id,
            unit_path=fact.unit_path,
            is_management=fact.is_management,
            is_active=fact.is_active,
            seen_at=now,
        )
        for fact in facts
    ]
    fields = ["name", "unit_id", "unit_path", "is_management", "is_active", "seen_at"]
    Account.objects.bulk_create(rows, update_conflicts=True, unique_fields=["account_id"], update_fields=fields)
    Account.objects.exclude(account_id__in=[row.account_id for row in rows]).update(is_active=False)


def queue_reading() -> None:
    """Ask a worker to read every account and Region now."""
    current_app.send_task("policies.observe.tasks.collect_all")


def collect_shard(shard_id: int, aws: Aws, now: datetime) -> bool:
    """Read one shard and store what it says; False when it is gone or someone else reads it just now."""
    if not _claim(shard_id, now):
        return False
    shard = Shard.objects.get(pk=shard_id)
    known = {row.association_id: row.executions for row in shard.associations.all()}
    ours = list(Policy.objects.living().values_list("configuration_id", flat=True))
    try:
        facts = read_shard(aws.in_account(shard.account_id), shard.region, known, ours)
    except AwsProblem as problem:
        _mark_stale(shard, problem)
        return True
    with transaction.atomic():
        store_shard(shard, facts)
        Shard.objects.filter(pk=shard_id).update(
            status=ShardStatus.FRESH,
            claimed_at=None,
            collected_at=now,
            observed_at=facts.observed_at,
            error_code="",
            error_message="",
        )
    return True


def _claim(shard_id: int, now: datetime) -> bool:
    free = Q(claimed_at=None) | Q(claimed_at__lt=now - CLAIM_LASTS)
    return bool(Shard.objects.filter(free, pk=shard_id).update(claimed_at=now))


def _mark_stale(shard: Shard, problem: AwsProblem) -> None:
    Shard.objects.filter(pk=shard.pk).update(
        status=ShardStatus.FAILED,
        claimed_at=None,
        error_code=problem.code[:128],
        error_message=f"{problem.action}: {problem.message}",
    )
