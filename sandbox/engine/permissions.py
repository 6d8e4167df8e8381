"""What a caller must be allowed for a call to be answered: its action, on each thing that the request names.

After the Service Authorization Reference. An action that it gives no kind of resource, and one whose request names
none, is asked about as *, and so is what AWS does not judge by resource.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sandbox.engine.arns import arn_of
from sandbox.engine.conditions import as_list

if TYPE_CHECKING:
    from sandbox.engine.world import World
    from sandbox.registry import Call

ANY = ""
"""In place of a parameter: the request names no such thing, because it is yet to be made, and means any."""
PREFIXES = {"tagging": "tag"}

# Service, kind of thing (arns.py), the parameter that names it, the actions.
ROWS = (
    ("account", "account", ANY, "ListRegions"),
    ("cloudformation", "stack", "StackName",
     "CreateStack DeleteStack DescribeStackEvents DescribeStackResource DescribeStackResourceDrifts "
     "DescribeStackResources DescribeStacks DetectStackDrift DetectStackResourceDrift GetTemplate GetTemplateSummary "
     "ListStackResources UpdateStack UpdateTerminationProtection"),
    ("cloudformation", "stack set", "StackSetName",
     "CreateStackInstances DeleteStackInstances DeleteStackSet DescribeStackInstance DescribeStackSet "
     "DescribeStackSetOperation DetectStackSetDrift GetTemplateSummary ListStackInstanceResourceDrifts "
     "ListStackInstances ListStackSetAutoDeploymentTargets ListStackSetOperationResults ListStackSetOperations "
     "StopStackSetOperation UpdateStackInstances UpdateStackSet"),
    ("ec2", "ec2 tagged", "Resources", "CreateTags DeleteTags"),
    ("ec2", "endpoint", "VpcEndpointId", "ModifyVpcEndpoint"),
    ("ec2", "endpoint", "VpcEndpointIds", "DeleteVpcEndpoints"),
    ("ec2", "endpoint", ANY, "CreateVpcEndpoint"),
    ("ec2", "instance", "InstanceId", "AssociateIamInstanceProfile"),
    ("ec2", "instance", "InstanceIds", "RebootInstances StartInstances StopInstances TerminateInstances"),
    ("ec2", "instance", ANY, "DisassociateIamInstanceProfile ReplaceIamInstanceProfileAssociation RunInstances"),
    ("iam", "instance profile", "InstanceProfileName",
     "AddRoleToInstanceProfile CreateInstanceProfile DeleteInstanceProfile GetInstanceProfile "
     "RemoveRoleFromInstanceProfile"),
    ("iam", "instance profile", ANY, "ListInstanceProfiles"),
    ("iam", "policy", "PolicyArn",
     "CreatePolicyVersion DeletePolicy DeletePolicyVersion GetPolicy GetPolicyVersion ListEntitiesForPolicy "
     "ListPolicyVersions"),
    ("iam", "policy", "PolicyName", "CreatePolicy"),
    ("iam", "role", "RoleName",
     "AttachRolePolicy CreateRole DeleteRole DeleteRolePermissionsBoundary DeleteRolePolicy DetachRolePolicy GetRole "
     "GetRolePolicy ListAttachedRolePolicies ListInstanceProfilesForRole ListRolePolicies ListRoleTags "
     "PutRolePermissionsBoundary PutRolePolicy TagRole UntagRole UpdateAssumeRolePolicy UpdateRole"),
    ("iam", "arn", "PolicySourceArn", "SimulatePrincipalPolicy"),
    ("iam", "user", "UserName",
     "AttachUserPolicy DeleteUserPolicy DetachUserPolicy GetUserPolicy ListAttachedUserPolicies ListUserPolicies "
     "ListUserTags PutUserPolicy TagUser UntagUser"),
    ("organizations", "in organization", "AccountId",
     "CloseAccount DeregisterDelegatedAdministrator DescribeAccount ListDelegatedServicesForAccount MoveAccount "
     "RegisterDelegatedAdministrator RemoveAccountFromOrganization"),
    ("organizations", "in organization", "ChildId", "ListParents"),
    ("organizations", "in organization", "DestinationParentId", "MoveAccount"),
    ("organizations", "in organization", "OrganizationalUnitId",
     "DeleteOrganizationalUnit DescribeOrganizationalUnit UpdateOrganizationalUnit"),
    ("organizations", "in organization", "ParentId",
     "CreateOrganizationalUnit ListAccountsForParent ListChildren ListOrganizationalUnitsForParent"),
    ("organizations", "in organization", "ResourceId", "ListTagsForResource TagResource UntagResource"),
    ("organizations", "in organization", "SourceParentId", "MoveAccount"),
    ("resource-groups", "group", "Group", "ListGroupResources"),
    ("resource-groups", "group", "GroupName", "ListGroupResources"),
    ("ssm", "association", "AssociationId",
     "DeleteAssociation DescribeAssociation DescribeAssociationExecutionTargets DescribeAssociationExecutions "
     "ListAssociationVersions UpdateAssociation"),
    ("ssm", "association", "AssociationIds", "StartAssociationsOnce"),
    ("ssm", "association", ANY, "CreateAssociation"),
    ("ssm", "automation", "AutomationExecutionId",
     "DescribeAutomationStepExecutions GetAutomationExecution StopAutomationExecution"),
    ("ssm", "baseline", "BaselineId",
     "DeletePatchBaseline DeregisterPatchBaselineForPatchGroup DescribeEffectivePatchesForPatchBaseline "
     "GetPatchBaseline RegisterDefaultPatchBaseline RegisterPatchBaselineForPatchGroup UpdatePatchBaseline"),
    ("ssm", "baseline", ANY, "GetDefaultPatchBaseline"),
    ("ssm", "document", "DocumentName", "SendCommand"),
    ("ssm", "document", "Name",
     "CreateAssociation CreateDocument DeleteAssociation DeleteDocument DescribeAssociation DescribeDocument "
     "DescribeDocumentPermission GetDocument ListDocumentVersions UpdateAssociation UpdateAssociationStatus "
     "UpdateDocument UpdateDocumentDefaultVersion"),
    ("ssm", "document", ANY, "CreateAssociationBatch"),
    ("ssm", "node", "InstanceId",
     "CreateAssociation DeleteAssociation DeregisterManagedInstance DescribeAssociation "
     "DescribeEffectiveInstanceAssociations DescribeInstanceAssociationsStatus DescribeInstancePatches "
     "UpdateAssociationStatus UpdateManagedInstanceRole"),
    ("ssm", "node", "InstanceIds", "DescribeInstancePatchStates SendCommand"),
    ("ssm", "node", "ResourceId", "PutComplianceItems"),
    ("ssm", "runbook", "DocumentName", "StartAutomationExecution"),
    ("ssm", "ssm tagged", "ResourceId", "AddTagsToResource ListTagsForResource RemoveTagsFromResource"),
    ("ssm", "window", "WindowId",
     "DeleteMaintenanceWindow DeregisterTargetFromMaintenanceWindow DeregisterTaskFromMaintenanceWindow "
     "DescribeMaintenanceWindowExecutions DescribeMaintenanceWindowTargets DescribeMaintenanceWindowTasks "
     "GetMaintenanceWindow GetMaintenanceWindowTask RegisterTargetWithMaintenanceWindow "
     "RegisterTaskWithMaintenanceWindow UpdateMaintenanceWindow UpdateMaintenanceWindowTarget "
     "UpdateMaintenanceWindowTask"),
    ("ssm", "window", ANY, "CancelMaintenanceWindowExecution"),
    ("ssm", "window target", "WindowTargetId", "DeregisterTargetFromMaintenanceWindow UpdateMaintenanceWindowTarget"),
    ("ssm", "window task", "WindowTaskId", "DeregisterTaskFromMaintenanceWindow UpdateMaintenanceWindowTask"),
    ("sts", "role", "RoleArn", "AssumeRole"),
)  # fmt: skip
KINDS: dict[tuple[str, str], list[tuple[str, str]]] = {}
"""Of each service and action the kinds of things that it is judged by, with the parameter that names them."""
for _service, _kind, _parameter, _actions in ROWS:
    for _action in _actions.split():
        KINDS.setdefault((_service, _action), []).append((_kind, _parameter))


@dataclass(frozen=True)
class Need:
    """An action that a caller must be allowed on a resource, with the condition keys of this need alone."""

    action: str
    resource: str
    keys: Mapping[str, list[str]]


def action_of(service: str, operation: str) -> str:
    """The IAM action of an operation: `ssm:ListAssociations`."""
    return f"{PREFIXES.get(service, service)}:{operation}"


def own_needs(world: World, call: Call, asked: Mapping[str, Any]) -> list[Need]:
    """The call's own action on all that the request names."""
    named = list(_named(world, call, asked)) or [_whole(call)]
    return [Need(action_of(call.service, call.action), resource, {}) for resource in named]


def _named(world: World, call: Call, asked: Mapping[str, Any]) -> Iterator[str]:
    for kind, parameter in KINDS.get((call.service, call.action), []):
        for name in as_list(asked.get(parameter) or []) if parameter else ["*"]:
            yield arn_of(kind, world, call, asked, name)


def _whole(call: Call) -> str:
    """What is asked about when nothing is named; Systems Manager tells it so."""
    return f"arn:aws:ssm:{call.region}:{call.account}:*" if call.service == "ssm" else "*"
