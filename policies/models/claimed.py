"""Recorded work that many workers may take: claimed by one at a time, safe to run twice, late or after a crash."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import models

LEASE = timedelta(seconds=settings.LEASE_SECONDS)
"""How long a claim holds: longer than the few calls to AWS of one turn take, short enough to wait out after a crash."""
EARLY = timedelta(seconds=1)
"""How much too early a worker may come, as clocks differ."""


class LostClaim(Exception):
    """Another worker has taken the work over: nothing more may be recorded under this claim."""


class Claimed(models.Model):
    """What is claimed, tried again when it is due, and tells what AWS said last.

    `claims` counts the claims and is the token of the newest: who holds an older one can record nothing any more.
    """

    attempts = models.PositiveIntegerField(default=0)
    claims = models.PositiveIntegerField(default=0)
    claimed_at = models.DateTimeField(null=True)
    next_try_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    aws_code = models.CharField(max_length=128, blank=True)
    aws_message = models.TextField(blank=True)
    remedy = models.JSONField(null=True)

    class Meta:
        abstract = True

    def take(self, now: datetime, unfinished: models.Q, **facts: Any) -> bool:
        """Claim it for this worker with these facts, if it is due, free and `unfinished`, by one conditional UPDATE."""
        is_due = models.Q(next_try_at=None) | models.Q(next_try_at__lte=now + EARLY)
        is_free = models.Q(claimed_at=None) | models.Q(claimed_at__lte=now - LEASE)
        mine = type(self)._default_manager.filter(is_due, is_free, unfinished, pk=self.pk, claims=self.claims)
        won = mine.update(claims=models.F("claims") + 1, claimed_at=now, **facts)
        if won:
            self.refresh_from_db()
        return bool(won)

    def record(self, **facts: Any) -> None:
        """Store facts under this worker's claim. Raises LostClaim when another worker has the work by now."""
        if not type(self)._default_manager.filter(pk=self.pk, claims=self.claims).update(**facts):
            raise LostClaim(str(self))
        for name, value in facts.items():
            setattr(self, name, value)


def said(code: str, message: str, remedy: dict[str, Any] | None = None) -> dict[str, Any]:
    """What AWS said last, as facts to record; nothing when both are empty."""
    return {"aws_code": code[:128], "aws_message": message, "remedy": remedy}
