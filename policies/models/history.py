"""Who changed what: an append-only record."""

from __future__ import annotations

from typing import Any

from django.db import models

from policies.models.policy import Policy


class Event(models.Model):
    """One thing that a person or the portal did. Rows are added, never changed."""

    policy = models.ForeignKey(Policy, null=True, on_delete=models.SET_NULL, related_name="events")
    at = models.DateTimeField()
    by = models.CharField(max_length=150)
    verb = models.CharField(max_length=40)
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
