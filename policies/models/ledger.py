"""The compliance ledger: each run of a policy, each result that a node reported, and why a node's status changed.

AWS keeps the newest result of a node alone; here a result stays when another scanner writes over it. The collector
writes all three (observe/ledger.py), pages and the search read them. Moments are AWS's, `seen_at` too.
"""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Right

from policies.domain.ledger import FlipCause, FlipKind
from policies.domain.scanners import ScannerKind
from policies.domain.status import Findings
from policies.models.inventory import Node, Shard
from policies.models.override import OverrideVersion
from policies.models.policy import Policy

BASELINE_ID = 20
"""Letters of a patch baseline's id. AWS's own baselines are also named by ARNs, which end with it."""


class Run(models.Model):
    """One execution of a policy's association in one account-Region.

    `execution_id` is State Manager's. `command_id` is the command that carried it, which nodes put into their logs'
    paths and compliance; "" until its results were read.
    """

    policy = models.ForeignKey(Policy, on_delete=models.CASCADE, related_name="runs")
    shard = models.ForeignKey(Shard, on_delete=models.CASCADE, related_name="runs")
    association_id = models.CharField(max_length=36)
    purpose = models.CharField(max_length=10)  # Purpose.SCAN or INSTALL
    execution_id = models.CharField(max_length=50)
    command_id = models.CharField(max_length=50, blank=True)
    status = models.CharField(max_length=32, blank=True)  # State Manager's word
    counts = models.JSONField(default=dict)  # targets by State Manager's words
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [models.UniqueConstraint(fields=["association_id", "execution_id"], name="run_once")]
        indexes = [
            # The search and the collector look for the run that a node's result names.
            models.Index(fields=["command_id"], name="run_by_command"),
            models.Index(fields=["execution_id"], name="run_by_execution"),
            # What is older than is kept is forgotten.
            models.Index(fields=["created_at"], name="run_by_time"),
        ]

    def __str__(self) -> str:
        return self.execution_id


class Scan(models.Model):
    """One result that a node reported (InstancePatchState), whoever ran it.

    `baseline_id` of a policy's run is random and means nothing in AWS; `version` is the file that it stands for.
    `policy`, `run` and `version` are empty while the run has not been read, and for other scanners, which `scanner`
    names where a name is known.
    """

    node = models.ForeignKey(Node, on_delete=models.CASCADE, related_name="scans")
    source = models.CharField(max_length=20, choices=[(kind.value, kind.value) for kind in ScannerKind])
    scanner = models.CharField(max_length=128, blank=True)
    policy = models.ForeignKey(Policy, null=True, on_delete=models.SET_NULL, related_name="scans")
    run = models.ForeignKey(Run, null=True, on_delete=models.SET_NULL, related_name="scans")
    version = models.ForeignKey(OverrideVersion, null=True, on_delete=models.SET_NULL, related_name="scans")
    execution_id = models.CharField(max_length=100, blank=True)
    execution_type = models.CharField(max_length=50, blank=True)
    operation = models.CharField(max_length=16, blank=True)
    baseline_id = models.CharField(max_length=128, blank=True)
    snapshot_id = models.CharField(max_length=36, blank=True)
    patch_group = models.CharField(max_length=256, blank=True)
    install_list = models.CharField(max_length=256, blank=True)
    findings = models.CharField(max_length=16)
    missing = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    pending_reboot = models.PositiveIntegerField(default=0)
    rejected = models.PositiveIntegerField(default=0)
    installed = models.PositiveIntegerField(default=0)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField()
    seen_at = models.DateTimeField()

    class Meta:
        ordering = ["-ended_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["node", "ended_at", "snapshot_id"], name="scan_once"),
            models.CheckConstraint(condition=models.Q(findings__in=list(Findings)), name="scan_findings_are_known"),
        ]
        indexes = [
            # The search takes a baseline id, a snapshot id or an execution id out of a log.
            models.Index(Right("baseline_id", BASELINE_ID), name="scan_by_baseline"),
            models.Index(fields=["snapshot_id"], name="scan_by_snapshot"),
            models.Index(fields=["execution_id"], name="scan_by_execution"),
            # What is older than is kept is forgotten.
            models.Index(fields=["ended_at"], name="scan_by_end"),
        ]

    def __str__(self) -> str:
        return f"{self.node_id} {self.findings} {self.ended_at}"


class Flip(models.Model):
    """A change of a node's status: before and after, when it was seen, why, and by which evidence.

    `kind` says which status: the findings of its scans, its status under `policy`, or whether it is there at all.
    `scan` is the result that shows it, `execution_id` the execution that made it.
    """

    node = models.ForeignKey(Node, on_delete=models.CASCADE, related_name="flips")
    kind = models.CharField(max_length=10, choices=FlipKind.choices())
    policy = models.ForeignKey(Policy, null=True, on_delete=models.CASCADE, related_name="flips")
    before = models.CharField(max_length=16)
    after = models.CharField(max_length=16)
    cause = models.CharField(max_length=24)
    scan = models.ForeignKey(Scan, null=True, on_delete=models.SET_NULL, related_name="flips")
    previous = models.ForeignKey(Scan, null=True, on_delete=models.SET_NULL, related_name="+")
    execution_id = models.CharField(max_length=100, blank=True)
    exit_code = models.IntegerField(null=True)
    happened_at = models.DateTimeField()
    seen_at = models.DateTimeField()

    class Meta:
        ordering = ["-seen_at", "-pk"]
        constraints = [
            models.CheckConstraint(condition=models.Q(cause__in=list(FlipCause)), name="flip_cause_is_known"),
        ]
        indexes = [
            # A node's timeline, and the page of all changes.
            models.Index(fields=["node", "-seen_at"], name="flip_by_node"),
            models.Index(fields=["-seen_at"], name="flip_by_time"),
            models.Index(fields=["cause", "-seen_at"], name="flip_by_cause"),
        ]

    def __str__(self) -> str:
        return f"{self.node_id} {self.before} -> {self.after}: {self.cause}"
