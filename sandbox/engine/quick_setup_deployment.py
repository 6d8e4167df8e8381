"""AWS's AWSQuickSetupPatchPolicyDeploymentRolePolicy, restated from what is known of it (aws-facts 8.3).

The execution role of Quick Setup carries it; a stack of a patch policy that goes beyond it fails in the account.
"""

from __future__ import annotations

from typing import Any

BOUNDARY = "arn:aws:iam::aws:policy/AWSQuickSetupPatchPolicyPermissionsBoundary"
ROLES = "arn:aws:iam::*:role/AWS-QuickSetup-*"
DOCUMENTS = ["arn:aws:ssm:*:*:document/AWSQuickSetup-*", "arn:aws:ssm:*:*:document/QuickSetup-*"]
ASSOCIATED = [
    *DOCUMENTS,
    "arn:aws:ssm:*:*:association/*",
    "arn:aws:ssm:*:*:document/AWS-RunPatchBaseline",
    "arn:aws:ssm:*:*:document/AWS-EnableExplorer",
]


def _allow(actions: list[str], resource: Any, condition: dict[str, Any] | None = None) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Action": actions, "Resource": resource}
    return {**statement, "Condition": condition} if condition else statement


QUICK_SETUP_DEPLOYMENT: dict[str, Any] = {
    "Version": "2012-10-17",
    "Statement": [
        _allow(["cloudformation:*"], "arn:aws:cloudformation:*:*:stack/StackSet-AWS-QuickSetup-*"),
        _allow(
            ["ssm:CreateDocument", "ssm:DeleteDocument", "ssm:DescribeDocument", "ssm:GetDocument",
             "ssm:UpdateDocument", "ssm:UpdateDocumentDefaultVersion", "ssm:AddTagsToResource",
             "ssm:ListTagsForResource", "ssm:RemoveTagsFromResource"],
            DOCUMENTS,
        ),
        _allow(
            ["ssm:CreateAssociation", "ssm:DeleteAssociation", "ssm:DescribeAssociation", "ssm:UpdateAssociation",
             "ssm:StartAssociationsOnce"],
            ASSOCIATED,
        ),
        _allow(["iam:CreateRole"], ROLES, {"StringEquals": {"iam:PermissionsBoundary": BOUNDARY}}),
        _allow(
            ["iam:DeleteRole", "iam:DeleteRolePolicy", "iam:GetRole", "iam:GetRolePolicy", "iam:ListRoleTags",
             "iam:PutRolePermissionsBoundary", "iam:PutRolePolicy", "iam:TagRole", "iam:UntagRole",
             "iam:UpdateAssumeRolePolicy", "iam:UpdateRole", "iam:ListAttachedRolePolicies", "iam:ListRolePolicies"],
            ROLES,
        ),
        _allow(["resource-groups:GetGroupQuery"], "*"),
    ],
}  # fmt: skip
