"""IAM: a role's description, session length and permissions boundary changed."""

from __future__ import annotations

from sandbox.engine.errors import AwsError
from sandbox.engine.world import World
from sandbox.operations.iam import find_role, tell_nodes
from sandbox.registry import Call, Parameters, operation


@operation("iam", "UpdateRole", takes="RoleName Description MaxSessionDuration")
def update_role(world: World, call: Call, parameters: Parameters) -> Parameters:
    """Another description or longest session; what is left out stays."""
    role = find_role(world, call, parameters["RoleName"])
    if parameters.get("Description") is not None:
        role.description = parameters["Description"]
    if parameters.get("MaxSessionDuration"):
        role.max_session_seconds = parameters["MaxSessionDuration"]
    return {}


@operation("iam", "PutRolePermissionsBoundary", takes="RoleName PermissionsBoundary")
def put_role_permissions_boundary(world: World, call: Call, parameters: Parameters) -> Parameters:
    """Bound what a role may do by a managed policy."""
    role, boundary = find_role(world, call, parameters["RoleName"]), parameters["PermissionsBoundary"]
    if world.account(call.account).document_of(boundary) is None:
        raise AwsError("NoSuchEntity", f"Scope ARN: {boundary} does not exist or is not attachable.", 404)
    role.boundary = boundary
    tell_nodes(world, call, role)
    return {}


@operation("iam", "DeleteRolePermissionsBoundary", takes="RoleName")
def delete_role_permissions_boundary(world: World, call: Call, parameters: Parameters) -> Parameters:
    """Lift a role's boundary."""
    role = find_role(world, call, parameters["RoleName"])
    role.boundary = ""
    tell_nodes(world, call, role)
    return {}
