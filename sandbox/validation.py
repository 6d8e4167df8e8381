"""Strict checks of requests and answers against botocore's service models.

botocore's own validator passes over maxima, patterns and enums; AWS does not.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from botocore.model import Shape

SCALARS: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "long": (int,),
    "float": (int, float),
    "double": (int, float),
    "boolean": (bool,),
    "timestamp": (datetime, int, float),
    "blob": (bytes, str, bytearray),
}
JAVA_CLASSES = {
    r"\p{L}": r"\w", r"\p{N}": r"\d", r"\p{Z}": r"\s", r"\p{Alpha}": "a-zA-Z", r"\p{Digit}": "0-9",
    r"\u10000-\u10FFFF": "\U00010000-\U0010FFFF",
}  # fmt: skip
LONGEST_VALUE = 200
MISWRITTEN_ENUMS = {"PatchComplianceDataState", "PlatformValues", "State"}
"""Enums that AWS's own answers write in other words than its model: Missing for MISSING, windows for Windows."""


def check_request(value: Any, shape: Shape) -> list[str]:
    """What is wrong with a request, as AWS would put it; empty when it is right."""
    return list(_walk(value, shape, "", strict_values=True))


def check_answer(value: Any, shape: Shape) -> list[str]:
    """What in an answer the model does not know, or has another type than the model's."""
    return list(_walk(value, shape, "", strict_values=False))


def _walk(value: Any, shape: Shape, where: str, *, strict_values: bool) -> Iterator[str]:
    if value is None:
        return
    if shape.type_name == "structure":
        yield from _walk_structure(value, shape, where, strict_values=strict_values)
    elif shape.type_name == "list":
        if not isinstance(value, list | tuple):
            yield f"{where or 'input'}: must be a list"
            return
        yield from _check_size(value, shape, where, strict_values)
        for position, member in enumerate(value):
            place = f"{where}.{position + 1}.member"
            if member is None:
                yield _failed(None, place, "not be null")
            yield from _walk(member, shape.member, place, strict_values=strict_values)
    elif shape.type_name == "map":
        yield from _walk_map(value, shape, where, strict_values=strict_values)
    else:
        yield from _walk_scalar(value, shape, where, strict_values=strict_values)


def _walk_structure(value: Any, shape: Any, where: str, *, strict_values: bool) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{where or 'input'}: must be a structure"
        return
    if shape.metadata.get("document") or getattr(shape, "is_document_type", False):
        return
    for name in shape.required_members if strict_values else ():
        if value.get(name) is None:
            yield _failed(None, _at(where, name), "not be null")
    for name, member in value.items():
        if name not in shape.members:
            yield f"{_at(where, name)}: is not known to the model"
            continue
        yield from _walk(member, shape.members[name], _at(where, name), strict_values=strict_values)


def _walk_map(value: Any, shape: Any, where: str, *, strict_values: bool) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{where}: must be a map"
        return
    yield from _check_size(value, shape, where, strict_values)
    for key, member in value.items():
        yield from _walk(key, shape.key, f"{where}.{key}", strict_values=strict_values)
        if member is None:
            yield _failed(None, f"{where}.{key}", "not be null")
        yield from _walk(member, shape.value, f"{where}.{key}", strict_values=strict_values)


def _walk_scalar(value: Any, shape: Any, where: str, *, strict_values: bool) -> Iterator[str]:
    wanted = SCALARS[shape.type_name]
    if not isinstance(value, wanted) or (isinstance(value, bool) and bool not in wanted):
        yield f"{where}: must be of type {shape.type_name}"
        return
    if shape.type_name == "string":
        yield from _check_text(str(value), shape, where, strict_values)
    elif strict_values and isinstance(value, int) and shape.type_name in ("integer", "long"):
        yield from _check_bounds(value, value, shape, where, "value")


def _check_text(value: str, shape: Any, where: str, strict_values: bool) -> Iterator[str]:
    enum = getattr(shape, "enum", None)
    if enum and value not in enum and shape.name not in MISWRITTEN_ENUMS:
        yield _failed(value, where, f"satisfy enum value set: [{', '.join(enum)}]")
    if not strict_values:
        return
    yield from _check_size(value, shape, where, strict_values)
    pattern = shape.metadata.get("pattern")
    if pattern and not _matches(pattern, value):
        yield _failed(value, where, f"satisfy regular expression pattern: {pattern}")


def _check_size(value: Any, shape: Any, where: str, strict_values: bool) -> Iterator[str]:
    if strict_values:
        yield from _check_bounds(value, len(value), shape, where, "length")


def _check_bounds(value: Any, size: int, shape: Any, where: str, noun: str) -> Iterator[str]:
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    if least is not None and size < least:
        yield _failed(value, where, f"have {noun} greater than or equal to {least}")
    if most is not None and size > most:
        yield _failed(value, where, f"have {noun} less than or equal to {most}")


def _failed(value: Any, where: str, wish: str) -> str:
    told = "null" if value is None else f"'{str(value)[:LONGEST_VALUE]}'"
    return f"Value {told} at '{where}' failed to satisfy constraint: Member must {wish}"


def _at(where: str, name: str) -> str:
    """AWS tells members in lower camel case: maxResults, targets.1.member.key."""
    told = name[:1].lower() + name[1:]
    return f"{where}.{told}" if where else told


def _matches(pattern: str, value: str) -> bool:
    compiled = _compile(pattern)
    return compiled is None or compiled.fullmatch(value) is not None


@functools.cache
def _compile(pattern: str) -> re.Pattern[str] | None:
    """Java's character classes that matter are put in Python's words; what is left unreadable is passed over."""
    for java, python in JAVA_CLASSES.items():
        pattern = pattern.replace(java, python)
    try:
        return re.compile(pattern)
    except re.error:
        return None
