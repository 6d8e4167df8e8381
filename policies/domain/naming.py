"""Every name and tag that a policy has in AWS, made from its account and configuration id (aws-facts 8.1)."""

from __future__ import annotations

import re

CONFIGURATION_ID = re.compile(r"^[a-z0-9]{5}$")
ADMINISTRATION_ROLE = "AWS-QuickSetup-PatchPolicy-LocalAdministrationRole"
"""CloudFormation takes this role to deploy a self-managed stack set; Quick Setup's on-boarding makes it."""
EXECUTION_ROLE = "AWS-QuickSetup-PatchPolicy-LocalExecutionRole"
"""The administration role takes this role in the account that is deployed to."""
DEPLOYMENT_POLICY = "AWSQuickSetupPatchPolicyDeploymentRolePolicy"
"""The policy of the execution role, which AWS manages."""
OBSERVER_SET = "AWS-QuickSetup-PatchPolicy-Observer"
"""The stack set that brings the role through which the portal reads to every member account."""
AUTOMATION_ROLE_PREFIX = "AWS-QuickSetup-AutomationRole-"
SCAN, INSTALL = "ScanForPatches", "InstallPatches"
ACCESS = {"EC2": "AttachIAMToEc2Nodes", "HYBRID": "AttachIAMToHybridNodes"}
"""What an association is for, as its name says it; only the scan's is known to be AWS's own word."""
WITHDRAWAL = "DetachIAMFromNodes"
"""What ACCESS gave is taken back by this one."""
STACK_SET = re.compile(r"^AWS-QuickSetup-PatchPolicy-(TA|MA|LA)-([a-z0-9]{5})$")
ROLE_TAG_PREFIX = "QSConfigId-"
"""Begins every tag key that Quick Setup's boundary lets an automation write on roles."""


def override_bucket(account_id: str, configuration_id: str) -> str:
    """The bucket that holds baseline_overrides.json."""
    return f"aws-quicksetup-patchpolicy-{account_id}-{configuration_id}"


def access_log_bucket(account_id: str, configuration_id: str) -> str:
    """The bucket that holds the override bucket's access log."""
    return f"aws-quicksetup-patchpolicy-access-log-{account_id}-{configuration_id}"


def stack_set(kind: str, configuration_id: str) -> str:
    """The stack set's name; `kind` is TA (target accounts), MA (management account) or LA (a single account)."""
    return f"AWS-QuickSetup-PatchPolicy-{kind}-{configuration_id}"


def parse_stack_set(name: str) -> tuple[str, str]:
    """Kind and configuration id in a stack set's name. Raises ValueError for a name that is none of ours."""
    found = STACK_SET.match(name)
    if not found:
        raise ValueError(f"{name} is not the name of a patch policy's stack set")
    return found[1], found[2]


def association(purpose: str, kind: str, configuration_id: str) -> str:
    """The association's name; `purpose` is SCAN, INSTALL, WITHDRAWAL or one of ACCESS."""
    return f"AWS-QuickSetup-PatchPolicy-{purpose}-{kind}-{configuration_id}"


def automation_role(region: str, configuration_id: str) -> str:
    """The role of the automation that gives nodes access. IAM is global, so each Region has a role of its own."""
    return f"{AUTOMATION_ROLE_PREFIX}{region}-{configuration_id}"


def access_document(node_kind: str, configuration_id: str) -> str:
    """The Automation document that gives access to EC2 or HYBRID nodes; "aws" must not begin it (CreateDocument)."""
    return f"QuickSetup-{ACCESS[node_kind]}-{configuration_id}"


def withdrawal_document(configuration_id: str) -> str:
    """The Automation document that takes access back."""
    return f"QuickSetup-{WITHDRAWAL}-{configuration_id}"


def attached_tag(policy_name: str) -> str:
    """The tag key on a role that did not have this managed policy before a patch policy attached it (value: ARN).

    No configuration id can be taken for it: they have no capital letters, and five characters.
    """
    return f"{ROLE_TAG_PREFIX}Attached-{policy_name}"


def role_tag(configuration_id: str) -> tuple[str, str]:
    """Key and value of the tag that opens the override file to a node's role."""
    return f"{ROLE_TAG_PREFIX}{configuration_id}", configuration_id


def resource_tags(configuration_id: str) -> dict[str, str]:
    """The tags by which the portal knows its own."""
    return {
        "QuickSetupID": configuration_id,
        "QuickSetupType": "Patch Manager",
        "QuickSetupDocument": "AWSQuickSetupType-PatchPolicy",
        "ManagedBy": "PatchPortal",
    }
