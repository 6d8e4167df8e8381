"""What must stand in AWS before the first policy: trusted access, StackSets' activation, roles, our own rights.

Looks change nothing; the two changes look first, so that each may be repeated.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from policies.aws.connect import Aws
from policies.aws.errors import PermanentProblem, asking
from policies.domain.roles import Role

PERMISSIONS = {
    "cloudformation:ActivateOrganizationsAccess",
    "cloudformation:DescribeOrganizationsAccess",
    "iam:AttachRolePolicy",
    "iam:CreateRole",
    "iam:GetRole",
    "iam:PutRolePolicy",
    "iam:SimulatePrincipalPolicy",
    "organizations:ListAWSServiceAccessForOrganization",
}

STACK_SETS_PRINCIPAL = "member.org.stacksets.cloudformation.amazonaws.com"
ALLOWED = "allowed"


def list_trusted_services(aws: Aws) -> frozenset[str]:
    """The services to which the organization gives trusted access."""
    with asking("organizations:ListAWSServiceAccessForOrganization"):
        pages = aws.client("organizations").get_paginator("list_aws_service_access_for_organization").paginate()
        return frozenset(s["ServicePrincipal"] for page in pages for s in page["EnabledServicePrincipals"])


def are_stack_sets_active(aws: Aws) -> bool:
    """Whether StackSets may deploy to the organization."""
    with asking("cloudformation:DescribeOrganizationsAccess"):
        return bool(aws.client("cloudformation").describe_organizations_access()["Status"] == "ENABLED")


def activate_stack_sets(aws: Aws) -> None:
    """Let StackSets deploy to the organization; this gives it trusted access too. Active already is success."""
    if not are_stack_sets_active(aws):
        with asking("cloudformation:ActivateOrganizationsAccess"):
            aws.client("cloudformation").activate_organizations_access()


def role_arn(aws: Aws, name: str) -> str:
    """The ARN of a role of this account with its path; "" when there is none."""
    try:
        with asking("iam:GetRole"):
            return str(aws.client("iam").get_role(RoleName=name)["Role"]["Arn"])
    except PermanentProblem as problem:
        if problem.code == "NoSuchEntity":
            return ""
        raise


def ensure_role(aws: Aws, role: Role) -> None:
    """Make the role unless there is one of its name, and give it its policies. Another's trust is left as it is."""
    iam, name = aws.client("iam"), role.name
    if not role_arn(aws, name):
        _create(iam, role)
    for policy, document in role.inline.items():
        with asking("iam:PutRolePolicy"):
            iam.put_role_policy(RoleName=name, PolicyName=policy, PolicyDocument=json.dumps(document))
    for arn in role.attached:
        with asking("iam:AttachRolePolicy"):
            iam.attach_role_policy(RoleName=name, PolicyArn=arn)


def list_refused(aws: Aws, source_arn: str, statements: Iterable[Mapping[str, Any]]) -> tuple[str, ...]:
    """The actions of these Allow statements that IAM would not allow the role or user, by IAM's own simulation.

    A statement's resources must be whole ARNs (or "*"), and its conditions such that equal a value.
    """
    refused: set[str] = set()
    for statement in statements:
        with asking("iam:SimulatePrincipalPolicy"):
            pages = aws.client("iam").get_paginator("simulate_principal_policy")
            for page in pages.paginate(PolicySourceArn=source_arn, **_question(statement)):
                answers = page["EvaluationResults"]
                refused |= {a["EvalActionName"] for a in answers if a["EvalDecision"] != ALLOWED}
    return tuple(sorted(refused))


def _create(iam: Any, role: Role) -> None:
    try:
        with asking("iam:CreateRole"):
            iam.create_role(
                RoleName=role.name, Description=role.description, AssumeRolePolicyDocument=json.dumps(role.trust)
            )
    except PermanentProblem as problem:
        if problem.code != "EntityAlreadyExists":
            raise


def _question(statement: Mapping[str, Any]) -> dict[str, Any]:
    resources = statement["Resource"]
    context = [
        {"ContextKeyName": key, "ContextKeyType": "string", "ContextKeyValues": [value]}
        for tests in statement.get("Condition", {}).values()
        for key, value in tests.items()
    ]
    return {
        "ActionNames": list(statement["Action"]),
        "ResourceArns": [resources] if isinstance(resources, str) else list(resources),
        "ContextEntries": context,
    }
