"""A policy's statement about whatever bears a name, as one about a thing that does: what IAM's simulation can judge."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

NAMED = "example"
ACCOUNT_PART, REGION_PART = 4, 3


def example_of(statement: Mapping[str, Any], account_id: str, region: str) -> dict[str, Any]:
    """The statement with whole ARNs for its resources; "*" stays."""
    resources = statement["Resource"]
    texts = [resources] if isinstance(resources, str) else list(resources)
    return {**statement, "Resource": [_whole(arn, account_id, region) for arn in texts]}


def _whole(arn: str, account_id: str, region: str) -> str:
    if arn == "*":
        return arn
    parts = arn.split(":", 5)
    parts[REGION_PART] = parts[REGION_PART].replace("*", region)
    parts[ACCOUNT_PART] = parts[ACCOUNT_PART].replace("*", account_id)
    parts[5] = parts[5].replace("*", NAMED)
    return ":".join(parts)
