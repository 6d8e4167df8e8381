"""IAM: the policies of an account's one user, administrator, which begins with AdministratorAccess."""

from __future__ import annotations

import json
from urllib.parse import quote

from sandbox.engine.errors import AwsError
from sandbox.engine.trust import AccountTrust
from sandbox.engine.world import World
from sandbox.operations.iam import list_page, only_administrator
from sandbox.operations.iam_policies import MOST_ATTACHED, path_of, read_document
from sandbox.registry import Call, Parameters, operation

MOST_INLINE_CHARACTERS = 2048


def _account(world: World, call: Call, parameters: Parameters) -> AccountTrust:
    only_administrator(parameters)
    return world.account(call.account)


@operation("iam", "AttachUserPolicy", takes="PolicyArn UserName")
def attach_user_policy(world: World, call: Call, parameters: Parameters) -> Parameters:
    """Attach a managed policy, ten at most; attaching it again changes nothing."""
    account, arn = _account(world, call, parameters), parameters["PolicyArn"]
    if account.document_of(arn) is None:
        raise AwsError("NoSuchEntity", f"Policy {arn} does not exist or is not attachable.", 404)
    if arn in account.user_attached:
        return {}
    if len(account.user_attached) >= MOST_ATTACHED:
        raise AwsError("LimitExceeded", f"Cannot exceed quota for PoliciesPerUser: {MOST_ATTACHED}", 409)
    account.user_attached.append(arn)
    return {}


@operation("iam", "DetachUserPolicy", takes="PolicyArn UserName")
def detach_user_policy(world: World, call: Call, parameters: Parameters) -> Parameters:
    """Detach a managed policy."""
    account, arn = _account(world, call, parameters), parameters["PolicyArn"]
    if arn not in account.user_attached:
        raise AwsError("NoSuchEntity", f"Policy {arn} was not found.", 404)
    account.user_attached.remove(arn)
    return {}


@operation("iam", "ListAttachedUserPolicies", takes="Marker MaxItems PathPrefix UserName")
def list_attached_user_policies(world: World, call: Call, parameters: Parameters) -> Parameters:
    """The managed policies of the user."""
    attached = _account(world, call, parameters).user_attached
    under = [arn for arn in attached if path_of(arn).startswith(parameters.get("PathPrefix") or "/")]
    told = [{"PolicyName": arn.rsplit("/", 1)[-1], "PolicyArn": arn} for arn in under]
    return list_page("AttachedPolicies", told, parameters)


@operation("iam", "PutUserPolicy", takes="PolicyDocument PolicyName UserName")
def put_user_policy(world: World, call: Call, parameters: Parameters) -> Parameters:
    """Write an inline policy; all of the user's together have a size."""
    account = _account(world, call, parameters)
    inline = {**account.user_inline, parameters["PolicyName"]: read_document(parameters["PolicyDocument"])}
    if sum(len(json.dumps(d, separators=(",", ":"))) for d in inline.values()) > MOST_INLINE_CHARACTERS:
        words = f"Maximum policy size of {MOST_INLINE_CHARACTERS} bytes exceeded for user administrator"
        raise AwsError("LimitExceeded", words, 409)
    account.user_inline = inline
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
