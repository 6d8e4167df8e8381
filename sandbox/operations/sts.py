"""STS: who am I, and become a role when it trusts me."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta
from typing import Any

from sandbox.engine.callers import context_of, names_of
from sandbox.engine.errors import AwsError
from sandbox.engine.policy_documents import decide, parse_document
from sandbox.engine.trust import Principal, Role, access_key
from sandbox.engine.world import World
from sandbox.registry import Call, Parameters, operation


@operation("sts", "GetCallerIdentity", takes="")
def get_caller_identity(world: World, call: Call, _parameters: Parameters) -> Parameters:
    """The caller's account and ARN."""
    role = world.account(call.account).roles.get(call.principal.role_name)
    user_id = f"{role.role_id}:{call.principal.session_name}" if role else "AIDAADMINISTRATOR"
    return {"UserId": user_id, "Account": call.account, "Arn": call.principal.arn}


@operation("sts", "AssumeRole", takes="DurationSeconds ExternalId Policy PolicyArns RoleArn RoleSessionName Tags")
def assume_role(world: World, call: Call, parameters: Parameters) -> Parameters:
    """Temporary credentials of a role; AccessDenied unless it exists and trusts the caller with this external id."""
    role, account_id = _trusting_role(world, call, parameters)
    seconds = int(parameters.get("DurationSeconds") or 3600)
    if seconds > (3600 if call.principal.role_name else role.max_session_seconds):
        raise AwsError(
            "ValidationError", "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."
        )
    # On an accelerated clock a session lasts as long for its user as it does on AWS.
    until = world.now() + timedelta(seconds=seconds) * max(1.0, world.clock.speed)
    tags = tuple((tag["Key"], tag["Value"]) for tag in parameters.get("Tags") or [])
    limits = _session_policies(world, account_id, parameters)
    session = Principal(account_id, role.name, parameters["RoleSessionName"], until, tags, limits)
    return {
        "Credentials": show_credentials(open_session(world, session), until),
        "AssumedRoleUser": {"AssumedRoleId": f"{role.role_id}:{session.session_name}", "Arn": session.arn},
    }


def open_session(world: World, session: Principal) -> str:
    """The access key of a new session of a role."""
    key = access_key(session.account_id, world.next_serial())
    _forget_expired(world)
    world.sessions[key] = session
    return key


def show_credentials(key: str, until: datetime) -> dict[str, Any]:
    """Temporary credentials as STS tells them; nobody checks the secret and the token."""
    return {
        "AccessKeyId": key,
        "SecretAccessKey": "sandbox-secret-of-no-value-0123456789abc",
        "SessionToken": "sandbox-session-token",
        "Expiration": until,
    }


def _session_policies(world: World, account_id: str, parameters: Parameters) -> tuple[str, ...]:
    """The documents of which one must allow, beside the role's own; raises AwsError for one that is none."""
    texts = [parameters["Policy"]] if parameters.get("Policy") else []
    for each in parameters.get("PolicyArns") or []:
        document = world.account(account_id).document_of(each.get("arn", ""))
        if document is None:
            raise AwsError("ValidationError", "The requested session policy does not exist or is not attachable.")
        texts.append(json.dumps(document))
    for text in texts:
        try:
            parse_document(text)
        except ValueError as error:
            raise AwsError("MalformedPolicyDocument", str(error)) from error
    return tuple(texts)


def _trusting_role(world: World, call: Call, parameters: Parameters) -> tuple[Role, str]:
    """The role and its account; AWS tells no difference between a role that is not there and one that says no."""
    arn = parameters["RoleArn"]
    found = re.fullmatch(r"arn:aws:iam::(\d{12}):role/(?:.*/)?([\w+=,.@-]+)", arn)
    role = world.trust[found[1]].roles.get(found[2]) if found and found[1] in world.trust else None
    context = context_of(world, call.principal)
    if parameters.get("ExternalId"):
        context["sts:externalid"] = [parameters["ExternalId"]]
    for tag in parameters.get("Tags") or []:
        context[f"aws:requesttag/{tag['Key'].lower()}"] = [tag["Value"]]
    callers, action = names_of(world, call.principal), "sts:AssumeRole"
    if found and role and decide([role.trust], action, arn, context, callers):
        action = "sts:TagSession"
        if not parameters.get("Tags") or decide([role.trust], action, arn, context, callers):
            return role, found[1]
    words = f"User: {call.principal.arn} is not authorized to perform: {action} on resource: {arn}"
    raise AwsError("AccessDenied", words, 403)


def _forget_expired(world: World) -> None:
    dead = [k for k, s in world.sessions.items() if s.expires_at and s.expires_at < world.now() - timedelta(days=1)]
    for key in dead:
        del world.sessions[key]
