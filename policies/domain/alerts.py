"""What people are told of when nobody looks at a page: the kinds of alerts, and how long a failed message waits."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum

from policies.domain.sentence import N_


class AlertKind(StrEnum):
    """The closed list."""

    DEPLOYMENT_FAILED = "deployment-failed"
    BASELINE_DELETED = "baseline-deleted"
    SYNC_HELD = "sync-held"
    COMPLIANCE_LOW = "compliance-low"
    SHARD_STALE = "shard-stale"


WORDS: Mapping[AlertKind, str] = {
    AlertKind.DEPLOYMENT_FAILED: N_("The deployment of %(policy)s did not succeed everywhere."),
    AlertKind.BASELINE_DELETED: N_("%(policy)s refers to the patch baseline %(baseline)s, which no longer exists."),
    AlertKind.SYNC_HELD: N_("The override file of %(policy)s is held by %(by)s: %(reason)s"),
    AlertKind.COMPLIANCE_LOW: N_("Only %(percent)s%% of the nodes under %(policy)s are compliant."),
    AlertKind.SHARD_STALE: N_("%(account)s, %(region)s could not be read for a day: %(error)s"),
}
LONGEST_STALE = timedelta(days=1)
LONGEST_RUN = timedelta(hours=4)
"""Until then a run that has not ended everywhere is awaited before compliance is judged."""
LEAST_RISE = 2
"""Percentage points above its threshold that end the alert of low compliance: what swings about it is told once."""
MOST_LINES = 50
"""Alerts that one message names; the others are counted."""
WAITS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 30, 120, 480))
"""How long after each failed attempt the next one follows; after the last the message is given up."""


def wait_after(attempts: int) -> timedelta | None:
    """The wait after so many failed attempts; None when it is given up."""
    return WAITS[attempts - 1] if attempts <= len(WAITS) else None


def is_low(percent: int, threshold: int, was_low: bool) -> bool:
    """Whether compliance is to be told as too low, or is not yet well enough to be told as over."""
    return percent < (min(100, threshold + LEAST_RISE) if was_low else threshold)
