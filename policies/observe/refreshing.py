"""Readings that somebody asks for: whose account-Regions they are, that none is queued twice, and how far they are.

A request is a mark on the shard, which its next reading takes away. Where the queue loses it, the timetable finds the
mark (collect.choose_due).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from functools import cached_property
from urllib.parse import urlencode

from celery import current_app
from django.db.models import Exists, Min, OuterRef, Q, QuerySet
from django.http import QueryDict
from kombu.exceptions import OperationalError

from policies.models import AssociationState, Node, Shard, StackInstanceState
from policies.models.keys import read_key
from policies.observe.collect import CLAIM_LASTS
from policies.observe.filters import read_fields


@dataclass(frozen=True)
class Scope:
    """What is to be read: a policy by its configuration id, an account or a node (`pk`) by its id; else everything."""

    policy: str = ""
    account: str = ""
    node: str = ""

    @classmethod
    def read(cls, query: QueryDict) -> Scope:
        """The scope that an address or a form names."""
        return cls(**read_fields(cls, query))

    @property
    def query(self) -> str:
        """The scope as a query string without its question mark."""
        return urlencode({name: value for name, value in asdict(self).items() if value})

    def shards(self) -> QuerySet[Shard]:
        """Its account-Regions, of active accounts alone."""
        shards = Shard.objects.filter(account__is_active=True)
        if self.policy:
            shards = shards.filter(_is_of_policy(self.policy))
        if self.account:
            shards = shards.filter(account=self.account)
        if self.node:
            shards = shards.filter(pk__in=Node.objects.filter(pk=read_key(self.node) or 0).order_by().values("shard"))
        return shards


def _is_of_policy(configuration_id: str) -> Q:
    """Where it has a stack instance or an association."""
    place = {"account_id": OuterRef("account_id"), "region": OuterRef("region")}
    instances = StackInstanceState.objects.filter(policy__configuration_id=configuration_id, **place)
    associations = AssociationState.objects.filter(policy__configuration_id=configuration_id)
    return Q(Exists(instances)) | Q(pk__in=associations.order_by().values("shard"))


@dataclass(frozen=True)
class Asked:
    """How many account-Regions were queued, and how many were queued or being read already."""

    queued: int
    already: int


def ask_reading(scope: Scope, now: datetime) -> Asked:
    """Queue a reading of what is not queued or read just now, tags and all.

    Raises OperationalError when no worker can be asked.
    """
    shards, long_ago = scope.shards(), now - CLAIM_LASTS
    is_idle = Q(claimed_at=None) | Q(claimed_at__lt=long_ago)
    is_new = Q(requested_at=None) | Q(requested_at__lt=long_ago)
    total = shards.count()
    queued = Shard.objects.filter(pk__in=shards.filter(is_idle, is_new).order_by().values("pk")).update(
        requested_at=now,
        tags_read_at=None,
    )
    try:
        if scope == Scope():
            current_app.send_task("policies.observe.tasks.collect_all")
        current_app.send_task("policies.observe.tasks.collect_requested", args=[now.isoformat()])
    except OperationalError:
        Shard.objects.filter(requested_at=now).update(requested_at=None)
        raise
    return Asked(queued, total - queued)


def find_requested(at: datetime) -> tuple[int, ...]:
    """The shards that were asked for at this moment and have not been read since."""
    return tuple(Shard.objects.filter(requested_at=at).values_list("pk", flat=True))


@dataclass(frozen=True)
class Reading:
    """How far the readings of a scope are; rows are counted when asked for."""

    scope: Scope

    @cached_property
    def waiting(self) -> int:
        """Account-Regions that are still to be read."""
        return self.scope.shards().filter(requested_at__isnull=False).count()

    @cached_property
    def as_of(self) -> datetime | None:
        """The moment of AWS's clock that no account-Region which was ever read is older than."""
        oldest: datetime | None = self.scope.shards().aggregate(at=Min("observed_at"))["at"]
        return oldest
