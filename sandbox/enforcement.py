"""IAM enforcement: with it on (`World.enforces_iam`), a call is refused that its caller's policies do not allow."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sandbox.engine.authorization import judge
from sandbox.engine.callers import context_of
from sandbox.engine.further_needs import further_needs
from sandbox.engine.permissions import own_needs
from sandbox.engine.request_keys import keys_of
from sandbox.refusals import denied

if TYPE_CHECKING:
    from sandbox.engine.world import World
    from sandbox.registry import Call

FREE = {("sts", "GetCallerIdentity")}
"""What everyone may ask; an explicit deny does not change that (API reference: GetCallerIdentity)."""


def admit_call(world: World, call: Call, parameters: Mapping[str, Any]) -> None:
    """Pass when the caller may do all that the call needs; raises AwsError in the service's words for access denied."""
    if (call.service, call.action) in FREE:
        return
    context = {**context_of(world, call.principal), **keys_of(world, call, parameters)}
    for need in [*own_needs(world, call, parameters), *further_needs(world, call, parameters)]:
        verdict = judge(world, call.principal, need.action, need.resource, {**context, **need.keys})
        if not verdict.answer:
            raise denied(call, need.resource, verdict.because, need.action)
