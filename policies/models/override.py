"""The override file as it went live, version by version, and who holds it back from the hourly sync."""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.utils.translation import gettext_lazy as _

from policies.models.policy import Policy


class Cause(models.TextChoices):
    """Why a version was written: the verb of its deployment, or the sync."""

    CREATE = "create", _("Policy created")
    UPDATE = "update", _("Policy edited")
    SYNC = "sync", _("Sync")
    ROLL_BACK = "roll_back", _("Rolled back")
    REPAIR = "repair", _("Difference deployed")


class OverrideVersion(models.Model):
    """One version of a policy's override file as it went live: its content, hash, who wrote it, and for how many nodes.

    `written_at` is by our clock and `live_at` by AWS's, which runs are compared with. `baselines` are the choices that
    it was made from. `by` is "", `nodes` and `live_at` None for versions that were written before these were kept.
    """

    policy = models.ForeignKey(Policy, on_delete=models.CASCADE, related_name="override_versions")
    body = models.TextField()
    digest = models.CharField(max_length=64)
    object_version = models.CharField(max_length=1024, blank=True)  # S3's version id
    cause = models.CharField(max_length=20, choices=Cause.choices)
    by = models.CharField(max_length=150, blank=True)
    nodes = models.PositiveIntegerField(null=True)
    written_at = models.DateTimeField()
    live_at = models.DateTimeField(null=True)
    baselines = models.JSONField(default=list)  # BaselineChoice as dicts

    class Meta:
        ordering = ["-written_at", "-pk"]

    def __str__(self) -> str:
        return self.digest[:12]

    @property
    def before(self) -> OverrideVersion | None:
        """The version that it replaced."""
        older = models.Q(written_at__lt=self.written_at) | models.Q(written_at=self.written_at, pk__lt=self.pk)
        return self.policy.override_versions.filter(older).first()


class SyncHold(models.Model):
    """The sync of a policy's file is held: what baselines say from now on waits for a review.

    `until` is None when it holds until someone releases it. `waiting` is the file that a release would write, as the
    last sync found it; "" when it would change nothing.
    """

    policy = models.OneToOneField(Policy, on_delete=models.CASCADE, related_name="hold")
    reason = models.CharField(max_length=500)
    by = models.CharField(max_length=150)
    at = models.DateTimeField()
    until = models.DateTimeField(null=True)
    waiting = models.TextField(blank=True)

    def __str__(self) -> str:
        return f"hold of {self.policy_id}"

    def has_ended(self, now: datetime) -> bool:
        """Whether it ran out."""
        return self.until is not None and self.until <= now
