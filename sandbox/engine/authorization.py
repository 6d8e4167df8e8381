"""What the policies of a caller say: its own, its permissions boundary and its session's, judged together as IAM does.

An explicit deny in any of them wins; to be allowed, each kind that the caller has must allow.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import orjson

from sandbox.engine.conditions import Context
from sandbox.engine.policy_documents import Document, decide
from sandbox.engine.trust import AccountTrust, Principal

if TYPE_CHECKING:
    from sandbox.engine.world import World

IDENTITY, BOUNDARY, SESSION = "identity-based policy", "permissions boundary", "session policy"
A = {IDENTITY: "an", BOUNDARY: "a", SESSION: "a"}

Layer = tuple[str, list[Document]]


@dataclass(frozen=True)
class Verdict:
    """`answer`: True allows, False denies outright, None allows not; `because` says why not, in AWS's words."""

    answer: bool | None
    because: str = ""


def judge(world: World, principal: Principal, action: str, resource: str, context: Context) -> Verdict:
    """What the caller's policies say to an action on a resource; a service that works for itself may all."""
    answers = {kind: decide(documents, action, resource, context) for kind, documents in _layers(world, principal)}
    for kind, answer in answers.items():
        if answer is False:
            return Verdict(False, f"with an explicit deny in {A[kind]} {kind}")
    for kind, answer in answers.items():
        if answer is None:
            return Verdict(None, f"because no {kind} allows the {action} action")
    return Verdict(True)


def _layers(world: World, principal: Principal) -> Iterator[Layer]:
    if principal.is_service:
        return
    account = world.account(principal.account_id)
    if not principal.role_name:
        yield IDENTITY, [*_managed(account, account.user_attached), *account.user_inline.values()]
        return
    role = account.roles.get(principal.role_name)
    yield IDENTITY, [*_managed(account, role.attached), *role.inline.values()] if role else []
    if role and role.boundary:
        yield BOUNDARY, _managed(account, [role.boundary])
    if principal.limits:
        yield SESSION, [orjson.loads(text) for text in principal.limits]


def _managed(account: AccountTrust, arns: list[str]) -> list[Document]:
    return [account.document_of(arn) or {} for arn in arns]
