"""Doors for the workers: load the id, connect, call one function."""

from __future__ import annotations

import logging

from celery import shared_task
from django.utils import timezone

from policies.aws.connect import connection
from policies.aws.errors import AwsProblem
from policies.observe import collect

log = logging.getLogger(__name__)


@shared_task(expires=60)
def collect_all() -> None:
    """Read which accounts there are, then queue each of their shards."""
    try:
        shard_ids = collect.collect_organization(connection(), timezone.now())
    except AwsProblem as problem:
        log.warning("the organization could not be read: %s", problem)
        return
    for shard_id in shard_ids:
        collect_shard.delay(shard_id)


@shared_task(expires=300)
def collect_shard(shard_id: int) -> None:
    """Read one account-Region."""
    collect.collect_shard(shard_id, connection(), timezone.now())
