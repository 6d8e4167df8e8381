"""A plan: what will be made, changed or removed in AWS, in order, with a sentence for people.

Stored as JSON with the deployment (`Deployment.plan`) and, one change each, with its steps (`Step.change`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from policies.domain.resources import (
    Baseline,
    Bucket,
    OverrideFile,
    PermissionModel,
    Resource,
    StackInstances,
    StackSet,
)
from policies.domain.sentence import Sentence


class Action(StrEnum):
    """What happens to a resource; the stacks of some places are also deployed again, or removed and made anew."""

    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"
    REDEPLOY = "redeploy"
    REPLACE = "replace"


@dataclass(frozen=True)
class Change:
    """One change. `resource` is as it shall be (for DELETE: as it was); `was` is as it stood, None when it is new.

    `differences` are the lines that differ, each with "- " or "+ " before it; empty for what comes or goes as a whole.
    """

    action: Action
    resource: Resource
    sentence: Sentence
    differences: tuple[str, ...] = ()
    was: Resource | None = None

    def to_dict(self) -> dict[str, Any]:
        """A JSON-ready form."""
        return {
            "action": str(self.action),
            "resource": resource_to_dict(self.resource),
            "sentence": self.sentence.to_dict(),
            "differences": list(self.differences),
            "was": resource_to_dict(self.was) if self.was else None,
        }

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> Change:
        """The change that `to_dict` stored. Raises KeyError, TypeError or ValueError when it is not one."""
        return cls(
            action=Action(stored["action"]),
            resource=resource_from_dict(stored["resource"]),
            sentence=Sentence.from_dict(stored["sentence"]),
            differences=tuple(stored["differences"]),
            was=resource_from_dict(stored["was"]) if stored["was"] else None,
        )


@dataclass(frozen=True)
class Plan:
    """Changes in the order in which they are made."""

    changes: tuple[Change, ...] = ()

    @property
    def is_empty(self) -> bool:
        return not self.changes

    def to_dict(self) -> dict[str, Any]:
        """A JSON-ready form."""
        return {"changes": [change.to_dict() for change in self.changes]}

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> Plan:
        """The plan that `to_dict` stored."""
        return cls(tuple(Change.from_dict(change) for change in stored["changes"]))


KINDS: Mapping[str, type[Resource]] = {
    "bucket": Bucket,
    "override_file": OverrideFile,
    "stack_set": StackSet,
    "stack_instances": StackInstances,
    "baseline": Baseline,
}
NAMES = {kind: name for name, kind in KINDS.items()}


def resource_to_dict(resource: Resource) -> dict[str, Any]:
    """A resource as JSON-ready data, its kind beside its facts."""
    return {"kind": NAMES[type(resource)], **asdict(resource)}


def resource_from_dict(stored: Mapping[str, Any]) -> Resource:
    """The resource that `resource_to_dict` stored. Raises KeyError or TypeError when it is not one."""
    facts: dict[str, Any] = {n: tuple(v) if isinstance(v, list) else v for n, v in stored.items() if n != "kind"}
    if "permission_model" in facts:
        facts["permission_model"] = PermissionModel(facts["permission_model"])
    return KINDS[stored["kind"]](**facts)
