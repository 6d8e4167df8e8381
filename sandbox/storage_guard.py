"""Who may do what in S3: bucket policy, role policies and permissions boundary, judged together as AWS does."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from sandbox.engine.callers import context_of, names_of
from sandbox.engine.conditions import Context
from sandbox.engine.errors import AwsError
from sandbox.engine.policy_documents import Document, decide
from sandbox.engine.trust import Principal
from sandbox.s3_requests import Wanted

if TYPE_CHECKING:
    from sandbox.engine.world import World


def admit(world: World, principal: Principal, wanted: Wanted, owner: str, policy: bytes | None) -> None:
    """Pass when the request is allowed on a bucket; raises AwsError AccessDenied.

    An explicit deny wins. Within the owner's account one yes is enough; another account needs both yeses.
    """
    context = {**context_of(world, principal), **_resource_context(world, owner)}
    by_role = _role_says(world, principal, wanted, context)
    documents = [json.loads(policy)] if policy else []
    by_bucket = decide(documents, wanted.action, wanted.arn, context, names_of(world, principal))
    is_own = owner == principal.account_id
    allowed = (by_bucket or by_role) if is_own else (by_bucket and by_role)
    if by_bucket is False or by_role is False or not allowed:
        raise denied(principal, wanted)


def admit_by_role(world: World, principal: Principal, wanted: Wanted) -> None:
    """Pass when the caller's own policies allow what needs no bucket; raises AwsError AccessDenied."""
    if not _role_says(world, principal, wanted, context_of(world, principal)):
        raise denied(principal, wanted)


def denied(principal: Principal, wanted: Wanted) -> AwsError:
    """AccessDenied in S3's words."""
    return AwsError(
        "AccessDenied",
        f"User: {principal.arn} is not authorized to perform: {wanted.action} on resource: {wanted.arn}",
        403,
    )


def _role_says(world: World, principal: Principal, wanted: Wanted, context: Context) -> bool | None:
    """What the caller's own policies say; a permissions boundary must allow too. The administrator may all."""
    if not principal.role_name:
        return True
    role = world.account(principal.account_id).roles.get(principal.role_name)
    if role is None:
        return False
    documents = [_managed(world, principal, arn) for arn in role.attached]
    said = decide([*documents, *role.inline.values()], wanted.action, wanted.arn, context)
    if said and role.boundary:
        return decide([_managed(world, principal, role.boundary)], wanted.action, wanted.arn, context)
    return said


def _managed(world: World, principal: Principal, arn: str) -> Document:
    return world.account(principal.account_id).document_of(arn) or {}


def _resource_context(world: World, owner: str) -> dict[str, list[str]]:
    told = {"aws:resourceaccount": [owner]}
    if owner in world.organization.accounts:
        told["aws:resourceorgid"] = [world.organization.organization_id]
    return told
