"""Every name and tag that a policy has in AWS, made from its account and configuration id (aws-facts 8.1)."""

from __future__ import annotations

import re

CONFIGURATION_ID = re.compile(r"^[a-z0-9]{5}$")


def override_bucket(account_id: str, configuration_id: str) -> str:
    """The bucket that holds baseline_overrides.json."""
    return f"aws-quicksetup-patchpolicy-{account_id}-{configuration_id}"


def access_log_bucket(account_id: str, configuration_id: str) -> str:
    """The bucket that holds the override bucket's access log."""
    return f"aws-quicksetup-patchpolicy-access-log-{account_id}-{configuration_id}"


def stack_set(kind: str, configuration_id: str) -> str:
    """The stack set's name; `kind` is TA (target accounts), MA (management account) or LA (a single account)."""
    return f"AWS-QuickSetup-PatchPolicy-{kind}-{configuration_id}"


def association(purpose: str, kind: str, configuration_id: str) -> str:
    """The association's name; purpose ScanForPatches is AWS's own, the others follow it (UNVERIFIED by symmetry)."""
    return f"AWS-QuickSetup-PatchPolicy-{purpose}-{kind}-{configuration_id}"


def role_tag(configuration_id: str) -> tuple[str, str]:
    """Key and value of the tag that opens the override file to a node's role."""
    return f"QSConfigId-{configuration_id}", configuration_id


def node_name_tag(configuration_id: str) -> str:
    """The tag key on nodes whose value is the policy's name."""
    return f"QSConfigName-{configuration_id}"


def resource_tags(configuration_id: str) -> dict[str, str]:
    """The tags by which the portal knows its own."""
    return {
        "QuickSetupID": configuration_id,
        "QuickSetupType": "Patch Manager",
        "QuickSetupDocument": "AWSQuickSetupType-PatchPolicy",
        "ManagedBy": "PatchPortal",
    }
