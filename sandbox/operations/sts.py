"""STS: who am I, and become a role when it trusts me."""

from __future__ import annotations

from datetime import timedelta

from sandbox.engine.errors import AwsError
from sandbox.engine.trust import Principal, access_key, trusts
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
    arn = parameters["RoleArn"]
    account_id, name = arn.split(":")[4], arn.rsplit("/", 1)[-1]
    role = world.account(account_id).roles.get(name)
    context = {"sts:ExternalId": [parameters["ExternalId"]] if parameters.get("ExternalId") else []}
    if role is None or not trusts(role.trust, call.principal.arn, call.account, "", context):
        raise AwsError(
            "AccessDenied",
            f"User: {call.principal.arn} is not authorized to perform: sts:AssumeRole on resource: {arn}",
            403,
        )
    until = world.now() + timedelta(seconds=int(parameters.get("DurationSeconds") or 3600))
    session = Principal(account_id, name, parameters["RoleSessionName"], until)
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


def _forget_expired(world: World) -> None:
    dead = [k for k, s in world.sessions.items() if s.expires_at and s.expires_at < world.now() - timedelta(days=1)]
    for key in dead:
        del world.sessions[key]
