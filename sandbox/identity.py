"""Who signed a request. Signatures are not verified: an access key names its account, a session its role."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.engine.errors import AwsError
from sandbox.engine.trust import Principal, access_key, account_of
from sandbox.requests import Request

if TYPE_CHECKING:
    from sandbox.engine.world import World

INVALID = "The security token included in the request is invalid."
EXPIRED = "The security token included in the request is expired"
REGIONAL = {"ssm", "ec2", "cloudformation", "resource-groups", "tagging"}

Refusal = tuple[str, str, int]

UNKNOWN_KEY: dict[str, Refusal] = {
    "json": ("UnrecognizedClientException", INVALID, 400),
    "rest-json": ("UnrecognizedClientException", INVALID, 403),
    "query": ("InvalidClientTokenId", INVALID, 403),
    "ec2": ("AuthFailure", "AWS was not able to validate the provided access credentials", 401),
    "rest-xml": ("InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records.", 403),
}
EXPIRED_KEY: dict[str, Refusal] = {
    "json": ("ExpiredTokenException", EXPIRED, 400),
    "rest-json": ("ExpiredTokenException", EXPIRED, 403),
    "query": ("ExpiredToken", EXPIRED, 403),
    "ec2": ("RequestExpired", "Request has expired.", 400),
    "rest-xml": ("ExpiredToken", "The provided token has expired.", 400),
}


def principal_of(world: World, request: Request) -> Principal:
    """The caller. Raises AwsError as each protocol puts it: unknown key, ended session, a Region not enabled.

    AWS answers in a Region that an account has not enabled as if it did not know the key.
    """
    session = world.sessions.get(request.access_key)
    account = account_of(request.access_key)
    is_administrator = account in world.trust and request.access_key == access_key(account)
    if session is None and not is_administrator:
        raise AwsError(*UNKNOWN_KEY[request.protocol])
    if session and session.expires_at and session.expires_at <= world.now():
        raise AwsError(*EXPIRED_KEY[request.protocol])
    if request.service in REGIONAL and request.region not in world.organization.regions:
        raise AwsError(*UNKNOWN_KEY[request.protocol])
    return session or Principal(account)
