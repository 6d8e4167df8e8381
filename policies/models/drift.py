"""What differs in AWS from what should stand there, as the last comparison found it."""

from __future__ import annotations

from django.db import models

from policies.domain.canonical import canonical, digest
from policies.models.policy import Policy


class DriftReport(models.Model):
    """The newest comparison of a policy. `plan` is the plan that would mend it (`plan/changes.py` to_dict).

    `unread` counts the account-Regions whose associations were not compared: they were not read since the last
    deployment. `error` is what AWS refused; the plan is then that of the comparison before.
    """

    policy = models.OneToOneField(Policy, on_delete=models.CASCADE, related_name="drift")
    plan = models.JSONField(null=True)
    unread = models.PositiveIntegerField(default=0)
    error = models.TextField(blank=True)
    tried_at = models.DateTimeField(null=True)
    checked_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"drift of {self.policy_id}"

    @property
    def count(self) -> int:
        """How many resources or groups of places differ."""
        return len(self.plan["changes"]) if self.plan else 0

    @property
    def digest(self) -> str:
        """Names this very difference, so that what someone looked at is what is deployed."""
        return digest(canonical(self.plan))
