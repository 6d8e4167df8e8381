"""Who may do what in S3: bucket policy, role policies and permissions boundary, judged together as AWS does."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from sandbox.engine.authorization import judge
from sandbox.engine.callers import context_of, names_of
from sandbox.engine.errors import AwsError
from sandbox.engine.policy_documents import decide
from sandbox.engine.trust import Principal
from sandbox.s3_requests import Wanted

if TYPE_CHECKING:
    from sandbox.engine.world import World


def admit(world: World, principal: Principal, wanted: Wanted, owner: str, policy: bytes | None) -> None:
    """Pass when the request is allowed on a bucket; raises AwsError AccessDenied.

    An explicit deny wins. Within the owner's account one yes is enough; another account needs both yeses.
    """
    context = {**context_of(world, principal), **_resource_context(world, owner)}
    own = judge(world, principal, wanted.action, wanted.arn, context)
    documents = [json.loads(policy)] if policy else []
    by_bucket = decide(documents, wanted.action, wanted.arn, context, names_of(world, principal))
    is_own = owner == principal.account_id
    allowed = (by_bucket or own.answer) if is_own else (by_bucket and own.answer)
    if by_bucket is False:
        raise denied(principal, wanted, "with an explicit deny in a resource-based policy")
    if own.answer is False or not allowed:
        raise denied(
            principal, wanted, own.because or f"because no resource-based policy allows the {wanted.action} action"
        )


def admit_by_role(world: World, principal: Principal, wanted: Wanted) -> None:
    """Pass when the caller's own policies allow what needs no bucket; raises AwsError AccessDenied."""
    verdict = judge(world, principal, wanted.action, wanted.arn, context_of(world, principal))
    if not verdict.answer:
        raise denied(principal, wanted, verdict.because)


def denied(principal: Principal, wanted: Wanted, because: str) -> AwsError:
    """AccessDenied in S3's words."""
    told = f"User: {principal.arn} is not authorized to perform: {wanted.action} on resource: {wanted.arn}"
    return AwsError("AccessDenied", f"{told} {because}", 403)


def _resource_context(world: World, owner: str) -> dict[str, list[str]]:
    told = {"aws:resourceaccount": [owner]}
    if owner in world.organization.accounts:
        told["aws:resourceorgid"] = [world.organization.organization_id]
    return told
