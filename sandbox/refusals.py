"""A refusal of access in each service's own words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.engine.errors import AwsError
from sandbox.engine.permissions import action_of

if TYPE_CHECKING:
    from sandbox.registry import Call

Told = tuple[str, int]

DENIED: dict[str, Told] = {
    "account": ("AccessDeniedException", 403),
    "cloudformation": ("AccessDenied", 403),
    "ec2": ("UnauthorizedOperation", 403),
    "iam": ("AccessDenied", 403),
    "resource-groups": ("ForbiddenException", 403),
    "s3": ("AccessDenied", 403),
    "sts": ("AccessDenied", 403),
}
DENIED_ELSEWHERE: Told = ("AccessDeniedException", 400)


def denied(call: Call, resource: str, because: str, action: str = "") -> AwsError:
    """Access denied: the caller may not do the call's action (or `action`) on the resource, and why."""
    code, status = DENIED.get(call.service, DENIED_ELSEWHERE)
    asked = action or action_of(call.service, call.action)
    words = f"User: {call.principal.arn} is not authorized to perform: {asked} on resource: {resource} {because}"
    if call.service == "ec2":
        words = f"You are not authorized to perform this operation. {words}"
    return AwsError(code, words, status)
