"""Patch policies and the drafts they grow from."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.models import User
from django.db import models

from policies.domain import naming
from policies.domain.spec import AccountScope, PolicySpec

LONGEST_NAME = 120
"""As the Quick Setup API allows."""
DRAFT_STAYS = timedelta(days=1)
WRITING_LASTS = timedelta(seconds=settings.CELERY_TASK_TIME_LIMIT + 60)
"""After that a sync that said it was writing the file is dead: no task lives so long."""


class PolicyQuerySet(models.QuerySet["Policy"]):
    """Questions about many policies."""

    def living(self) -> PolicyQuerySet:
        """Policies that exist or are being made or removed; a finished deletion hides one."""
        return self.filter(deleted_at=None)

    def locked(self, pk: int) -> Policy:
        """The policy as it is now, and stays until the transaction ends."""
        return self.select_for_update().get(pk=pk)


class Policy(models.Model):
    """One patch policy: what was asked for, where it lives, and the five characters that name it in AWS."""

    configuration_id = models.CharField(max_length=5, unique=True)
    name = models.CharField(max_length=LONGEST_NAME)
    spec = models.JSONField()
    version = models.PositiveIntegerField(default=1)
    account_id = models.CharField(max_length=12)
    home_region = models.CharField(max_length=32)
    organization_id = models.CharField(max_length=34, blank=True)
    root_id = models.CharField(max_length=34, blank=True)
    missing_baselines = models.JSONField(default=list)  # choices of the spec whose baseline was deleted
    synced_at = models.DateTimeField(null=True)
    sync_tried_at = models.DateTimeField(null=True)  # by our clock: the next sync is due so long after it
    sync_error = models.TextField(blank=True)
    writing_since = models.DateTimeField(null=True)  # a sync that began then is writing the file
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=150)
    deleted_at = models.DateTimeField(null=True)

    objects = PolicyQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        verbose_name_plural = "policies"
        constraints = [
            models.UniqueConstraint(
                fields=["name"], condition=models.Q(deleted_at=None), name="policy_name_unique_while_living"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def asked(self) -> PolicySpec:
        """The spec as data."""
        return PolicySpec.from_dict(self.spec)

    @property
    def is_organizational(self) -> bool:
        return self.asked.targets.account_scope != AccountScope.ACCOUNT

    def is_written(self, now: datetime) -> bool:
        """Whether a sync is writing the file at this moment: nobody else may write or hold it."""
        return self.writing_since is not None and now - self.writing_since < WRITING_LASTS

    @property
    def gave_access(self) -> bool:
        """Whether it was ever asked to give nodes access: their roles may carry what it attached."""
        return self.asked.attach_iam or self.deployments.filter(spec_before__attach_iam=True).exists()

    @property
    def bucket(self) -> str:
        """The override bucket's name."""
        return naming.override_bucket(self.account_id, self.configuration_id)


class DraftQuerySet(models.QuerySet["Draft"]):
    """Questions about many drafts."""

    def unfinished(self, owner: User) -> DraftQuerySet:
        """A person's drafts that have answers, were not deployed, and still can be."""
        begun = self.filter(owner=owner, finished_at=None).exclude(answers={})
        return begun.exclude(policy__deleted_at__isnull=False).select_related("policy")

    def spent(self, now: datetime) -> DraftQuerySet:
        """Drafts of no more use: finished, or left without an answer, DRAFT_STAYS ago."""
        before = now - DRAFT_STAYS
        is_empty = models.Q(finished_at=None, answers={}, changed_at__lt=before)
        return self.filter(is_empty | models.Q(finished_at__lt=before))


class Draft(models.Model):
    """Answers of a wizard that is not finished. `answers` maps a step's slug to the fields as typed.

    An edit remembers the policy as it was when the edit began: `policy_version`, and the spec in `began_from`.

    `configuration_id` is kept free for the policy, so that its bucket and tag have their names before it exists and a
    second Create finds what the first one made. A finished draft stays for DRAFT_STAYS, to answer that second Create.
    """

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="drafts")
    policy = models.ForeignKey(Policy, null=True, on_delete=models.CASCADE, related_name="drafts")
    policy_version = models.PositiveIntegerField(null=True)
    began_from = models.JSONField(null=True)
    configuration_id = models.CharField(max_length=5)
    answers = models.JSONField(default=dict)
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    objects = DraftQuerySet.as_manager()

    class Meta:
        ordering = ["-changed_at"]

    def __str__(self) -> str:
        return f"draft {self.pk}"

    @property
    def is_overtaken(self) -> bool:
        """Whether the policy was edited by another draft since this one began."""
        return self.policy is not None and self.policy.version != self.policy_version

    @property
    def title(self) -> str:
        """The name that was typed, as far as one can go, or the policy's; "" when there is neither."""
        typed = self.answers.get("name", {}).get("name", [""])
        return str(typed[0])[:LONGEST_NAME] or (self.policy.name if self.policy else "")
