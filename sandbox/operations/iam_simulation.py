"""IAM: what the policies of a role or the administrator would say to an action, without the action."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sandbox.engine.authorization import judge
from sandbox.engine.callers import context_of
from sandbox.engine.errors import AwsError
from sandbox.engine.trust import Principal
from sandbox.engine.world import World
from sandbox.operations.iam import find_role, list_page
from sandbox.registry import Call, Parameters, operation

DECISIONS = {True: "allowed", False: "explicitDeny", None: "implicitDeny"}


@operation(
    "iam",
    "SimulatePrincipalPolicy",
    takes="ActionNames ContextEntries Marker MaxItems PolicySourceArn ResourceArns",
)
def simulate_principal_policy(world: World, call: Call, parameters: Parameters) -> Parameters:
    """Each action on each resource ("*" when none is named), by identity-based policies and boundary."""
    return list_page("EvaluationResults", list(_evaluate(world, call, parameters)), parameters)


def _evaluate(world: World, call: Call, parameters: Parameters) -> Iterator[dict[str, Any]]:
    principal = _source(world, call, parameters["PolicySourceArn"])
    given = {e["ContextKeyName"].lower(): e["ContextKeyValues"] for e in parameters.get("ContextEntries") or []}
    context = {**context_of(world, principal), **given}
    for action in parameters["ActionNames"]:
        for resource in parameters.get("ResourceArns") or ["*"]:
            verdict = judge(world, principal, action, resource, context)
            yield {
                "EvalActionName": action,
                "EvalResourceName": resource,
                "EvalDecision": DECISIONS[verdict.answer],
                "MatchedStatements": [],
                "MissingContextValues": [],
            }


def _source(world: World, call: Call, arn: str) -> Principal:
    administrator = Principal(call.account)
    if arn == administrator.arn:
        return administrator
    if not arn.startswith(f"arn:aws:iam::{call.account}:role/"):
        raise AwsError("InvalidInput", f"Invalid Entity Arn: {arn} does not clearly define entity type and name.")
    return Principal(call.account, find_role(world, call, arn.rsplit("/", 1)[-1]).name)
