"""IAM: policies, inline in a role, and managed with their versions."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

from sandbox.engine.errors import AwsError
from sandbox.engine.trust import MANAGED_POLICIES, AccountTrust, ManagedPolicy, PolicyVersion, Role
from sandbox.engine.world import World
from sandbox.operations.iam import find_role, list_page, read_tags, show_tags, tell_nodes
from sandbox.operations.iam_holders import attach, detach, list_attached, path_of, read_document, with_inline
from sandbox.registry import Call, Parameters, operation

MOST_INLINE_CHARACTERS = 10_240
MOST_VERSIONS = 5


@operation("iam", "AttachRolePolicy", takes="PolicyArn RoleName")
def attach_role_policy(world: World, call: Call, parameters: Parameters) -> Parameters:
    """Attach a managed policy, ten at most; attaching it again changes nothing."""
    role = find_role(world, call, parameters["RoleName"])
    if attach(world.account(call.account), role.attached, parameters["PolicyArn"], "PoliciesPerRole"):
        tell_nodes(world, call, role)
    return {}


@operation("iam", "DetachRolePolicy", takes="PolicyArn RoleName")
def detach_role_policy(world: World, call: Call, parameters: Parameters) -> Parameters:
    """Detach a managed policy."""
    detach(find_role(world, call, parameters["RoleName"]).attached, parameters["PolicyArn"])
    return {}


@operation("iam", "ListAttachedRolePolicies", takes="Marker MaxItems PathPrefix RoleName")
def list_attached_role_policies(world: World, call: Call, parameters: Parameters) -> Parameters:
    """The managed policies of a role."""
    return list_attached(find_role(world, call, parameters["RoleName"]).attached, parameters)


@operation("iam", "PutRolePolicy", takes="PolicyDocument PolicyName RoleName")
def put_role_policy(world: World, call: Call, parameters: Parameters) -> Parameters:
    """Write an inline policy; all of a role's together have a size."""
    role = find_role(world, call, parameters["RoleName"])
    role.inline = with_inline(role.inline, parameters, MOST_INLINE_CHARACTERS, f"role {role.name}")
    return {}


@operation("iam", "GetRolePolicy", takes="PolicyName RoleName")
def get_role_policy(world: World, call: Call, parameters: Parameters) -> Parameters:
    """Read an inline policy."""
    role, name = _inline(world, call, parameters)
    document = quote(json.dumps(role.inline[name]))
    return {"RoleName": role.name, "PolicyName": name, "PolicyDocument": document}


@operation("iam", "ListRolePolicies", takes="Marker MaxItems RoleName")
def list_role_policies(world: World, call: Call, parameters: Parameters) -> Parameters:
    """The names of a role's inline policies."""
    return list_page("PolicyNames", sorted(find_role(world, call, parameters["RoleName"]).inline), parameters)


@operation("iam", "DeleteRolePolicy", takes="PolicyName RoleName")
def delete_role_policy(world: World, call: Call, parameters: Parameters) -> Parameters:
    """Remove an inline policy."""
    role, name = _inline(world, call, parameters)
    del role.inline[name]
    return {}


def _inline(world: World, call: Call, parameters: Parameters) -> tuple[Role, str]:
    role, name = find_role(world, call, parameters["RoleName"]), parameters["PolicyName"]
    if name not in role.inline:
        raise AwsError("NoSuchEntity", f"The role policy with name {name} cannot be found.", 404)
    return role, name


@operation("iam", "CreatePolicy", takes="Description Path PolicyDocument PolicyName Tags")
def create_policy(world: World, call: Call, parameters: Parameters) -> Parameters:
    """A new customer managed policy."""
    path, name = parameters.get("Path") or "/", parameters["PolicyName"]
    arn = f"arn:aws:iam::{call.account}:policy{path}{name}"
    policies = world.account(call.account).policies
    if arn in policies:
        words = f"A policy called {name} already exists. Duplicate names are not allowed."
        raise AwsError("EntityAlreadyExists", words, 409)
    version = PolicyVersion(read_document(parameters["PolicyDocument"]), world.now())
    policy_id = "ANPA" + world.uuid().replace("-", "")[:17].upper()
    description = parameters.get("Description") or ""
    policies[arn] = ManagedPolicy(name, policy_id, world.now(), path, description, {"v1": version})
    policies[arn].tags = read_tags(parameters)
    return {"Policy": _show(world.account(call.account), arn, policies[arn])}


@operation("iam", "GetPolicy", takes="PolicyArn")
def get_policy(world: World, call: Call, parameters: Parameters) -> Parameters:
    """A managed policy, AWS's own ones too."""
    account, arn = world.account(call.account), parameters["PolicyArn"]
    if arn in MANAGED_POLICIES:
        return {"Policy": _show(account, arn, _of_aws(world, arn))}
    return {"Policy": _show(account, arn, _managed(account, arn))}


@operation("iam", "ListPolicies", takes="Marker MaxItems OnlyAttached PathPrefix PolicyUsageFilter Scope")
def list_policies(world: World, call: Call, parameters: Parameters) -> Parameters:
    """Managed policies by scope (the account's, AWS's, or both), path, and whether and how a role uses them."""
    account, scope = world.account(call.account), parameters.get("Scope") or "All"
    found = {**account.policies} if scope != "AWS" else {}
    if scope != "Local":
        found.update({arn: _of_aws(world, arn) for arn in MANAGED_POLICIES})
    wanted = [arn for arn in sorted(found) if _is_wanted(account, arn, parameters)]
    return list_page("Policies", [_show(account, arn, found[arn]) for arn in wanted], parameters)


def _is_wanted(account: AccountTrust, arn: str, parameters: Parameters) -> bool:
    permits, bounds = _attachments(account, arn) > 0, _boundaries(account, arn) > 0
    usage = parameters.get("PolicyUsageFilter")
    return (
        path_of(arn).startswith(parameters.get("PathPrefix") or "/")
        and (not parameters.get("OnlyAttached") or permits or bounds)
        and (usage != "PermissionsPolicy" or permits)
        and (usage != "PermissionsBoundary" or bounds)
    )


@operation("iam", "ListEntitiesForPolicy", takes="EntityFilter Marker MaxItems PolicyArn")
def list_entities_for_policy(world: World, call: Call, parameters: Parameters) -> Parameters:
    """The roles, and the user, that a managed policy is attached to; there are no groups."""
    account, arn, kind = world.account(call.account), parameters["PolicyArn"], parameters.get("EntityFilter")
    if account.document_of(arn) is None:
        raise AwsError("NoSuchEntity", f"Policy {arn} was not found.", 404)
    holders = [role for _, role in sorted(account.roles.items()) if arn in role.attached and kind in (None, "Role")]
    told = list_page("PolicyRoles", [{"RoleName": r.name, "RoleId": r.role_id} for r in holders], parameters)
    has_user = arn in account.user_attached and kind in (None, "User")
    user = {"UserName": "administrator", "UserId": "AIDAADMINISTRATOR"}
    return {"PolicyGroups": [], "PolicyUsers": [user] if has_user else [], **told}


@operation("iam", "CreatePolicyVersion", takes="PolicyArn PolicyDocument SetAsDefault")
def create_policy_version(world: World, call: Call, parameters: Parameters) -> Parameters:
    """Another version of a managed policy, five at most."""
    policy = _managed(world.account(call.account), parameters["PolicyArn"])
    if len(policy.versions) >= MOST_VERSIONS:
        words = f"A managed policy can have up to {MOST_VERSIONS} versions."
        raise AwsError("LimitExceeded", words, 409)
    name = f"v{max(int(v[1:]) for v in policy.versions) + 1}"
    policy.versions[name] = PolicyVersion(read_document(parameters["PolicyDocument"]), world.now())
    if parameters.get("SetAsDefault"):
        policy.default = name
    return {"PolicyVersion": _show_version(policy, name)}


@operation("iam", "GetPolicyVersion", takes="PolicyArn VersionId")
def get_policy_version(world: World, call: Call, parameters: Parameters) -> Parameters:
    """What a version of a managed policy says."""
    arn, name = parameters["PolicyArn"], parameters["VersionId"]
    policy = _of_aws(world, arn) if arn in MANAGED_POLICIES else _managed(world.account(call.account), arn)
    if name not in policy.versions:
        raise AwsError("NoSuchEntity", f"Policy {arn} version {name} does not exist or is not attachable.", 404)
    document = quote(json.dumps(policy.versions[name].document))
    return {"PolicyVersion": {**_show_version(policy, name), "Document": document}}


@operation("iam", "ListPolicyVersions", takes="Marker MaxItems PolicyArn")
def list_policy_versions(world: World, call: Call, parameters: Parameters) -> Parameters:
    """The versions of a managed policy of the account."""
    policy = _managed(world.account(call.account), parameters["PolicyArn"])
    return list_page("Versions", [_show_version(policy, name) for name in policy.versions], parameters)


@operation("iam", "DeletePolicyVersion", takes="PolicyArn VersionId")
def delete_policy_version(world: World, call: Call, parameters: Parameters) -> Parameters:
    """Remove a version that is not the default."""
    policy, name = _managed(world.account(call.account), parameters["PolicyArn"]), parameters["VersionId"]
    if name == policy.default:
        raise AwsError("DeleteConflict", "Cannot delete the default version of a policy.", 409)
    if policy.versions.pop(name, None) is None:
        raise AwsError("NoSuchEntity", f"Policy version {name} does not exist.", 404)
    return {}


@operation("iam", "DeletePolicy", takes="PolicyArn")
def delete_policy(world: World, call: Call, parameters: Parameters) -> Parameters:
    """Remove a managed policy; DeleteConflict while it is attached or has other versions."""
    account, arn = world.account(call.account), parameters["PolicyArn"]
    policy = _managed(account, arn)
    if _attachments(account, arn):
        raise AwsError("DeleteConflict", "Cannot delete a policy attached to entities.", 409)
    if len(policy.versions) > 1:
        words = "This policy has more than one version. Before you delete a policy, you must delete the others."
        raise AwsError("DeleteConflict", words, 409)
    del account.policies[arn]
    return {}


def _managed(account: AccountTrust, arn: str) -> ManagedPolicy:
    if arn not in account.policies:
        raise AwsError("NoSuchEntity", f"Policy {arn} was not found.", 404)
    return account.policies[arn]


def _of_aws(world: World, arn: str) -> ManagedPolicy:
    name = arn.rsplit("/", 1)[-1]
    born = min(a.joined_at for a in world.organization.accounts.values())
    policy_id = "ANPA" + world.uuid("policy", name).replace("-", "")[:17].upper()
    return ManagedPolicy(name, policy_id, born, versions={"v1": PolicyVersion(MANAGED_POLICIES[arn], born)})


def _attachments(account: AccountTrust, arn: str) -> int:
    return sum(arn in role.attached for role in account.roles.values())


def _boundaries(account: AccountTrust, arn: str) -> int:
    return sum(role.boundary == arn for role in account.roles.values())


def _show(account: AccountTrust, arn: str, policy: ManagedPolicy) -> dict[str, Any]:
    return {
        "PolicyName": policy.name,
        "PolicyId": policy.policy_id,
        "Arn": arn,
        "Path": policy.path,
        "DefaultVersionId": policy.default,
        "AttachmentCount": _attachments(account, arn),
        "PermissionsBoundaryUsageCount": _boundaries(account, arn),
        "IsAttachable": True,
        "Description": policy.description,
        "CreateDate": policy.created_at,
        "UpdateDate": policy.versions[policy.default].created_at,
        "Tags": show_tags(policy.tags),
    }


def _show_version(policy: ManagedPolicy, name: str) -> dict[str, Any]:
    created = policy.versions[name].created_at
    return {"VersionId": name, "IsDefaultVersion": name == policy.default, "CreateDate": created}
