"""SSM documents: AWS's own that patching uses, and those that accounts make; and the runs of Automation documents."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

AWS_DOCUMENTS = {
    "AWS-RunPatchBaseline": "Command",
    "AWS-RunPatchBaselineAssociation": "Command",
    "AWS-RunShellScript": "Command",
    "AWS-GatherSoftwareInventory": "Policy",
}


@dataclass
class Document:
    """A document of one account and Region; `content` is parsed."""

    name: str
    kind: str
    content: dict[str, Any]
    created_at: datetime
    version: int = 1
    tags: dict[str, str] = field(default_factory=dict)


@dataclass
class AutomationRun:
    """One execution of an Automation document."""

    execution_id: str
    account_id: str
    region: str
    document: str
    parameters: dict[str, list[str]]
    started_at: datetime
    status: str = "InProgress"
    failure: str = ""
    ended_at: datetime | None = None
    outputs: dict[str, Any] = field(default_factory=dict)
