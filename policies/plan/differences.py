"""How two resources of one key differ, in lines that people can read: "- " what stands, "+ " what shall stand."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from difflib import unified_diff
from typing import Any

from policies.domain.resources import OverrideFile, Resource

DOCUMENTS = ("policy", "template", "body")
"""Facts that are JSON: compared as what they say, however they are written."""


def describe_differences(was: Resource, wanted: Resource) -> tuple[str, ...]:
    """The lines that differ; () when nothing does."""
    if isinstance(was, OverrideFile) and isinstance(wanted, OverrideFile):
        return _file_lines(was, wanted)
    before, after = asdict(was), asdict(wanted)
    return tuple(line for name in after for line in _lines(name, before[name], after[name]))


def _file_lines(was: OverrideFile, wanted: OverrideFile) -> tuple[str, ...]:
    """The digest decides: the body of the file that stands cannot be read back, and is "" then."""
    if was.digest == wanted.digest:
        return ()
    lines = _lines("body", was.body, wanted.body) if was.body else []
    return (f"- digest: {was.digest}", f"+ digest: {wanted.digest}", *lines)


def _lines(name: str, before: Any, after: Any) -> list[str]:
    if name in DOCUMENTS:
        return _document_lines(name, before, after)
    if isinstance(after, Mapping):
        return _tag_lines(name, before, after)
    if isinstance(after, list | tuple):
        return _member_lines(name, before, after)
    return [] if before == after else [f"- {name}: {_shown(before)}", f"+ {name}: {_shown(after)}"]


def _document_lines(name: str, before: str, after: str) -> list[str]:
    old, new = _parsed(before), _parsed(after)
    if old == new:
        return []
    told = unified_diff(_pretty(old), _pretty(new), lineterm="", n=0)
    changed = [line for line in told if line[:1] in "+-" and line[:3] not in ("+++", "---")]
    return [f"{line[0]} {name}: {line[1:].strip()}" for line in changed]


def _tag_lines(name: str, before: Mapping[str, str], after: Mapping[str, str]) -> list[str]:
    """Only what we want counts; tags that others added stay."""
    lines = []
    for key, value in after.items():
        if before.get(key) != value:
            lines += [f"- {name}: {key}={before[key]}"] if key in before else []
            lines.append(f"+ {name}: {key}={value}")
    return lines


def _member_lines(name: str, before: Any, after: Any) -> list[str]:
    gone = [f"- {name}: {member}" for member in sorted(set(before) - set(after))]
    return gone + [f"+ {name}: {member}" for member in sorted(set(after) - set(before))]


def _parsed(text: str) -> Any:
    """The document, or the text itself when it is not JSON: someone may have written nonsense by hand."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def _pretty(document: Any) -> list[str]:
    return json.dumps(document, indent=1, sort_keys=True, ensure_ascii=False).splitlines()


def _shown(value: object) -> str:
    return "-" if value in ("", None) else str(value)
