"""AWS's AWSQuickSetupPatchPolicyPermissionsBoundary, restated from what is known of it (aws-facts 8.3)."""

from __future__ import annotations

from typing import Any

AUTOMATION_ROLES = "arn:aws:iam::*:role/AWS-QuickSetup-AutomationRole-*"
NODE_ROLE = "AmazonSSMRoleForInstancesQuickSetup"
ATTACHABLE = [
    "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore",
    "arn:aws:iam::aws:policy/AWSQuickSetupPatchPolicyBaselineAccess",
]
BY_AUTOMATION_ROLES = {
    "ArnLike": {"aws:PrincipalArn": AUTOMATION_ROLES},
    "Null": {"aws:PrincipalTag/QuickSetupManagerID": "false"},
}


def _allow(actions: list[str], resource: Any = "*", condition: dict[str, Any] | None = None) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Action": actions, "Resource": resource}
    return {**statement, "Condition": condition} if condition else statement


def _with_keys(pattern: str) -> dict[str, Any]:
    return {"ForAllValues:StringLike": {"aws:TagKeys": [pattern]}}


QUICK_SETUP_BOUNDARY: dict[str, Any] = {
    "Version": "2012-10-17",
    "Statement": [
        _allow(
            ["iam:AttachRolePolicy", "iam:DetachRolePolicy"],
            condition={**BY_AUTOMATION_ROLES, "ArnEquals": {"iam:PolicyARN": ATTACHABLE}},
        ),
        _allow(
            ["iam:CreateRole", "iam:CreateInstanceProfile", "iam:AddRoleToInstanceProfile", "iam:PassRole"],
            [f"arn:aws:iam::*:role/{NODE_ROLE}", f"arn:aws:iam::*:instance-profile/{NODE_ROLE}"],
        ),
        _allow(["iam:TagRole", "iam:UntagRole"], condition=_with_keys("QSConfigId-*")),
        _allow(["ec2:CreateTags", "ec2:DeleteTags"], condition=_with_keys("QSConfigName-*")),
        _allow(["ssm:AddTagsToResource", "ssm:RemoveTagsFromResource"], condition=_with_keys("QSConfigName-*")),
        _allow(["ec2:AssociateIamInstanceProfile", "ssm:UpdateManagedInstanceRole"]),
        _allow(["ssm:*Association*", "ssm:StartAutomationExecution"]),
        _allow(["s3:*"], "arn:aws:s3:::aws-quicksetup-patchpolicy-*",
               {"StringEquals": {"aws:ResourceAccount": "${aws:PrincipalAccount}"}}),
        _allow(["iam:Get*", "iam:List*", "ec2:Describe*", "ssm:Describe*", "ssm:Get*", "ssm:List*", "tag:Get*",
                "resource-groups:Get*", "resource-groups:List*"]),
    ],
}  # fmt: skip
