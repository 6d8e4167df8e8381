"""What a node may do: it works with its own role, and its traffic to S3 may pass an endpoint that has a policy."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from sandbox.engine.authorization import judge
from sandbox.engine.callers import context_of, names_of
from sandbox.engine.errors import AwsError
from sandbox.engine.fleet import CORE_POLICY, Node
from sandbox.engine.policy_documents import decide
from sandbox.engine.trust import Principal, Role

if TYPE_CHECKING:
    from sandbox.engine.world import World


def role_of(world: World, node: Node) -> Role | None:
    """The role that a node works with: its instance profile's, or its hybrid activation's."""
    account = world.account(node.account_id)
    if node.is_hybrid:
        return account.roles.get(node.service_role)
    profile = account.profiles.get(node.profile_name)
    return account.roles.get(profile.role_name) if profile else None


def is_managed(world: World, node: Node) -> bool:
    """Whether Systems Manager knows the node: it runs, and its role may speak to Systems Manager."""
    role = role_of(world, node)
    if node.state != "running" or role is None:
        return False
    return CORE_POLICY in role.attached or may(world, node, "ssm:UpdateInstanceInformation")


def principal_of_node(world: World, node: Node) -> Principal:
    """The session that the node works with; one of no role when it has none."""
    role = role_of(world, node)
    return Principal(node.account_id, role.name if role else "none", node.instance_id)


def may(world: World, node: Node, action: str, resource: str = "*") -> bool:
    """Whether the node's role allows an action of a service that has no policies of its own."""
    principal = principal_of_node(world, node)
    return bool(judge(world, principal, action, resource, context_of(world, principal)).answer)


def read_as_node(world: World, node: Node, bucket: str, key: str) -> bytes:
    """An object as the node may fetch it. Raises AwsError AccessDenied, NoSuchBucket, NoSuchKey or RequestTimeout."""
    pass_endpoint(world, node, "s3:GetObject", bucket, key)
    return bytes(world.storage.read_object(principal_of_node(world, node), bucket, key))


def write_as_node(world: World, node: Node, bucket: str, key: str, body: bytes) -> None:
    """Put an object as the node may. Raises AwsError AccessDenied, NoSuchBucket or RequestTimeout."""
    pass_endpoint(world, node, "s3:PutObject", bucket, key)
    world.storage.write_object(principal_of_node(world, node), bucket, key, body)


def pass_endpoint(world: World, node: Node, action: str, bucket: str, key: str) -> None:
    """Pass when the node's S3 endpoint lets the request through; raises AwsError AccessDenied or RequestTimeout.

    A bucket that the sandbox does not keep is AWS's own, in the node's Region.
    """
    endpoint = world.fleet.endpoints.get((node.account_id, node.region))
    if endpoint is None or node.is_hybrid:
        return
    if (world.storage.region_of(bucket) or node.region) != node.region:
        if not endpoint.has_internet:
            raise AwsError(
                "RequestTimeout", f"Connect timeout on endpoint URL: https://{bucket}.s3.amazonaws.com/{key}"
            )
        return
    principal, arn = principal_of_node(world, node), f"arn:aws:s3:::{bucket}/{key}"
    context = {**context_of(world, principal), "aws:sourcevpce": [endpoint.endpoint_id]}
    if not decide([json.loads(endpoint.policy)], action, arn, context, names_of(world, principal)):
        told = f"User: {principal.arn} is not authorized to perform: {action} on resource: {arn}"
        raise AwsError("AccessDenied", f"{told} because no VPC endpoint policy allows the {action} action", 403)
