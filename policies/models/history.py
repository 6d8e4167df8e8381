"""Who changed what: an append-only record."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from policies.models.policy import Policy


class What(models.TextChoices):
    """Everything that the history tells of."""

    CREATE_POLICY = "create_policy", _("Policy created")
    EDIT_POLICY = "edit_policy", _("Policy edited")
    DELETE_POLICY = "delete_policy", _("Policy deletion requested")
    RETRY_DEPLOYMENT = "retry_deployment", _("Deployment retried")
    STOP_DEPLOYMENT = "stop_deployment", _("Stop of a deployment requested")
    CONTINUE_DEPLOYMENT = "continue_deployment", _("Deployment continued")
    UNDO_DEPLOYMENT = "undo_deployment", _("Undoing of a deployment requested")
    DEPLOYMENT_SUCCEEDED = "deployment_succeeded", _("Deployment succeeded")
    DEPLOYMENT_PARTIAL = "deployment_partial", _("Deployment partly succeeded")
    DEPLOYMENT_FAILED = "deployment_failed", _("Deployment failed")
    DEPLOYMENT_STOPPED = "deployment_stopped", _("Deployment stopped")
    SYNC_FILE = "sync_file", _("Override file rewritten by sync")
    HOLD_SYNC = "hold_sync", _("Sync held")
    RELEASE_SYNC = "release_sync", _("Sync released")
    ROLL_BACK_FILE = "roll_back_file", _("Rollback of the override file requested")
    RECREATE_BASELINE = "recreate_baseline", _("Recreation of a patch baseline requested")
    REPLACE_BASELINE = "replace_baseline", _("Patch baseline replaced by its recreated copy")
    FIND_DRIFT = "find_drift", _("Difference found")
    REPAIR_POLICY = "repair_policy", _("Deployment of a difference requested")
    PREPARATION_BEGUN = "preparation_begun", _("Preparation of AWS requested")
    PREPARATION_DONE = "preparation_done", _("Preparation of AWS done")
    PREPARATION_FAILED = "preparation_failed", _("Preparation of AWS failed")
    RUN_NOW = "run_now", _("Run at once requested")
    MISSING_BASELINES = "missing_baselines", _("Deleted baselines noticed")


class Event(models.Model):
    """One thing that a person or the portal did. Rows are added, never changed."""

    policy = models.ForeignKey(Policy, null=True, on_delete=models.SET_NULL, related_name="events")
    at = models.DateTimeField()
    by = models.CharField(max_length=150)
    verb = models.CharField(max_length=40, choices=What.choices)
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)

    class Meta:
        ordering = ["-at", "-pk"]

    def __str__(self) -> str:
        return f"{self.verb} by {self.by}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Store a new row; raises TypeError when asked to change one that exists."""
        if self.pk is not None:
            raise TypeError("history is append-only")
        super().save(*args, **kwargs)
