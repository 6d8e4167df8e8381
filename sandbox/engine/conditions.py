"""The Condition element of IAM policies: every operator of the IAM reference, over a request's context.

A context maps condition keys, in lower case, to their values; a key that is absent has no entry.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from typing import Any

Context = Mapping[str, list[str]]
Compare = Callable[[str, str], bool]

VARIABLE = re.compile(r"\$\{([^}]+)\}")


def like(value: str, pattern: str) -> bool:
    """IAM's wildcards: * for any text, ? for one character; nothing else is special."""
    return fnmatchcase(value, pattern.replace("[", "[[]"))


def as_list(value: Any) -> list[Any]:
    """IAM writes one value where a list is meant."""
    return list(value) if isinstance(value, list | tuple | set) else [value]


def substitute(text: str, context: Context) -> str:
    """The text with policy variables such as ${aws:PrincipalAccount} filled in; an unknown one stays as it is."""

    def put(found: re.Match[str]) -> str:
        values = context.get(found[1].lower(), [])
        return values[0] if len(values) == 1 else found[0]

    return VARIABLE.sub(put, text)


def _moment(text: str) -> datetime:
    if text.isdecimal():
        return datetime.fromtimestamp(int(text), UTC)
    moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _in_network(value: str, network: str) -> bool:
    return ipaddress.ip_address(value) in ipaddress.ip_network(network, strict=False)


OPERATORS: dict[str, Compare] = {
    "StringEquals": lambda value, wanted: value == wanted,
    "StringEqualsIgnoreCase": lambda value, wanted: value.lower() == wanted.lower(),
    "StringLike": like,
    "ArnEquals": like,
    "ArnLike": like,
    "Bool": lambda value, wanted: value.lower() == wanted.lower(),
    "NumericEquals": lambda value, wanted: float(value) == float(wanted),
    "NumericLessThan": lambda value, wanted: float(value) < float(wanted),
    "NumericLessThanEquals": lambda value, wanted: float(value) <= float(wanted),
    "NumericGreaterThan": lambda value, wanted: float(value) > float(wanted),
    "NumericGreaterThanEquals": lambda value, wanted: float(value) >= float(wanted),
    "DateEquals": lambda value, wanted: _moment(value) == _moment(wanted),
    "DateLessThan": lambda value, wanted: _moment(value) < _moment(wanted),
    "DateLessThanEquals": lambda value, wanted: _moment(value) <= _moment(wanted),
    "DateGreaterThan": lambda value, wanted: _moment(value) > _moment(wanted),
    "DateGreaterThanEquals": lambda value, wanted: _moment(value) >= _moment(wanted),
    "IpAddress": _in_network,
}
NEGATED = {
    "StringNotEquals": "StringEquals",
    "StringNotEqualsIgnoreCase": "StringEqualsIgnoreCase",
    "StringNotLike": "StringLike",
    "ArnNotEquals": "ArnEquals",
    "ArnNotLike": "ArnLike",
    "NumericNotEquals": "NumericEquals",
    "DateNotEquals": "DateEquals",
    "NotIpAddress": "IpAddress",
}


def is_operator(name: str) -> bool:
    """Whether IAM knows an operator, with its set prefix and IfExists suffix."""
    _, kind, _ = _split(name)
    return kind in OPERATORS or kind in NEGATED or name == "Null"


def conditions_hold(conditions: Mapping[str, Mapping[str, Any]], context: Context) -> bool:
    """Every operator and key must hold. Raises KeyError for an operator that `is_operator` does not know."""
    return all(
        _holds(operator, context.get(key.lower()), [substitute(str(v), context) for v in as_list(wanted)])
        for operator, pairs in conditions.items()
        for key, wanted in pairs.items()
    )


def _split(operator: str) -> tuple[str, str, bool]:
    quantifier, _, kind = operator.rpartition(":")
    return quantifier, kind.removesuffix("IfExists"), kind.endswith("IfExists")


def _holds(operator: str, present: list[str] | None, wanted: list[str]) -> bool:
    if operator == "Null":
        return any((present is None) == (w.lower() == "true") for w in wanted)
    quantifier, kind, if_exists = _split(operator)
    if present is None and if_exists:
        return True
    if kind in NEGATED:
        compare = OPERATORS[NEGATED[kind]]
        told = [not any(compare(p, w) for w in wanted) for p in present or []]
        return any(told) if quantifier == "ForAnyValue" else all(told)
    told = [any(OPERATORS[kind](p, w) for w in wanted) for p in present or []]
    return all(told) if quantifier == "ForAllValues" else any(told)
