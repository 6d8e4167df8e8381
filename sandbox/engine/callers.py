"""A caller as policies see it: the names it goes by, and the condition keys its requests carry."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.engine.arns import role_arn
from sandbox.engine.conditions import Context
from sandbox.engine.policy_documents import decide
from sandbox.engine.trust import Principal

if TYPE_CHECKING:
    from sandbox.engine.world import World


def names_of(world: World, principal: Principal) -> frozenset[str]:
    """What a policy may name this caller by: its account, its role, its session or user."""
    account = principal.account_id
    names = {account, f"arn:aws:iam::{account}:root", principal.arn}
    return frozenset(names | {role_arn_of(world, principal)} if principal.role_name else names)


def context_of(world: World, principal: Principal) -> dict[str, list[str]]:
    """The condition keys of a request by this principal, in lower case."""
    organization, account = world.organization, principal.account_id
    context = {
        "aws:currenttime": [world.now().isoformat()],
        "aws:epochtime": [str(int(world.now().timestamp()))],
        "aws:principalaccount": [account],
        "aws:principalarn": [role_arn_of(world, principal)],
        "aws:principalisawsservice": ["false"],
        "aws:principaltype": ["AssumedRole" if principal.role_name else "User"],
        "aws:securetransport": ["true"],
        "aws:viaawsservice": ["false"],
    }
    if account in organization.accounts:
        context["aws:principalorgid"] = [organization.organization_id]
        context["aws:principalorgpaths"] = [organization.path_of(account)]
    for key, value in _tags_of(world, principal).items():
        context[f"aws:principaltag/{key.lower()}"] = [value]
    return context


def role_arn_of(world: World, principal: Principal) -> str:
    """The ARN of a session's role (with its path), or of the user."""
    if not principal.role_name:
        return principal.arn
    return role_arn(principal.account_id, world.account(principal.account_id), principal.role_name)


def _tags_of(world: World, principal: Principal) -> dict[str, str]:
    account = world.account(principal.account_id)
    if not principal.role_name:
        return account.user_tags
    role = account.roles.get(principal.role_name)
    return {**(role.tags if role else {}), **dict(principal.tags)}


def is_trusted(world: World, account_id: str, role_name: str, context: Context, callers: frozenset[str]) -> bool:
    """Whether a role exists and its trust policy lets callers of these names assume it."""
    role = world.account(account_id).roles.get(role_name)
    arn = f"arn:aws:iam::{account_id}:role/{role_name}"
    return role is not None and bool(decide([role.trust], "sts:AssumeRole", arn, context, callers))
