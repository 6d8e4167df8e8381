"""What nodes report: policy status and patch findings, never merged."""

from __future__ import annotations

from django.db import models

from policies.domain.scanners import Reach, Target
from policies.domain.status import AssociationStatus, Findings, PolicyStatus
from policies.models.inventory import Node, Shard
from policies.models.policy import Policy


class AssociationQuerySet(models.QuerySet["AssociationState"]):
    """Questions about many associations."""

    def living(self) -> AssociationQuerySet:
        """Of accounts that are active."""
        return self.filter(shard__account__is_active=True)


class AssociationState(models.Model):
    """One association of a policy in one account-Region, as State Manager last told it."""

    policy = models.ForeignKey(Policy, on_delete=models.CASCADE, related_name="associations")
    shard = models.ForeignKey(Shard, on_delete=models.CASCADE, related_name="associations")
    association_id = models.CharField(max_length=36)
    name = models.CharField(max_length=128)
    purpose = models.CharField(max_length=10)  # Purpose
    status = models.CharField(max_length=16, default=AssociationStatus.PENDING)
    counts = models.JSONField(default=dict)  # targets by status, AssociationStatusAggregatedCount
    last_run_at = models.DateTimeField(null=True)
    schedule = models.CharField(max_length=256, null=True)  # noqa: DJ001 - None: read before this was kept
    targets = models.JSONField(default=list)  # pairs of a key and its values, as the association names them
    executions = models.JSONField(default=dict)  # fingerprint of each execution whose results were read
    is_behind = models.BooleanField(default=False)  # it ran, and the results did not fit into the last reading's calls
    owed = models.JSONField(default=dict)  # executions whose failures did not fit: their command, how many failed
    settings = models.JSONField(default=dict)  # by AWS's names what a list does not tell; {}: not read of this version

    objects = AssociationQuerySet.as_manager()

    class Meta:
        ordering = ["shard_id", "purpose"]
        constraints = [models.UniqueConstraint(fields=["shard", "association_id"], name="association_once")]

    def __str__(self) -> str:
        return self.name


class OtherScanner(models.Model):
    """An association or maintenance window that patches in an account-Region and is no policy's of ours.

    It writes over findings. `association_id` is the window's id for a window. `commands` and `sought` tell what is
    known of the commands that it sent (observe/scanners.py).
    """

    shard = models.ForeignKey(Shard, on_delete=models.CASCADE, related_name="other_scanners")
    association_id = models.CharField(max_length=36)
    name = models.CharField(max_length=128, blank=True)
    document = models.CharField(max_length=128)
    schedule = models.CharField(max_length=256, blank=True)
    alternatives = models.JSONField(default=list)  # lists of pairs of a key and its values: a node must fit one list
    last_run_at = models.DateTimeField(null=True)
    commands = models.JSONField(default=dict)  # ids of commands by run
    sought = models.JSONField(default=list)  # ids of commands that its runs were searched for

    class Meta:
        ordering = ["name", "association_id"]
        constraints = [models.UniqueConstraint(fields=["shard", "association_id"], name="other_scanner_once")]

    def __str__(self) -> str:
        return self.name or self.association_id

    @property
    def reach(self) -> Reach:
        """Its targets as data."""
        return tuple(tuple(Target(key, tuple(values)) for key, values in targets) for targets in self.alternatives)


class NodePolicyQuerySet(models.QuerySet["NodePolicy"]):
    """Questions about many nodes under policies."""

    def living(self) -> NodePolicyQuerySet:
        """Of nodes that AWS still knows, of accounts that are active."""
        return self.filter(node__gone_at=None, node__shard__account__is_active=True)


class NodePolicy(models.Model):
    """A node under a policy: its status there is its associations' execution status (the source page's rule)."""

    node = models.ForeignKey(Node, on_delete=models.CASCADE, related_name="policies")
    policy = models.ForeignKey(Policy, on_delete=models.CASCADE, related_name="nodes")
    status = models.CharField(max_length=16, default=PolicyStatus.PENDING)
    detail = models.CharField(max_length=512, blank=True)  # State Manager's execution summary, hostile text
    exit_code = models.IntegerField(null=True)
    results = models.JSONField(default=dict)  # the newest of each purpose: ResultFact and exit_code
    purpose = models.CharField(max_length=10, blank=True)  # which association the status speaks of
    executed_at = models.DateTimeField(null=True)

    objects = NodePolicyQuerySet.as_manager()

    class Meta:
        ordering = ["node_id"]
        constraints = [
            models.UniqueConstraint(fields=["node", "policy"], name="node_policy_once"),
            models.CheckConstraint(
                condition=models.Q(status__in=list(PolicyStatus)), name="node_policy_status_is_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.node_id} {self.status}"


class NodeCompliance(models.Model):
    """The newest patch state of a node (InstancePatchState), whoever scanned it: counts, source and time."""

    node = models.OneToOneField(Node, on_delete=models.CASCADE, related_name="compliance")
    findings = models.CharField(max_length=16, default=Findings.NEVER_SCANNED)
    missing = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    pending_reboot = models.PositiveIntegerField(default=0)
    rejected = models.PositiveIntegerField(default=0)
    installed = models.PositiveIntegerField(default=0)
    critical = models.PositiveIntegerField(default=0)
    security = models.PositiveIntegerField(default=0)
    other = models.PositiveIntegerField(default=0)
    baseline_id = models.CharField(max_length=128, blank=True)
    operation = models.CharField(max_length=16, blank=True)
    execution_type = models.CharField(max_length=50, blank=True)
    scanned_at = models.DateTimeField(null=True)
    missing_since = models.DateTimeField(null=True)  # end of the first of the scans in a row that found patches missing
    patches_of = models.DateTimeField(null=True)  # scanned_at of the result whose missing patches are kept
    scan = models.ForeignKey("policies.Scan", null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        ordering = ["node_id"]
        constraints = [
            models.CheckConstraint(condition=models.Q(findings__in=list(Findings)), name="findings_are_known"),
        ]
        indexes = [
            # The dashboard counts nodes by findings and by how long ago they were scanned.
            models.Index(fields=["findings", "scanned_at"], name="compliance_by_findings"),
            # The nodes that miss most, and those scanned longest ago.
            models.Index(fields=["missing", "node"], name="compliance_by_missing"),
            models.Index(fields=["scanned_at"], name="compliance_by_scan"),
            # The nodes that have missed patches for so long.
            models.Index(fields=["missing_since"], name="compliance_by_age"),
        ]

    def __str__(self) -> str:
        return f"{self.node_id} {self.findings}"


class MissingPatch(models.Model):
    """A patch that a node misses, kept when somebody opened the node's patches. Hostile text.

    It speaks of the result that NodeCompliance.patches_of names; after another scan it says nothing any more.
    """

    node = models.ForeignKey(Node, on_delete=models.CASCADE, related_name="missing_patches")
    title = models.CharField(max_length=300)
    kb_id = models.CharField(max_length=200, blank=True)
    severity = models.CharField(max_length=40, blank=True)

    class Meta:
        verbose_name_plural = "missing patches"
        ordering = ["title", "pk"]

    def __str__(self) -> str:
        return self.title
