"""The operations of each AWS service, thin: they read parameters, ask the engine, and shape the answer.

Importing this package registers them all.
"""

from sandbox.operations import (
    account,
    cloudformation,
    ec2,
    ec2_tags,
    iam,
    iam_policies,
    iam_profiles,
    organization_accounts,
    organization_tree,
    organizations,
    resource_groups,
    ssm_associations,
    ssm_baselines,
    ssm_compliance,
    ssm_compliance_items,
    ssm_documents,
    ssm_nodes,
    stack_instances,
    sts,
    tagging,
)

__all__ = [
    "account",
    "cloudformation",
    "ec2",
    "ec2_tags",
    "iam",
    "iam_policies",
    "iam_profiles",
    "organization_accounts",
    "organization_tree",
    "organizations",
    "resource_groups",
    "ssm_associations",
    "ssm_baselines",
    "ssm_compliance",
    "ssm_compliance_items",
    "ssm_documents",
    "ssm_nodes",
    "stack_instances",
    "sts",
    "tagging",
]
