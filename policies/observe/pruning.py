"""Forgets what is older than is kept, in batches that are each a transaction; docs/operators.md tells the rule.

What AWS dates is counted by AWS's clock, as of the newest reading; what happened in the portal by ours.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.sessions.models import Session
from django.db.models import Exists, OuterRef, QuerySet

from policies.models import (
    Account,
    Alert,
    Delivery,
    Draft,
    Flip,
    Node,
    NodeCompliance,
    Run,
    RunOrder,
    RunPart,
    Scan,
    Tally,
)
from policies.observe.reports import read_freshness
from policies.observe.tallies import DAYS_KEPT

BATCH = 500
MOST = 20_000
"""Rows of a kind in one go: some seconds of work."""

Rows = QuerySet[Any]


def forget_old(now: datetime) -> Counter[str]:
    """Delete what is over, at most MOST rows of each kind; how many of which. Running it twice, or half, is safe."""
    seen = read_freshness().as_of or now
    forgotten: Counter[str] = Counter()
    for rows in (*_days(seen), *_of_aws(seen, now), *_of_people(now)):
        forgotten[rows.model.__name__] += _forget(rows)
    return +forgotten


def _days(seen: datetime) -> tuple[Rows, ...]:
    return (Tally.objects.filter(on__lte=seen.date() - timedelta(days=DAYS_KEPT)),)


def _of_aws(seen: datetime, now: datetime) -> tuple[Rows, ...]:
    """What was read, the many small rows before what they belong to; `seen` by AWS's clock."""
    before, left = seen - _kept(), {"is_active": False, "seen_at__lt": now - _kept()}
    is_newest = Exists(NodeCompliance.objects.filter(scan=OuterRef("pk")))
    has_scans = Exists(Scan.objects.filter(run=OuterRef("pk")))
    has_nodes = Exists(Node.objects.filter(shard__account=OuterRef("pk")))
    return (
        Flip.objects.filter(seen_at__lt=before),
        Scan.objects.filter(~is_newest, ended_at__lt=before),
        Run.objects.filter(~has_scans, created_at__lt=before),
        Node.objects.filter(gone_at__lt=before),
        Node.objects.filter(shard__account__in=Account.objects.filter(**left)),
        Account.objects.filter(~has_nodes, **left),
    )


def _of_people(now: datetime) -> tuple[Rows, ...]:
    """What was asked for and told; `now` by our clock."""
    before = now - _kept()
    return (
        RunPart.objects.filter(order__finished_at__lt=before),
        RunOrder.objects.filter(finished_at__lt=before),
        Delivery.objects.filter(due_at=None, made_at__lt=before),
        Alert.objects.filter(ended_at__lt=before),
        Draft.objects.spent(now),
        Draft.objects.filter(finished_at=None, changed_at__lt=before),
        Session.objects.filter(expire_date__lt=now),
    )


def _kept() -> timedelta:
    return timedelta(days=settings.KEEP_DAYS)


def _forget(rows: Rows) -> int:
    """Delete these rows, as far as they still are such when their batch comes; how many were taken up."""
    taken = 0
    while taken < MOST and (keys := list(rows.order_by().values_list("pk", flat=True)[:BATCH])):
        rows.filter(pk__in=keys).delete()
        taken += len(keys)
    return taken
