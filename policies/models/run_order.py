"""Scans and installations that someone asked for at once: an order, and its part in each account and Region."""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.utils.translation import gettext_lazy as _

from policies.domain.status import DeploymentStatus, StepStatus
from policies.models.claimed import Claimed
from policies.models.policy import Policy


class PatchOperation(models.TextChoices):
    """Operation of AWS-RunPatchBaseline."""

    SCAN = "Scan", _("Scan")
    INSTALL = "Install", _("Install")


class RunOrder(models.Model):
    """What was asked for and confirmed. `token` is the confirmation's own, so that it orders once however often sent.

    `nodes` and `accounts` are what the confirmation named. `selects`: some nodes were chosen, else all of the policy.
    """

    policy = models.ForeignKey(Policy, on_delete=models.CASCADE, related_name="run_orders")
    token = models.UUIDField(unique=True)
    operation = models.CharField(max_length=10, choices=PatchOperation.choices)
    selects = models.BooleanField()
    nodes = models.PositiveIntegerField()
    accounts = models.PositiveIntegerField()
    status = models.CharField(max_length=10, default=DeploymentStatus.RUNNING)
    requested_by = models.CharField(max_length=150)
    requested_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-requested_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.operation} {self.policy_id}"

    @property
    def is_open(self) -> bool:
        return self.finished_at is None


class RunPart(Claimed):
    """One request in one account and Region.

    Either `associations` are started, or a command is sent to `instances`. `asked_at`, by AWS's clock, is recorded
    before the request and `begun_at`, by ours, after its answer: between the two only a look tells what happened.
    """

    order = models.ForeignKey(RunOrder, on_delete=models.CASCADE, related_name="parts")
    number = models.PositiveIntegerField()
    account_id = models.CharField(max_length=12)
    region = models.CharField(max_length=32)
    associations = models.JSONField(default=list)
    instances = models.JSONField(default=list)
    command_id = models.CharField(max_length=36, blank=True)
    status = models.CharField(max_length=10, default=StepStatus.WAITING)
    counts = models.JSONField(default=dict)  # nodes by AWS's status
    asked_at = models.DateTimeField(null=True)
    begun_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["order", "number"], name="run_part_number_once"),
            models.CheckConstraint(condition=models.Q(status__in=list(StepStatus)), name="run_part_status_is_known"),
        ]
        indexes = [
            # Workers look for the parts that are due.
            models.Index(fields=["order", "finished_at", "next_try_at"], name="run_part_due"),
        ]

    def __str__(self) -> str:
        return f"part {self.number} of {self.order_id}"

    @property
    def comment(self) -> str:
        """By which the command is found again after a lost answer."""
        return f"PatchPortal {self.order.token} {self.number}"

    def claim(self, now: datetime) -> bool:
        """Take the part for this worker, if it is due and free."""
        return self.take(now, models.Q(finished_at=None))
