"""Deployments: each change of AWS as recorded steps, and where each stack instance stands."""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from policies.domain.remedies import remedy_for
from policies.domain.sentence import Sentence
from policies.domain.signatures import LENGTH
from policies.domain.status import DeploymentStatus, InstanceStatus, StepStatus
from policies.models.claimed import Claimed
from policies.models.policy import Policy

STOPPABLE = (DeploymentStatus.QUEUED, DeploymentStatus.RUNNING)
OPEN = (*STOPPABLE, DeploymentStatus.STOPPING)
UNFINISHED = (StepStatus.WAITING, StepStatus.RUNNING, StepStatus.UNKNOWN)
ENDED = (StepStatus.SUCCEEDED, StepStatus.PARTIAL)


class Verb(models.TextChoices):
    """What a deployment is for."""

    CREATE = "create", _("Create")
    UPDATE = "update", _("Edit")
    DELETE = "delete", _("Delete")
    ROLL_BACK = "roll_back", _("Roll back the override file")
    RECREATE = "recreate", _("Recreate a patch baseline")
    REPAIR = "repair", _("Deploy a difference")


class Deployment(models.Model):
    """One change of AWS. `plan` is the plan as it was reviewed (`plan/changes.py` to_dict).

    `spec_before` is what was asked for before it, None when there was no policy: what undoing it leads back to.
    """

    policy = models.ForeignKey(Policy, on_delete=models.CASCADE, related_name="deployments")
    verb = models.CharField(max_length=10, choices=Verb.choices)
    status = models.CharField(max_length=10, default=DeploymentStatus.QUEUED)
    plan = models.JSONField()
    spec_before = models.JSONField(null=True)
    undoes = models.ForeignKey("self", null=True, on_delete=models.SET_NULL, related_name="undone_by")
    requested_by = models.CharField(max_length=150)
    requested_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-requested_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(status__in=list(DeploymentStatus)), name="deployment_status_is_known"
            ),
            models.UniqueConstraint(
                fields=["policy"],
                condition=models.Q(status__in=[str(status) for status in OPEN]),
                name="one_open_deployment_a_policy",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.verb} {self.policy_id}"

    @property
    def is_open(self) -> bool:
        return self.status in OPEN

    @property
    def can_be_stopped(self) -> bool:
        return self.status in STOPPABLE

    @property
    def can_be_retried(self) -> bool:
        """Whether something failed in it and nothing was begun after it."""
        return self.status in (DeploymentStatus.FAILED, DeploymentStatus.PARTIAL) and self.is_newest

    @property
    def can_be_continued(self) -> bool:
        """Whether it was stopped and nothing was begun after it."""
        return self.status == DeploymentStatus.STOPPED and self.is_newest

    @property
    def can_be_undone(self) -> bool:
        """Whether it ended before its aim and nothing was begun after it."""
        return self.can_be_retried or self.can_be_continued

    @property
    def is_newest(self) -> bool:
        """Whether no deployment of the policy was begun after it."""
        return not self.policy.deployments.filter(pk__gt=self.pk).exists()

    def next_step(self) -> Step | None:
        """The first step that has not ended well."""
        return self.steps.exclude(status__in=ENDED).first()


class Step(Claimed):
    """One recorded change of AWS.

    `operations` are the stack set operations still to be done, None until a look has decided them; the first of them
    goes by `operation_id`. When it was stopped, that one had `reached` so many of the places that it was `meant` for.
    """

    deployment = models.ForeignKey(Deployment, on_delete=models.CASCADE, related_name="steps")
    number = models.PositiveIntegerField()
    change = models.JSONField()
    status = models.CharField(max_length=10, default=StepStatus.WAITING)
    operation_id = models.CharField(max_length=128, blank=True)
    operations = models.JSONField(null=True)
    failed_instances = models.PositiveIntegerField(default=0)
    reached = models.PositiveIntegerField(default=0)
    meant = models.PositiveIntegerField(default=0)
    started_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["deployment", "number"], name="step_number_once"),
            models.CheckConstraint(condition=models.Q(status__in=list(StepStatus)), name="step_status_is_known"),
        ]

    def __str__(self) -> str:
        return f"step {self.number} of {self.deployment_id}"

    @property
    def is_queued(self) -> bool:
        """Whether it was begun, and waits in AWS for another operation on the stack set to end."""
        return self.status == StepStatus.WAITING and self.started_at is not None

    @property
    def stack_set(self) -> str:
        """The name of the stack set whose instances the step is about; "" for other steps."""
        return str(self.change["resource"].get("stack_set", ""))

    @property
    def reaches(self) -> str:
        """The name of the stack set in whose places it changes something: its instances', or an edited set's own."""
        is_edit = self.change["action"] == "update" and self.change["resource"]["kind"] == "stack_set"
        return str(self.change["resource"]["name"]) if is_edit else self.stack_set

    def claim(self, now: datetime) -> bool:
        """Take the step for this worker, if it is due and free; its first claim starts it."""
        started = Coalesce("started_at", models.Value(now), output_field=models.DateTimeField())
        return self.take(now, models.Q(status__in=UNFINISHED), status=StepStatus.RUNNING, started_at=started)


class StackInstanceState(models.Model):
    """One account-Region of a policy as CloudFormation last told it. `signature`: what is equal in equal failures."""

    policy = models.ForeignKey(Policy, on_delete=models.CASCADE, related_name="stack_instances")
    stack_set = models.CharField(max_length=128)
    account_id = models.CharField(max_length=12)
    region = models.CharField(max_length=32)
    status = models.CharField(max_length=32, default=InstanceStatus.PENDING)
    reason = models.TextField(blank=True)
    signature = models.CharField(max_length=LENGTH, blank=True)
    seen_at = models.DateTimeField()

    class Meta:
        ordering = ["account_id", "region"]
        constraints = [
            models.UniqueConstraint(fields=["policy", "stack_set", "account_id", "region"], name="stack_instance_once"),
        ]

    def __str__(self) -> str:
        return f"{self.account_id} {self.region}"

    @property
    def remedy(self) -> Sentence:
        """What to try where it failed."""
        return remedy_for("cloudformation:CreateStackInstances", self.status, self.reason)
