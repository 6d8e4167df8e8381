"""How a node stands: under a policy by its associations' runs, and in patches by its counts; never one for the other.

The source page's rule: a node's patch status under a policy is the status of State Manager's executions there. A scan
that finds missing patches succeeds, so findings are told beside it (aws-facts 4.6).
"""

from __future__ import annotations

from collections.abc import Iterable

from policies.domain.status import AssociationStatus, Findings, PolicyStatus

SUCCEEDED = "Success"
FAILED = frozenset(
    {
        "Failed", "TimedOut",
        # What Run Command says of a node when it is what State Manager sends (aws-facts 4.4).
        "DeliveryTimedOut", "ExecutionTimedOut", "Undeliverable", "Terminated", "Cancelled", "InvalidPlatform",
        "AccessDenied",
    }
)  # fmt: skip


def has_failed(status: str) -> bool:
    """Whether State Manager's word for a node's run means that it ended badly."""
    return status in FAILED


def policy_status_of(statuses: Iterable[str]) -> PolicyStatus:
    """A node's status under a policy, from State Manager's word for the newest run of each of its associations.

    Non-compliant as soon as one failed; compliant when one succeeded and none failed; pending while none has ended.
    That a skipped run counts as not ended is UNVERIFIED.
    """
    told = set(statuses)
    if told & FAILED:
        return PolicyStatus.NON_COMPLIANT
    return PolicyStatus.COMPLIANT if SUCCEEDED in told else PolicyStatus.PENDING


def association_status_of(status: str) -> AssociationStatus:
    """AssociationOverview.Status as ours; PENDING for a word that is not known."""
    word = status.lower()
    return AssociationStatus(word) if word in list(AssociationStatus) else AssociationStatus.PENDING


def findings_of(*, failed: int, missing: int, rejected: int, pending_reboot: int) -> Findings:
    """The worst that a node's patch state tells, by its counts of patches in the states that are not compliant.

    Failed before missing before a reboot that is due. A rejected patch that is installed counts with the missing: the
    node is not as its baseline says ("Understanding patch compliance state values", aws-facts 7.1).
    """
    if failed:
        return Findings.FAILED
    if missing or rejected:
        return Findings.MISSING
    return Findings.PENDING_REBOOT if pending_reboot else Findings.UP_TO_DATE
