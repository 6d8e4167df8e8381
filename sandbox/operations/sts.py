"""STS: who am I, and become a role when it trusts me."""

from __future__ import annotations

import re
from datetime import timedelta

from sandbox.engine.callers import context_of, names_of
from sandbox.engine.errors import AwsError
from sandbox.engine.policy_documents import decide
from sandbox.engine.trust import Principal, Role, access_key
from sandbox.engine.world import World
from sandbox.registry import Call, Parameters, operation


@operation("sts", "GetCallerIdentity")
def get_caller_identity(_world: World, call: Call, _parameters: Parameters) -> Parameters:
    """The caller's account and ARN."""
    name = call.principal.role_name or "administrator"
    return {"UserId": f"AIDA{name.upper()[:16]}", "Account": call.account, "Arn": call.principal.arn}


@operation("sts", "AssumeRole")
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
    session = Principal(account_id, role.name, parameters["RoleSessionName"], until)
    key = access_key(account_id, world.next_serial())
    _forget_expired(world)
    world.sessions[key] = session
    return {
        "Credentials": {
            "AccessKeyId": key,
            "SecretAccessKey": "sandbox-secret-of-no-value-0123456789abc",
            "SessionToken": "sandbox-session-token",
            "Expiration": until,
        },
        "AssumedRoleUser": {"AssumedRoleId": f"{role.role_id}:{session.session_name}", "Arn": session.arn},
    }


def _trusting_role(world: World, call: Call, parameters: Parameters) -> tuple[Role, str]:
    """The role and its account; AWS tells no difference between a role that is not there and one that says no."""
    arn = parameters["RoleArn"]
    found = re.fullmatch(r"arn:aws:iam::(\d{12}):role/(?:.*/)?([\w+=,.@-]+)", arn)
    role = world.trust[found[1]].roles.get(found[2]) if found and found[1] in world.trust else None
    context = context_of(world, call.principal)
    if parameters.get("ExternalId"):
        context["sts:externalid"] = [parameters["ExternalId"]]
    if found and role and decide([role.trust], "sts:AssumeRole", arn, context, names_of(world, call.principal)):
        return role, found[1]
    raise AwsError(
        "AccessDenied",
        f"User: {call.principal.arn} is not authorized to perform: sts:AssumeRole on resource: {arn}",
        403,
    )


def _forget_expired(world: World) -> None:
    dead = [k for k, s in world.sessions.items() if s.expires_at and s.expires_at < world.now() - timedelta(days=1)]
    for key in dead:
        del world.sessions[key]
