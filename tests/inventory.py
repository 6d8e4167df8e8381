"""Everything that stands in a sandbox, as one text: two worlds are the same when their inventories are.

It walks over the whole world, S3 included, so that nothing can be forgotten. What is left out is listed here.
"""

from __future__ import annotations

import json
import re
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from datetime import date, timedelta
from enum import Enum
from typing import Any

from moto.s3.models import FakeBucket, FakeKey, s3_backends

from sandbox.engine.stacks import Stack
from sandbox.engine.world import World

SIMULATION = {
    "World": {
        "agents_poll", "clock", "declared_buckets", "faults", "lock", "moment", "seed", "serial", "sessions", "storage",
        "timeline", "unseen",
    },
    "StackSetBook": {"running", "held"},
    "FakeBucket": {"account_id", "arn", "keys", "partition"},
}  # fmt: skip
"""By class the fields that only make the simulation go; S3's objects are told by `_objects`."""

LOGS = {
    "World.automations": "executions of runbooks",
    "World.executions": "executions of associations and their output",
    "Association.executions": "the same, as an association lists them",
    "TargetResult.output": "the same, as a node's status shows it",
    "Fleet.reports": "what scans found on nodes (patch states, compliance items)",
    "Fleet.changed_at": "when a node was last started or stopped",
    "Node.ran_at": "when patching last ran on a node",
    "access logs": "the objects that S3 writes into an access-log bucket",
}
"""What tells of the past. AWS keeps it for a while, and no call removes it."""
TOMBSTONES = {
    "StackSetBook.deleted": "stack sets that are listed as DELETED",
    "stacks": "stacks in DELETE_COMPLETE, which are listed for 90 days",
}
"""What AWS itself keeps of things that were deleted."""
LEFT_OUT = {f"{kind}.{name}" for kind, names in SIMULATION.items() for name in names} | {*LOGS, *TOMBSTONES}

GENERATED = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|(?:AROA|AIPA)[0-9A-Z]{17}|-(?=\d*[A-F])[\dA-F]{12}\b"
)
MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ][\d:.]+(?:Z|[+-]\d\d:?\d\d)?")


def take_inventory(world: World, *, is_masked: bool = False) -> str:
    """The inventory as JSON. Masked: moments and generated ids are not told, so that two worlds can be compared."""
    walk = Walk(_mask if is_masked else str)
    told = {"world": walk.tell(world), "s3": {bucket.name: _bucket(walk, bucket) for bucket in _buckets()}}
    return json.dumps(told, indent=1, sort_keys=True, ensure_ascii=False)


def _mask(text: str) -> str:
    return MOMENT.sub("(moment)", GENERATED.sub("(id)", text))


def _buckets() -> Iterator[FakeBucket]:
    for name, (_, account) in s3_backends.bucket_accounts.items():
        yield s3_backends[account]["aws"].get_bucket(name)


def _bucket(walk: Walk, bucket: FakeBucket) -> dict[str, Any]:
    backend = s3_backends[bucket.account_id]["aws"]
    tags = backend.tagger.get_tag_dict_for_resource(bucket.arn)
    return {**walk.tell(bucket), "tags": tags, "objects": _objects(walk, bucket, backend)}


def _objects(walk: Walk, bucket: FakeBucket, backend: Any) -> dict[str, Any]:
    """All versions of all objects. Of access logs nothing is told: S3 writes them of each request."""
    if "-access-log-" in bucket.name:
        return {}
    return {key: [_version(walk, each, backend) for each in bucket.keys.getlist(key)] for key in bucket.keys}


def _version(walk: Walk, version: FakeKey, backend: Any) -> dict[str, Any]:
    if not isinstance(version, FakeKey):  # a delete marker
        return {"deleted": True}
    told = {"version": version.version_id, "body": version.value, "written": version.last_modified.isoformat()}
    return {**walk.tell(told), "tags": backend.tagger.get_tag_dict_for_resource(version.arn)}


class Walk:
    """Turns values into JSON, deep: mappings by their keys, sets in order, objects by their fields."""

    def __init__(self, mask: Callable[[str], str]) -> None:
        self.mask = mask

    def tell(self, value: Any) -> Any:
        """The value in JSON."""
        if value is None or isinstance(value, bool | int | float):
            return value
        if isinstance(value, Enum):
            return self.tell(value.value)
        if isinstance(value, bytes):
            return self.mask(value.decode(errors="replace"))
        if isinstance(value, str | date | timedelta):
            return self.mask(str(value))
        if isinstance(value, Mapping):
            return self._by_key(value)
        if isinstance(value, set | frozenset):
            return sorted((self.tell(each) for each in value), key=json.dumps)
        if isinstance(value, list | tuple | deque):
            return [self.tell(each) for each in value]
        return {name: self.tell(member) for name, member in _members(value)}

    def _by_key(self, value: Mapping[Any, Any]) -> dict[str, Any]:
        """Things that are named alike when masked are told together; what is gone or empty is not told."""
        found: dict[str, list[Any]] = {}
        for key, member in value.items():
            if _stands(member):
                name = " ".join(map(str, key)) if isinstance(key, tuple) else str(key)
                found.setdefault(self.mask(name), []).append(self.tell(member))
        return {name: some[0] if len(some) == 1 else sorted(some, key=json.dumps) for name, some in found.items()}


def _stands(thing: Any) -> bool:
    """Not so an empty shelf, and the tombstone of a stack."""
    return thing not in ({}, []) and not (isinstance(thing, Stack) and thing.deleted_at)


def _members(value: Any) -> list[tuple[str, Any]]:
    names = [each.name for each in fields(value)] if is_dataclass(value) else sorted(vars(value))
    kind = type(value).__name__
    return [(name, getattr(value, name)) for name in names if f"{kind}.{name}" not in LEFT_OUT]
