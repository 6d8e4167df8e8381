"""Holding the sync of a policy's file, so that changed baselines wait for a review, and letting it go again."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from policies.domain.sentence import N_
from policies.models import Event, Policy, SyncHold, What

BEING_WRITTEN = N_("The override file is being written at this moment. Try again shortly.")


def hold_sync(policy: Policy, reason: str, until: datetime | None, by: str, now: datetime) -> SyncHold | None:
    """Hold the file as it is, until someone releases it or until a moment; a hold that stands gets the new words.

    None, and nothing is held, while a sync is writing the file: it would not stay as it is.
    """
    facts = {"reason": reason, "by": by, "at": now, "until": until}
    with transaction.atomic():
        if Policy.objects.locked(policy.pk).is_written(now):
            return None
        hold, _ = SyncHold.objects.update_or_create(policy=policy, defaults=facts)
        told = {"reason": reason, "until": until.isoformat() if until else ""}
        Event.objects.create(policy=policy, at=now, by=by, verb=What.HOLD_SYNC, after=told)
    return hold


def release_sync(policy: Policy, by: str, now: datetime) -> bool:
    """Let the next sync write again; False when nothing was held."""
    with transaction.atomic():
        gone, _ = SyncHold.objects.filter(policy=policy).delete()
        if gone:
            Event.objects.create(policy=policy, at=now, by=by, verb=What.RELEASE_SYNC)
    return bool(gone)


def current_hold(policy: Policy, by: str, now: datetime) -> SyncHold | None:
    """The hold that stands; one that has run out is released in the name of `by`."""
    hold = SyncHold.objects.filter(policy=policy).first()
    if hold and hold.has_ended(now):
        release_sync(policy, by, now)
        return None
    return hold
