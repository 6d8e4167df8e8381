"""Policy documents: what AWS accepts as one, and what one says about a request.

Covers identity policies, resource policies and trust policies, with NotAction, NotResource and policy variables.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from sandbox.engine.conditions import Context, as_list, conditions_hold, is_operator, like, substitute

Document = Mapping[str, Any]
VERSIONS = ("2012-10-17", "2008-10-17")
FIELDS = {"Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Principal", "Condition"}


def parse_document(text: str, *, principals: bool = False, resources: bool = True) -> dict[str, Any]:
    """A policy document as IAM accepts it. Raises ValueError with AWS's kind of message when it is none.

    Resource policies name `principals`; trust policies name them too, and no `resources`.
    """
    try:
        document = json.loads(text)
    except ValueError as error:
        raise ValueError("Policies must be valid JSON and the first byte must be '{'") from error
    if not isinstance(document, dict) or "Statement" not in document:
        raise ValueError("Missing required field Statement")
    if not document["Statement"]:
        raise ValueError("Could not parse the policy: Statement is empty!")
    if document.get("Version", VERSIONS[1]) not in VERSIONS:
        raise ValueError("The policy must contain a valid version string")
    for statement in as_list(document["Statement"]):
        _check_statement(statement, principals=principals, resources=resources)
    return document


def _check_statement(statement: Any, *, principals: bool, resources: bool) -> None:
    if not isinstance(statement, dict):
        raise ValueError("Syntax errors in policy.")
    unknown = set(statement) - FIELDS
    if unknown:
        raise ValueError(f"Unknown field {min(unknown)}")
    if statement.get("Effect") not in ("Allow", "Deny"):
        raise ValueError("Missing required field Effect")
    if ("Action" in statement) == ("NotAction" in statement):
        raise ValueError("Missing required field Action")
    if ("Resource" in statement or "NotResource" in statement) != resources:
        raise ValueError("Missing required field Resource" if resources else "Has prohibited field Resource")
    if ("Principal" in statement) != principals:
        raise ValueError("Missing required field Principal" if principals else "Has prohibited field Principal")
    for operator, pairs in statement.get("Condition", {}).items():
        if not is_operator(operator) or not isinstance(pairs, dict):
            raise ValueError(f"Invalid Condition type : {operator}")


def principals_of(document: Document) -> list[str]:
    """Every AWS principal that a resource or trust policy names."""
    return [name for statement in statements(document) for name in _named(statement, "AWS")]


def statements(document: Document) -> list[Document]:
    """The statements of a document."""
    return as_list(document.get("Statement", []))


def decide(
    documents: Iterable[Document], action: str, resource: str, context: Context, callers: frozenset[str] | None = None
) -> bool | None:
    """False when a statement denies, else True when one allows, else None.

    `callers` are the names of who asks; statements of resource and trust policies must name one of them. None is for
    identity policies, which name nobody.
    """
    answer: bool | None = None
    for document in documents:
        for statement in statements(document):
            if not _applies(statement, action, resource, context, callers):
                continue
            if statement["Effect"] == "Deny":
                return False
            answer = True
    return answer


def _applies(statement: Document, action: str, resource: str, context: Context, callers: frozenset[str] | None) -> bool:
    return (
        (callers is None or _names(statement, callers))
        and _matches(statement, "Action", action.lower(), context)
        and _matches(statement, "Resource", resource, context)
        and conditions_hold(statement.get("Condition", {}), context)
    )


def _matches(statement: Document, field: str, value: str, context: Context) -> bool:
    """Action and Resource, or their Not form; a trust policy has no resource and means its role."""
    if f"Not{field}" in statement:
        return not _is_among(value, statement[f"Not{field}"], field, context)
    return field not in statement or _is_among(value, statement[field], field, context)


def _is_among(value: str, patterns: Any, field: str, context: Context) -> bool:
    known = [substitute(str(p), context) for p in as_list(patterns)]
    return any(like(value, p.lower() if field == "Action" else p) for p in known)


def _names(statement: Document, callers: frozenset[str]) -> bool:
    named = {*_named(statement, "AWS"), *_named(statement, "Service")}
    return bool(named & (callers | {"*"}))


def _named(statement: Document, kind: str) -> list[str]:
    principal = statement.get("Principal", {})
    if isinstance(principal, str):
        return [principal] if kind == "AWS" else []
    return [str(name) for name in as_list(principal.get(kind, []))]
