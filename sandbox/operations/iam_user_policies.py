"""IAM: the policies of an account's one user, administrator, which begins with AdministratorAccess."""

from __future__ import annotations

import json
from urllib.parse import quote

from sandbox.engine.errors import AwsError
from sandbox.engine.trust import AccountTrust
from sandbox.engine.world import World
from sandbox.operations.iam import list_page, only_administrator
from sandbox.operations.iam_holders import attach, detach, list_attached, with_inline
from sandbox.registry import Call, Parameters, operation

MOST_INLINE_CHARACTERS = 2048


def _account(world: World, call: Call, parameters: Parameters) -> AccountTrust:
    only_administrator(parameters)
    return world.account(call.account)


@operation("iam", "AttachUserPolicy", takes="PolicyArn UserName")
def attach_user_policy(world: World, call: Call, parameters: Parameters) -> Parameters:
    """Attach a managed policy, ten at most; attaching it again changes nothing."""
    account = _account(world, call, parameters)
    attach(account, account.user_attached, parameters["PolicyArn"], "PoliciesPerUser")
    return {}


@operation("iam", "DetachUserPolicy", takes="PolicyArn UserName")
def detach_user_policy(world: World, call: Call, parameters: Parameters) -> Parameters:
    """Detach a managed policy."""
    detach(_account(world, call, parameters).user_attached, parameters["PolicyArn"])
    return {}


@operation("iam", "ListAttachedUserPolicies", takes="Marker MaxItems PathPrefix UserName")
def list_attached_user_policies(world: World, call: Call, parameters: Parameters) -> Parameters:
    """The managed policies of the user."""
    return list_attached(_account(world, call, parameters).user_attached, parameters)


@operation("iam", "PutUserPolicy", takes="PolicyDocument PolicyName UserName")
def put_user_policy(world: World, call: Call, parameters: Parameters) -> Parameters:
    """Write an inline policy; all of the user's together have a size."""
    account = _account(world, call, parameters)
    account.user_inline = with_inline(account.user_inline, parameters, MOST_INLINE_CHARACTERS, "user administrator")
    return {}


@operation("iam", "GetUserPolicy", takes="PolicyName UserName")
def get_user_policy(world: World, call: Call, parameters: Parameters) -> Parameters:
    """Read an inline policy."""
    account, name = _inline(world, call, parameters)
    document = quote(json.dumps(account.user_inline[name]))
    return {"UserName": parameters["UserName"], "PolicyName": name, "PolicyDocument": document}


@operation("iam", "ListUserPolicies", takes="Marker MaxItems UserName")
def list_user_policies(world: World, call: Call, parameters: Parameters) -> Parameters:
    """The names of the user's inline policies."""
    return list_page("PolicyNames", sorted(_account(world, call, parameters).user_inline), parameters)


@operation("iam", "DeleteUserPolicy", takes="PolicyName UserName")
def delete_user_policy(world: World, call: Call, parameters: Parameters) -> Parameters:
    """Remove an inline policy."""
    account, name = _inline(world, call, parameters)
    del account.user_inline[name]
    return {}


def _inline(world: World, call: Call, parameters: Parameters) -> tuple[AccountTrust, str]:
    account, name = _account(world, call, parameters), parameters["PolicyName"]
    if name not in account.user_inline:
        raise AwsError("NoSuchEntity", f"The user policy with name {name} cannot be found.", 404)
    return account, name
