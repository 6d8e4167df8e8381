"""What the dashboard shows, counted beforehand: a row for each day and each part of the fleet that a filter names."""

from __future__ import annotations

from django.db import models


class Part(models.TextChoices):
    """A part of the fleet. Its `key` in a tally: "" for all, an account's or a unit's id (accounts directly in it), a
    Region, AWS's word for an operating system, a policy's configuration id."""

    ALL = "all", "all"
    ACCOUNT = "account", "account"
    UNIT = "unit", "unit"
    REGION = "region", "region"
    SYSTEM = "operating_system", "operating_system"
    POLICY = "policy", "policy"


class Tally(models.Model):
    """The numbers of one part of the fleet on one day; a later count of the same day replaces them.

    `on` is a day of AWS's clock in UTC, and `as_of` the moment that the ages of scans were reckoned from. All but the
    last line count nodes; `missing_patches` adds up what they miss.
    """

    on = models.DateField()
    part = models.CharField(max_length=16, choices=Part.choices)
    key = models.CharField(max_length=68, blank=True)
    as_of = models.DateTimeField()
    nodes = models.PositiveIntegerField(default=0)
    # Each node stands in one of these by its newest scan: within a day, two to seven days ago, longer ago, never.
    day = models.PositiveIntegerField(default=0)
    week = models.PositiveIntegerField(default=0)
    longer = models.PositiveIntegerField(default=0)
    never = models.PositiveIntegerField(default=0)
    uncovered = models.PositiveIntegerField(default=0)
    several = models.PositiveIntegerField(default=0)
    # By findings, one for each node.
    up_to_date = models.PositiveIntegerField(default=0)
    missing = models.PositiveIntegerField(default=0)
    pending_reboot = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    never_scanned = models.PositiveIntegerField(default=0)
    # By policy status, one for each pair of node and policy.
    compliant = models.PositiveIntegerField(default=0)
    non_compliant = models.PositiveIntegerField(default=0)
    pending = models.PositiveIntegerField(default=0)
    # Nodes that lack at least one patch of this severity, by AWS's own three counts.
    critical = models.PositiveIntegerField(default=0)
    security = models.PositiveIntegerField(default=0)
    other = models.PositiveIntegerField(default=0)
    # Nodes that lack a patch, by the days since the first of their scans in a row that found one missing.
    missing_7 = models.PositiveIntegerField(default=0)
    missing_14 = models.PositiveIntegerField(default=0)
    missing_30 = models.PositiveIntegerField(default=0)
    missing_60 = models.PositiveIntegerField(default=0)
    missing_90 = models.PositiveIntegerField(default=0)
    missing_longer = models.PositiveIntegerField(default=0)
    missing_patches = models.PositiveIntegerField(default=0)
    # Of the whole fleet: how many readings of its account-Regions were stored before it was counted.
    readings = models.PositiveBigIntegerField(default=0)
    # Of the whole fleet: the keys of its units, Regions and operating systems, each sorted, which filters offer; and
    # as "counts" the nodes of each, which the list of nodes tells.
    keys = models.JSONField(default=dict)

    class Meta:
        verbose_name_plural = "tallies"
        ordering = ["on", "part", "key"]
        constraints = [
            # Also the index of the dashboard: one part over the days, for its figures and its trend.
            models.UniqueConstraint(fields=["part", "key", "on"], name="tally_once_a_day"),
        ]
        indexes = [
            # The dashboard lists the parts of the newest day.
            models.Index(fields=["part", "on"], name="tally_by_day"),
        ]

    def __str__(self) -> str:
        return f"{self.on} {self.part} {self.key}"
