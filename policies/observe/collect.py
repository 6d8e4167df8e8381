"""Reads AWS back into rows: the organization's accounts, then shard by shard what their nodes report.

A shard is claimed by one UPDATE, read without a transaction, and stored in one. A shard that cannot be read keeps its
old rows, marked stale with what AWS said.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import astuple
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q

from policies.aws.connect import Aws
from policies.aws.errors import AwsProblem
from policies.aws.organization import AccountFact, Unit, list_regions, read_organization
from policies.domain.pace import next_attempt, next_reading
from policies.domain.remedies import PORTAL_FAULT
from policies.domain.status import ShardStatus
from policies.models import Account, AssociationState, OrganizationalUnit, Policy, Shard
from policies.observe.reading import Known, ShardFacts, read_shard
from policies.observe.rows import fit
from policies.observe.run_reading import KnownRuns
from policies.observe.scanner_rows import find_unread, find_unsigned, known_scanners
from policies.observe.scanners import LONG_AGO, Scanners
from policies.observe.storing import store_shard

# A claim older than this belonged to a worker that died, and a request to a queue that was lost.
CLAIM_LASTS = timedelta(minutes=10)
TAGS_LAST = timedelta(hours=1)


def collect_organization(aws: Aws, now: datetime) -> tuple[int, ...]:
    """Bring accounts and shards up to date; the ids of the shards of active accounts. Raises AwsProblem.

    A Region that is switched off here is read on where it has nodes: it may be on in other accounts, and where it is
    not, the shard tells that its rows are old.
    """
    organization = read_organization(aws)
    facts = organization.accounts
    regions = [region.name for region in list_regions(aws) if region.is_enabled]
    with transaction.atomic():
        _store_units(organization.units)
        _store_accounts(facts, now)
        active = [fact.account_id for fact in facts if fact.is_active]
        shards = [Shard(account_id=account_id, region=region) for account_id in active for region in regions]
        Shard.objects.bulk_create(shards, ignore_conflicts=True, batch_size=500)
    wanted = Shard.objects.filter(Q(region__in=regions) | Q(node_count__gt=0), account_id__in=active)
    return tuple(wanted.values_list("pk", flat=True))


def _store_units(facts: Iterable[Unit]) -> None:
    told = [{"unit_id": fact.unit_id, "name": fact.name, "path": fact.path} for fact in facts]
    rows = [OrganizationalUnit(**fit(OrganizationalUnit, each)) for each in told]
    OrganizationalUnit.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["unit_id"], update_fields=["name", "path"]
    )
    OrganizationalUnit.objects.exclude(unit_id__in=[row.unit_id for row in rows]).delete()


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


def collect_shard(shard_id: int, aws: Aws, now: datetime) -> bool:
    """Read one shard and store what it says; False when it is gone, or someone else reads it or has taken it over.

    A fault of the portal makes it stale as well, and is raised for the worker's log.
    """
    if not _claim(shard_id, now):
        return False
    shard = Shard.objects.get(pk=shard_id)
    try:
        return _read_and_store(shard, aws, now)
    except AwsProblem as problem:
        return _mark_stale(shard, problem, now)
    except Exception as error:
        _mark_stale(shard, AwsProblem("PatchPortal", PORTAL_FAULT, type(error).__name__), now)
        raise


def _read_and_store(shard: Shard, aws: Aws, now: datetime) -> bool:
    known = read_known(shard, now)
    policies = {policy.configuration_id: policy for policy in Policy.objects.living()}
    facts = read_shard(aws.in_account(shard.account_id), shard.region, known, policies)
    with transaction.atomic():
        if not _holds(shard.pk, now):
            return False
        store_shard(shard, facts, policies, known.unsigned)
        outcome = _freshness(shard, known, facts, now) | _refusal(facts) | _windows(facts.scanners)
        Shard.objects.filter(pk=shard.pk).update(**outcome)
    return True


def _freshness(shard: Shard, known: Known, facts: ShardFacts, now: datetime) -> dict[str, Any]:
    """What AWS denied, or did not tell this time, is asked again at the next turn, not at once."""
    is_left = facts.is_behind and facts.is_further_than(known)
    is_left = is_left or (bool(facts.nodes) and _has_strange_results(shard, known, facts))
    is_behind = is_left and not facts.refused
    is_moving = facts.is_moving or is_behind or bool(facts.sources)
    return {
        "claimed_at": None,
        "requested_at": None,
        "collected_at": now,
        "observed_at": facts.observed_at,
        "due_at": now + next_reading(_turn(), nodes=len(facts.nodes), is_moving=is_moving),
        "is_behind": is_behind,
        "readings": F("readings") + 1,
        "tags_read_at": now if facts.tags_were_read else shard.tags_read_at,
        "failures": 0,
        "failing_since": None,
        "node_count": shard.node_count,
        "lacking_count": shard.lacking_count,
        "unscanned_count": shard.unscanned_count,
    }


def _refusal(facts: ShardFacts) -> dict[str, Any]:
    """What AWS denied of the reading, each action by its name."""
    return {
        "status": ShardStatus.PARTIAL if facts.refused else ShardStatus.FRESH,
        "error_code": facts.refused[0].code if facts.refused else "",
        "error_message": "; ".join(f"{problem.action}: {problem.message}" for problem in facts.refused),
    }


def _has_strange_results(shard: Shard, known: Known, facts: ShardFacts) -> bool:
    """Whether there is something to read that may tell who made them, and this reading got any further with it."""
    unsigned = find_unsigned(shard)
    unread = find_unread(shard, unsigned)
    is_left = facts.scanners.is_behind(unsigned, facts.observed_at) or bool(unread)
    return is_left and ((unsigned, unread) != (known.unsigned, known.unread) or facts.is_further_than(known))


def _windows(scanners: Scanners) -> dict[str, Any]:
    listed_at = None if scanners.listed_at == LONG_AGO else scanners.listed_at
    return {"windows_listed_at": listed_at, "windows_left": [list(astuple(window)) for window in scanners.left]}


def _turn() -> timedelta:
    return timedelta(seconds=settings.COLLECT_SECONDS)


def read_known(shard: Shard, now: datetime) -> Known:
    """What is stored of a shard, for a reading to leave out."""
    living = shard.nodes.filter(gone_at=None).values_list("instance_id", "tags", "compliance__scanned_at")
    nodes, rows = list(living), shard.associations.all()
    unsigned = find_unsigned(shard) if nodes else ()
    return Known(
        tags={instance_id: tags for instance_id, tags, _ in nodes},
        tags_are_old=shard.tags_read_at is None or now - shard.tags_read_at >= TAGS_LAST,
        scanned_at={instance_id: at for instance_id, _, at in nodes},
        runs={row.association_id: _known_runs(row) for row in rows},
        scanners=known_scanners(shard),
        unsigned=unsigned,
        unread=find_unread(shard, unsigned),
    )


def _known_runs(row: AssociationState) -> KnownRuns:
    owed = {execution_id: (command, failed) for execution_id, (command, failed) in row.owed.items()}
    return KnownRuns(row.status, row.counts, row.last_run_at, row.executions, row.is_behind, owed, row.settings)


def _claim(shard_id: int, now: datetime) -> bool:
    free = Q(claimed_at=None) | Q(claimed_at__lt=now - CLAIM_LASTS)
    return bool(Shard.objects.filter(free, pk=shard_id).update(claimed_at=now))


def _holds(shard_id: int, now: datetime) -> bool:
    """Whether the claim of this reading stands; while the transaction lasts nobody takes it over.

    What a slow reading was told long ago must not be written over what a later one has stored.
    """
    return bool(Shard.objects.filter(pk=shard_id, claimed_at=now).update(claimed_at=now))


def _mark_stale(shard: Shard, problem: AwsProblem, now: datetime) -> bool:
    failures = shard.failures + 1
    changed = Shard.objects.filter(pk=shard.pk, claimed_at=now).update(
        status=ShardStatus.FAILED,
        claimed_at=None,
        requested_at=None,
        is_behind=False,
        due_at=now + next_attempt(_turn(), failures),
        failures=failures,
        failing_since=shard.failing_since or now,
        error_code=problem.code[:128],
        error_message=f"{problem.action}: {problem.message}",
    )
    return bool(changed)


def choose_due(shard_ids: Iterable[int], now: datetime) -> tuple[int, ...]:
    """Those that the timetable reads at this turn; not those that somebody asked for, which are queued already.

    The one that waited longest comes first, so that none waits for ever where workers are too few.
    """
    due = Q(due_at=None) | Q(due_at__lte=now) | Q(requested_at__isnull=False)
    queued = Q(requested_at__gt=now - CLAIM_LASTS)
    waiting = Shard.objects.filter(due, pk__in=shard_ids).exclude(queued)
    return tuple(waiting.order_by(F("due_at").asc(nulls_first=True), "pk").values_list("pk", flat=True))
