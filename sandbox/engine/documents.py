"""SSM documents: AWS's own that patching uses, and those that accounts make, in versions; and what values they take."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sandbox.engine.aws_documents import AWS_CONTENT
from sandbox.engine.errors import AwsError
from sandbox.engine.trust import Principal

if TYPE_CHECKING:
    from sandbox.engine.world import World

AWS_OWNER = "Amazon"
AWS_MADE_AT = datetime(2026, 1, 1, tzinfo=UTC)
PLATFORMS = ("Windows", "Linux", "MacOS")
PATCH_DOCUMENTS = frozenset({
    "AWS-RunPatchBaseline", "AWS-RunPatchBaselineAssociation", "AWS-RunPatchBaselineWithHooks",
})  # fmt: skip


@dataclass(frozen=True)
class DocumentVersion:
    """One version: `text` as it was given, `content` as it is understood."""

    number: int
    content: dict[str, Any]
    text: str
    format: str
    created_at: datetime
    name: str = ""


@dataclass
class Document:
    """A document of one account and Region, or AWS's own; its newest version is last."""

    name: str
    kind: str
    owner: str
    versions: list[DocumentVersion]
    default: int = 1
    target_type: str = ""
    display_name: str = ""
    tags: dict[str, str] = field(default_factory=dict)
    platforms: tuple[str, ...] = ()  # none named: all

    @property
    def latest(self) -> DocumentVersion:
        return self.versions[-1]

    def version(self, wanted: str = "$DEFAULT") -> DocumentVersion:
        """$DEFAULT, $LATEST or a number; raises AwsError InvalidDocumentVersion."""
        if wanted == "$LATEST":
            return self.latest
        number = self.default if wanted == "$DEFAULT" else int(wanted)
        found = next((v for v in self.versions if v.number == number), None)
        if found is None:
            raise AwsError("InvalidDocumentVersion", f"The document {self.name} has no version {wanted}.")
        return found


def _make_aws_document(name: str) -> Document:
    kind, platforms, content = AWS_CONTENT[name]
    text = json.dumps(content)
    version = DocumentVersion(1, content, text, "JSON", AWS_MADE_AT)
    return Document(name, kind, AWS_OWNER, [version], platforms=platforms)


AWS_DOCUMENTS = {name: _make_aws_document(name) for name in AWS_CONTENT}


def find_document(world: World, account_id: str, region: str, name: str) -> Document | None:
    """A document by name or ARN as seen from an account and Region; None when there is none."""
    short = name.rsplit("/", 1)[-1] if name.startswith("arn:") else name
    return world.documents.get((account_id, region), {}).get(short) or AWS_DOCUMENTS.get(short)


def get_document(world: World, account_id: str, region: str, name: str) -> Document:
    """The same; raises AwsError InvalidDocument when there is none."""
    found = find_document(world, account_id, region, name)
    if found is None:
        raise AwsError("InvalidDocument", f"Document with name {name} does not exist.")
    return found


def check_values(content: Mapping[str, Any], given: Mapping[str, list[str]], filled: str = "") -> None:
    """Raises AwsError InvalidParameters for values that a document does not take; `filled` is given by a target."""
    described = content.get("parameters") or {}
    unknown = sorted(set(given) - set(described) - {filled})
    if unknown:
        raise _invalid(f"{', '.join(unknown)} not defined in the document")
    for name, rule in described.items():
        if name in given:
            _check_value(name, rule, given[name])
        elif "default" not in rule and name != filled:
            raise _invalid(f"{name} is required")


def _check_value(name: str, rule: Mapping[str, Any], values: list[str]) -> None:
    if rule.get("type", "String") != "StringList" and len(values) != 1:
        raise _invalid(f"{name} takes one value")
    for value in values:
        allowed, pattern = rule.get("allowedValues"), rule.get("allowedPattern")
        if allowed and value not in allowed:
            raise _invalid(f"{name}: {value} is not one of {', '.join(map(str, allowed))}")
        if pattern and not re.search(pattern, value):
            raise _invalid(f"{name}: {value} does not match {pattern}")


def _invalid(why: str) -> AwsError:
    return AwsError("InvalidParameters", f"The parameters do not suit the document: {why}.")


@dataclass
class AutomationRun:
    """One execution of an Automation document."""

    execution_id: str
    account_id: str
    region: str
    document: str
    parameters: dict[str, list[str]]
    started_at: datetime
    version: str = "1"
    starter: Principal | None = None
    target: str = ""
    target_parameter: str = ""
    status: str = "InProgress"
    failure: str = ""
    ended_at: datetime | None = None
    steps: list[StepRun] = field(default_factory=list)

    @property
    def by(self) -> str:
        """The ARN of who started it; "" for an association or a window."""
        return self.starter.arn if self.starter else ""


@dataclass(frozen=True)
class StepRun:
    """One step of an automation that was done."""

    name: str
    action: str
    started_at: datetime
    status: str
    failure: str = ""
    outputs: dict[str, str] = field(default_factory=dict)
