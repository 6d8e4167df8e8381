"""Stack sets in the account that administers them: made, changed, removed and read back.

CloudFormation runs one operation of a set at a time; each carries an OperationId that the caller chose beforehand, so
that after a lost answer it can be asked for. Waiting is the caller's affair: nothing here waits.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from policies.aws.connect import Aws
from policies.aws.errors import PermanentProblem, asking
from policies.aws.stack_instances import EVERYWHERE_AT_ONCE, starting
from policies.domain.resources import PermissionModel, StackSet

PERMISSIONS = {
    "cloudformation:CreateStackSet",
    "cloudformation:DeleteStackSet",
    "cloudformation:DescribeStackSet",
    "cloudformation:TagResource",
    "cloudformation:UpdateStackSet",
    "iam:PassRole",
}


@dataclass(frozen=True)
class StoredSet:
    """A stack set as CloudFormation keeps it. `unit_ids` are those that it is deployed to (service-managed only)."""

    resource: StackSet
    unit_ids: tuple[str, ...]


def read_stack_set(aws: Aws, name: str, region: str) -> StoredSet | None:
    """The set as it stands; None when there is none."""
    try:
        with asking("cloudformation:DescribeStackSet"):
            told = aws.client("cloudformation", region).describe_stack_set(StackSetName=name)["StackSet"]
    except PermanentProblem as problem:
        if problem.code == "StackSetNotFoundException":
            return None
        raise
    if told.get("Status") == "DELETED":
        return None
    return StoredSet(_resource(told, region), tuple(sorted(told.get("OrganizationalUnitIds", ()))))


def create_stack_set(aws: Aws, wanted: StackSet, token: str) -> None:
    """Make the set, still without instances. `token` makes a repeated request the same one."""
    with asking("cloudformation:CreateStackSet"):
        aws.client("cloudformation", wanted.region).create_stack_set(
            StackSetName=wanted.name, ClientRequestToken=token, **_facts(wanted)
        )


def update_stack_set(aws: Aws, wanted: StackSet, operation_id: str) -> None:
    """Give the set its new template, tags and roles, and start the operation that deploys them to its instances."""
    with starting("cloudformation:UpdateStackSet"):
        aws.client("cloudformation", wanted.region).update_stack_set(
            StackSetName=wanted.name,
            OperationId=operation_id,
            OperationPreferences=EVERYWHERE_AT_ONCE,
            **_facts(wanted),
        )


def delete_stack_set(aws: Aws, name: str, region: str) -> None:
    """Remove a set that has no instances; gone is success."""
    try:
        with asking("cloudformation:DeleteStackSet"):
            aws.client("cloudformation", region).delete_stack_set(StackSetName=name)
    except PermanentProblem as problem:
        if problem.code != "StackSetNotFoundException":
            raise


def _facts(wanted: StackSet) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "TemplateBody": wanted.template,
        "Capabilities": ["CAPABILITY_NAMED_IAM"],
        "PermissionModel": str(wanted.permission_model),
        "ManagedExecution": {"Active": wanted.managed_execution},
        "Tags": [{"Key": key, "Value": value} for key, value in sorted(wanted.tags.items())],
    }
    if wanted.permission_model == PermissionModel.SELF_MANAGED:
        roles = {
            "AdministrationRoleARN": wanted.administration_role_arn,
            "ExecutionRoleName": wanted.execution_role_name,
        }
        return facts | {name: value for name, value in roles.items() if value}
    automatic: dict[str, Any] = {"Enabled": wanted.auto_deployment}
    if wanted.auto_deployment:
        automatic["RetainStacksOnAccountRemoval"] = wanted.retain_stacks
    return facts | {"AutoDeployment": automatic}


def _resource(told: Mapping[str, Any], region: str) -> StackSet:
    model = PermissionModel(told.get("PermissionModel", PermissionModel.SELF_MANAGED))
    automatic = told.get("AutoDeployment", {})
    return StackSet(
        name=told["StackSetName"],
        region=region,
        template=told.get("TemplateBody", ""),
        permission_model=model,
        tags={tag["Key"]: tag["Value"] for tag in told.get("Tags", ())},
        auto_deployment=bool(automatic.get("Enabled")),
        administration_role_arn=told.get("AdministrationRoleARN", ""),
        execution_role_name=told.get("ExecutionRoleName", ""),
        managed_execution=bool(told.get("ManagedExecution", {}).get("Active")),
        retain_stacks=bool(automatic.get("RetainStacksOnAccountRemoval")),
    )
