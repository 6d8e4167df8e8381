"""Doors for the workers: load the id, connect, call one function."""

from __future__ import annotations

import logging
from datetime import datetime

from celery import shared_task
from django.utils import timezone

from policies.aws.connect import connection
from policies.aws.errors import AwsProblem
from policies.models import Shard
from policies.observe import alerts, collect, deliver, pruning, refreshing, tallies

log = logging.getLogger(__name__)


@shared_task(expires=60)
def collect_all() -> None:
    """Read which accounts there are, then queue those of their shards that are due."""
    now = timezone.now()
    try:
        shard_ids = collect.collect_organization(connection(), now)
    except AwsProblem as problem:
        log.warning("the organization could not be read: %s", problem)
        return
    for shard_id in collect.choose_due(shard_ids, now):
        collect_shard.delay(shard_id)


@shared_task(expires=300)
def collect_requested(at: str) -> None:
    """Queue the account-Regions that somebody asked for at this moment."""
    for shard_id in refreshing.find_requested(datetime.fromisoformat(at)):
        collect_shard.delay(shard_id)


@shared_task(expires=300)
def collect_shard(shard_id: int) -> None:
    """Read one account-Region; what did not fit into the reading's calls is read at once by another."""
    was_read = collect.collect_shard(shard_id, connection(), timezone.now())
    if was_read and Shard.objects.filter(pk=shard_id, is_behind=True).exists():
        collect_shard.delay(shard_id)


@shared_task(expires=60)
def tally_fleet() -> None:
    """Count for the dashboard what was read since the last count."""
    tallies.tally_fleet()


@shared_task(expires=3600)
def prune() -> None:
    """Forget what is older than is kept; what was too much for one go is forgotten by another at once."""
    forgotten = pruning.forget_old(timezone.now())
    log.info("forgot %s", forgotten)
    if max(forgotten.values(), default=0) >= pruning.MOST:
        prune.delay()


@shared_task(expires=60)
def send_alerts() -> None:
    """Find what began, and send what is due."""
    now = timezone.now()
    alerts.watch(now)
    deliver.send_due(now)
