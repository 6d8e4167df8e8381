"""Every status the product knows, each with the one list of its values.

Words, icons and colours: templates/components/status.html.
"""

from __future__ import annotations

from enum import StrEnum


class DeploymentStatus(StrEnum):
    """A deployment, derived from its steps and stored so that lists can filter by it.

    PARTIAL: every step ended, but some stack instances failed within the tolerance that CloudFormation was given.
    STOPPING: someone asked to stop; what AWS has begun goes to its end first.
    """

    QUEUED = "queued"
    RUNNING = "running"
    STOPPING = "stopping"
    SUCCEEDED = "succeeded"
    PARTIAL = "partial"
    FAILED = "failed"
    STOPPED = "stopped"


class StepStatus(StrEnum):
    """One recorded step. UNKNOWN: AWS's answer was ambiguous (a time-out after a create); the next look decides.

    PARTIAL: AWS ended it, but some of its stack instances failed. STOPPED: it was stopped here, before or in its midst.
    """

    WAITING = "waiting"
    RUNNING = "running"
    UNKNOWN = "unknown"
    SUCCEEDED = "succeeded"
    PARTIAL = "partial"
    FAILED = "failed"
    STOPPED = "stopped"


class InstanceStatus(StrEnum):
    """One stack instance: StackInstanceStatus.DetailedStatus of CloudFormation, in lower case."""

    PENDING = "pending"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    INOPERABLE = "inoperable"
    SKIPPED = "skipped_suspended_account"


BROKEN = (InstanceStatus.FAILED, InstanceStatus.CANCELLED, InstanceStatus.INOPERABLE)
"""A stack instance that failed or never got its turn: what a retry takes up."""


class PolicyStatus(StrEnum):
    """A node under a policy, by its associations' execution status (the source page's rule); not its findings."""

    COMPLIANT = "compliant"
    NON_COMPLIANT = "non_compliant"
    PENDING = "pending"


class Findings(StrEnum):
    """What the last scan found on a node, by its patch state counts."""

    UP_TO_DATE = "up_to_date"
    MISSING = "missing"
    PENDING_REBOOT = "pending_reboot"
    FAILED = "failed"
    NEVER_SCANNED = "never_scanned"


LACKING = (Findings.MISSING, Findings.FAILED, Findings.PENDING_REBOOT)
"""Findings of a node that something has to be done about."""


class ShardStatus(StrEnum):
    """How the last reading of one account-Region went. PARTIAL: AWS denied some of it; the rest is fresh."""

    NEVER = "never"
    FRESH = "fresh"
    PARTIAL = "partial"
    FAILED = "failed"


class AssociationStatus(StrEnum):
    """AssociationOverview.Status of State Manager, in lower case; anything else reads as PENDING."""

    PENDING = "pending"
    SUCCESS = "success"
    FAILED = "failed"
    SKIPPED = "skipped"


class CheckStatus(StrEnum):
    """How one check of onboarding came out. LIMITED: what it is about works in part, by the account's own choice."""

    READY = "ready"
    LIMITED = "limited"
    LACKING = "lacking"
    UNTOLD = "untold"
