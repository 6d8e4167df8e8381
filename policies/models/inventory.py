"""Accounts, account-Regions (shards) and nodes as last read from AWS.

Moments named *_at in Node and Shard.observed_at are AWS's own time (its Date header); Shard.collected_at is ours.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.db import models
from django.db.models.functions import Concat, Lower

from policies.domain.remedies import remedy_for_reading
from policies.domain.sentence import Sentence
from policies.domain.status import ShardStatus


class UnitQuerySet(models.QuerySet["OrganizationalUnit"]):
    """Units of the organization as last read."""

    def labels(self) -> dict[str, str]:
        """What people call each unit, by its id: the names from below the root down. One query."""
        units = list(self.all())
        names = {unit.unit_id: unit.name for unit in units}
        return {unit.unit_id: " / ".join(names.get(i, i) for i in unit.ids[1:] or unit.ids) for unit in units}

    def written(self, unit_ids: Iterable[str]) -> tuple[str, ...]:
        """These units in words: label and id, or the id alone where no name was read. At most one query."""
        wanted = tuple(unit_ids)
        labels = self.labels() if wanted else {}
        return tuple(f"{labels[unit]} ({unit})" if unit in labels else unit for unit in wanted)


class OrganizationalUnit(models.Model):
    """An organizational unit of the organization, or its root. `path`: the ids from the root down, joined by "/"."""

    unit_id = models.CharField(max_length=68, primary_key=True)
    name = models.CharField(max_length=128)
    path = models.CharField(max_length=700)

    objects = UnitQuerySet.as_manager()

    class Meta:
        ordering = ["path"]

    def __str__(self) -> str:
        return self.name

    @property
    def ids(self) -> list[str]:
        """Its own and those of the units above it, from the root down."""
        return self.path.split("/")


class Account(models.Model):
    """An AWS account of the organization (or the lone one)."""

    account_id = models.CharField(max_length=12, primary_key=True)
    name = models.CharField(max_length=128)
    unit_id = models.CharField(max_length=68, blank=True)
    unit_path = models.CharField(max_length=700, blank=True)
    is_management = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)
    seen_at = models.DateTimeField()

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name or self.account_id


class Shard(models.Model):
    """One account-Region: what a reading covers and how fresh it is. A failed reading keeps the old rows.

    `error_code` and `error_message` tell why a reading failed, or what of it AWS denied.

    `due_at` is when it is read next by the timetable, at once when None (domain/pace.py). `failures` counts readings
    that failed in a row, `failing_since` tells from when on. `requested_at` is when somebody asked for a reading that
    has not come yet, by our clock.
    """

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="shards")
    region = models.CharField(max_length=32)
    status = models.CharField(max_length=10, default=ShardStatus.NEVER)
    claimed_at = models.DateTimeField(null=True)
    collected_at = models.DateTimeField(null=True)
    observed_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True)
    requested_at = models.DateTimeField(null=True)
    is_behind = models.BooleanField(default=False)  # something did not fit into the last reading's calls
    tags_read_at = models.DateTimeField(null=True)
    windows_listed_at = models.DateTimeField(null=True)  # by AWS's clock
    windows_left = models.JSONField(default=list)  # id, name, schedule of windows that were not looked into since
    readings = models.PositiveBigIntegerField(default=0)  # how many were stored, each in one transaction with its rows
    failures = models.PositiveSmallIntegerField(default=0)
    failing_since = models.DateTimeField(null=True)
    error_code = models.CharField(max_length=128, blank=True)
    error_message = models.TextField(blank=True)
    # Of its living nodes at the last reading: all, those whose findings are among LACKING, and those never scanned.
    node_count = models.PositiveIntegerField(default=0)
    lacking_count = models.PositiveIntegerField(default=0)
    unscanned_count = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["account_id", "region"]
        constraints = [
            models.UniqueConstraint(fields=["account", "region"], name="shard_once"),
            models.CheckConstraint(condition=models.Q(status__in=list(ShardStatus)), name="shard_status_is_known"),
        ]
        indexes = [
            # Pages and workers look for the few that somebody asked for.
            models.Index(
                fields=["requested_at"], condition=models.Q(requested_at__isnull=False), name="shard_requested"
            ),
            # Every page tells the newest reading.
            models.Index(fields=["observed_at"], name="shard_by_reading"),
            # The dashboard counts those that could not be read.
            models.Index(fields=["account"], condition=models.Q(status=ShardStatus.FAILED), name="shard_failed"),
        ]

    def __str__(self) -> str:
        return f"{self.account_id} {self.region}"

    @property
    def remedy(self) -> Sentence | None:
        """What to do about what AWS said, where it does not mend itself."""
        return remedy_for_reading(self.error_code, self.account.is_management)


class NodeQuerySet(models.QuerySet["Node"]):
    """Questions about many nodes."""

    def living(self) -> NodeQuerySet:
        """Those that AWS still knows, of accounts that are active."""
        return self.filter(gone_at=None, shard__account__is_active=True)


class Node(models.Model):
    """A managed node. One that vanished from AWS stays, with `gone_at`."""

    shard = models.ForeignKey(Shard, on_delete=models.CASCADE, related_name="nodes")
    instance_id = models.CharField(max_length=124)
    name = models.CharField(max_length=256, blank=True)
    operating_system = models.CharField(max_length=40, blank=True)
    platform = models.CharField(max_length=128, blank=True)
    ping_status = models.CharField(max_length=20, blank=True)
    agent_version = models.CharField(max_length=40, blank=True)
    role = models.CharField(max_length=128, blank=True)
    tags = models.JSONField(default=dict)
    seen_at = models.DateTimeField()
    gone_at = models.DateTimeField(null=True)
    # What the node list is searched in: to fold the case of both columns at each search takes four times as long.
    search_text = models.GeneratedField(
        expression=Lower(Concat("name", models.Value("\n"), "instance_id")),
        output_field=models.TextField(),
        db_persist=True,
    )

    objects = NodeQuerySet.as_manager()

    class Meta:
        ordering = ["name", "instance_id"]
        constraints = [models.UniqueConstraint(fields=["shard", "instance_id"], name="node_once")]
        indexes = [
            # The node list filters living nodes by operating system and sorts by name.
            models.Index(fields=["gone_at", "operating_system"], name="node_living_by_os"),
            # The node list in its usual order, a page at a time.
            models.Index(fields=["name", "instance_id", "id"], condition=models.Q(gone_at=None), name="node_by_name"),
        ]

    def __str__(self) -> str:
        return self.name or self.instance_id
