"""Whether a resource policy, as it stands, allows what another document would allow.

Not a simulator of IAM: it recognises statements that say the same or plainly more. A no means "not recognised".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from typing import Any

Document = Mapping[str, Any]


def grants(policy: Document, wanted: Document) -> bool:
    """Whether each Allow of `wanted` is covered by an Allow of `policy`, and no Deny of it could be about the same."""
    having = _statements(policy)
    return all(
        any(_covers(statement, need) for statement in having)
        and not any(_might_deny(statement, need) for statement in having)
        for need in _statements(wanted)
    )


def allows(policy: Document, action: str, resource: str) -> bool:
    """Whether a role's policy allows one action on one resource without a condition."""
    return grants(policy, {"Statement": [{"Effect": "Allow", "Action": action, "Resource": resource}]})


def _covers(statement: Document, need: Document) -> bool:
    return (
        statement.get("Effect") == "Allow"
        and _spans(_texts(statement.get("Action")), _texts(need["Action"]))
        and _spans(_texts(statement.get("Resource")), _texts(need["Resource"]))
        and _is_open_to(statement, need)
    )


def _is_open_to(statement: Document, need: Document) -> bool:
    """The same principals under the same condition, or everyone without one."""
    condition = statement.get("Condition") or {}
    if condition and condition != need.get("Condition"):
        return False
    given = statement.get("Principal")
    return given in ("*", {"AWS": "*"}) or given == need.get("Principal")


def _might_deny(statement: Document, need: Document) -> bool:
    """A Deny about the same actions and objects, save the usual one that asks for TLS."""
    if statement.get("Effect") != "Deny" or "aws:SecureTransport" in str(statement.get("Condition")):
        return False
    if "NotAction" in statement or "NotResource" in statement:
        return True
    actions, resources = _texts(statement.get("Action")), _texts(statement.get("Resource"))
    return _meet(actions, _texts(need["Action"])) and _meet(resources, _texts(need["Resource"]))


def _spans(patterns: Iterable[str], needed: Iterable[str]) -> bool:
    return all(any(_fits(text, pattern) for pattern in patterns) for text in needed)


def _meet(patterns: Iterable[str], needed: Iterable[str]) -> bool:
    return any(_fits(text, pattern) or _fits(pattern, text) for text in needed for pattern in patterns)


def _fits(text: str, pattern: str) -> bool:
    """IAM's wildcards are * and ? alone; actions are compared without case, and arns of S3 have none."""
    return fnmatchcase(text.lower(), pattern.lower().replace("[", "[[]"))


def _statements(document: Document) -> list[Document]:
    found = document.get("Statement") or []
    return [found] if isinstance(found, Mapping) else list(found)


def _texts(value: object) -> list[str]:
    if value is None:
        return []
    return [value] if isinstance(value, str) else [str(each) for each in value]  # type: ignore[attr-defined]
