"""What a planned fault looks like to its caller, in each service's own words."""

from __future__ import annotations

from sandbox.engine.errors import AwsError
from sandbox.engine.faults import Fault, FaultKind
from sandbox.identity import EXPIRED_KEY, UNKNOWN_KEY
from sandbox.refusals import denied
from sandbox.registry import Call

Told = tuple[str, int]

THROTTLED: dict[str, Told] = {
    "account": ("TooManyRequestsException", 429),
    "ec2": ("RequestLimitExceeded", 503),
    "organizations": ("TooManyRequestsException", 400),
    "resource-groups": ("TooManyRequestsException", 429),
    "s3": ("SlowDown", 503),
    "ssm": ("ThrottlingException", 400),
    "tagging": ("ThrottledException", 400),
}
FAILED: dict[str, Told] = {
    "account": ("InternalServerException", 500),
    "ec2": ("InternalError", 500),
    "iam": ("ServiceFailure", 500),
    "organizations": ("ServiceException", 500),
    "resource-groups": ("InternalServerErrorException", 500),
    "s3": ("InternalError", 500),
    "ssm": ("InternalServerError", 500),
    "tagging": ("InternalServiceException", 500),
}
UNAVAILABLE: dict[str, Told] = {"ec2": ("Unavailable", 503), "s3": ("ServiceUnavailable", 503)}
OF_QUERY = {"cloudformation", "iam", "sts"}


class ConnectionDropped(Exception):
    """Nobody answers any more: the transport lets the connection break, as after a time-out."""


def raise_before(fault: Fault, call: Call, protocol: str) -> None:
    """Fail as the fault says before anything happens; return when it strikes later.

    Raises AwsError, or ConnectionDropped for a time-out before the effect.
    """
    if fault.kind is FaultKind.TIMEOUT_BEFORE:
        raise ConnectionDropped
    if fault.kind is FaultKind.ACCESS_DENIED:
        raise denied(call, "*", "with an explicit deny in an identity-based policy")
    if fault.kind is FaultKind.EXPIRED:
        raise AwsError(*EXPIRED_KEY[protocol])
    if fault.kind is FaultKind.REGION_NOT_ENABLED:
        raise AwsError(*UNKNOWN_KEY[protocol])
    if fault.kind in (FaultKind.THROTTLING, FaultKind.INTERNAL_ERROR, FaultKind.UNAVAILABLE):
        raise _failure(fault.kind, call.service)


def raise_after(fault: Fault) -> None:
    """Fail as the fault says when everything has happened. Raises ConnectionDropped."""
    if fault.kind is FaultKind.TIMEOUT_AFTER:
        raise ConnectionDropped


def _failure(kind: FaultKind, service: str) -> AwsError:
    is_query = service in OF_QUERY
    if kind is FaultKind.THROTTLING:
        code, status = THROTTLED.get(service, ("Throttling", 400))
        return AwsError(code, "Please reduce your request rate." if service == "s3" else "Rate exceeded", status)
    if kind is FaultKind.INTERNAL_ERROR:
        code, status = FAILED.get(service, ("InternalFailure", 500))
        return AwsError(code, "We encountered an internal error. Please try again.", status)
    usual = ("ServiceUnavailable", 503) if is_query else ("ServiceUnavailableException", 503)
    code, status = UNAVAILABLE.get(service, usual)
    return AwsError(code, "Service is unable to handle request.", status)
