"""The part of the template that gives nodes access: a role, Automation documents, and associations that run them.

They reach the policy's target nodes of today and of tomorrow. When the policy goes, withdrawal.py turns them round.
"""

from __future__ import annotations

from typing import Any

from policies.domain import naming
from policies.domain.iam import AUTOMATION_BOUNDARY, automation_policy, automation_trust, managed_policy
from policies.domain.spec import NodeScope, Targets
from policies.plan.automation import NodeKind, automation_content
from policies.plan.node_targets import node_targets

ACCOUNT, PARTITION, REGION = "${AWS::AccountId}", "${AWS::Partition}", "${AWS::Region}"
ROLE = "AutomationRole"
LOOK_AGAIN = "rate(1 day)"
"""A new managed node is met at once; an instance that is not managed for want of a role is met by the next round."""
AT_A_TIME = "20"
"""Far below the 100 automations that an account and Region run at once."""
BOUNDARY_TAG = "QuickSetupManagerID"
"""The boundary lets only principals with this tag attach policies (aws-facts 8.3)."""

Properties = dict[str, Any]


def access_resources(configuration_id: str, kind: str, targets: Targets) -> dict[str, Properties]:
    """The resources by their logical names; `kind` is the stack set's."""
    resources = {ROLE: access_role(configuration_id)}
    for node_kind in _node_kinds(targets):
        resources |= _reach(node_kind, configuration_id, kind, targets)
    return resources


def gives_access(template: str) -> bool:
    """Whether a template gives nodes access, whoever wrote it."""
    return f'"{ROLE}"' in template


def access_associations(targets: Targets) -> list[str]:
    """The logical names of the associations, for others to depend on."""
    return [naming.ACCESS[node_kind.name] for node_kind in _node_kinds(targets)]


def _node_kinds(targets: Targets) -> tuple[NodeKind, ...]:
    """Nodes that are chosen one by one are EC2 instances."""
    return (NodeKind.EC2,) if targets.node_scope is NodeScope.MANUAL else tuple(NodeKind)


def _reach(node_kind: NodeKind, configuration_id: str, kind: str, targets: Targets) -> dict[str, Properties]:
    """The document and the association for one kind of node."""
    purpose = naming.ACCESS[node_kind.name]
    document = f"{purpose}Document"
    return {
        document: _document(node_kind, configuration_id),
        purpose: _association(document, naming.association(purpose, kind, configuration_id), targets),
    }


def access_role(configuration_id: str) -> Properties:
    """The role that the runbooks take."""
    policy = automation_policy(ACCOUNT, PARTITION, configuration_id)
    return {
        "Type": "AWS::IAM::Role",
        "Properties": {
            "RoleName": filled(naming.automation_role(REGION, configuration_id)),
            "Description": "Lets PatchPortal give nodes access to their patch policy.",
            "AssumeRolePolicyDocument": filled(automation_trust(ACCOUNT, PARTITION)),
            "Policies": [{"PolicyName": "GiveNodesAccess", "PolicyDocument": filled(policy)}],
            "PermissionsBoundary": filled(managed_policy(AUTOMATION_BOUNDARY, PARTITION)),
            "Tags": [{"Key": BOUNDARY_TAG, "Value": configuration_id}],
        },
    }


def role_arn() -> Properties:
    """CloudFormation's way to name the role's ARN."""
    return {"Fn::GetAtt": [ROLE, "Arn"]}


def _document(node_kind: NodeKind, configuration_id: str) -> Properties:
    content = automation_content(node_kind, role_arn(), configuration_id, PARTITION)
    return {
        "Type": "AWS::SSM::Document",
        "Properties": {
            "Name": naming.access_document(node_kind.name, configuration_id),
            "DocumentType": "Automation",
            "DocumentFormat": "JSON",
            "TargetType": str(node_kind),
            "UpdateMethod": "NewVersion",
            "Content": filled(content),
        },
    }


def _association(document: str, name: str, targets: Targets) -> Properties:
    return {
        "Type": "AWS::SSM::Association",
        "Properties": {
            "Name": {"Ref": document},
            "AssociationName": name,
            "AutomationTargetParameterName": "InstanceId",
            "Targets": _automation_targets(targets),
            "ScheduleExpression": LOOK_AGAIN,
            "MaxConcurrency": AT_A_TIME,
            # One node that fails must not keep the others from their access.
            "MaxErrors": "100%",
        },
    }


def _automation_targets(targets: Targets) -> list[dict[str, Any]]:
    """As the patch associations' targets, but ids go to a runbook as ParameterValues (CFN: AWS::SSM::Association).

    That InstanceIds * means all nodes for a runbook too, and resource-groups:Name a group, is UNVERIFIED.
    """
    if targets.node_scope is NodeScope.MANUAL:
        return [{"Key": "ParameterValues", "Values": sorted(targets.instance_ids)}]
    return node_targets(targets)


def filled(value: Any) -> Any:
    """The value with CloudFormation's Fn::Sub around every text that has a place to fill."""
    if isinstance(value, dict):
        return {name: filled(member) for name, member in value.items()}
    if isinstance(value, list):
        return [filled(member) for member in value]
    return {"Fn::Sub": value} if isinstance(value, str) and "${" in value else value
