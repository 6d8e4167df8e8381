"""What the portal remembers of each version of an override file that went live."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime
from typing import Any

from policies.domain.resources import OverrideFile
from policies.domain.spec import BaselineChoice
from policies.models import Cause, OverrideVersion, Policy, SyncHold


def record_version(
    policy: Policy, file: OverrideFile, version_id: str, cause: str, by: str, now: datetime, live_at: datetime
) -> OverrideVersion | None:
    """Remember the version that S3 calls `version_id`; None when it is known already.

    `now` is our time, `live_at` AWS's.
    """
    facts = {
        "body": file.body,
        "digest": file.digest,
        "cause": cause,
        "by": by,
        "nodes": policy.nodes.living().count(),
        "written_at": now,
        "live_at": live_at,
        "baselines": _made_from(policy, file, cause),
    }
    version, is_new = OverrideVersion.objects.get_or_create(policy=policy, object_version=version_id, defaults=facts)
    return version if is_new else None


def _made_from(policy: Policy, file: OverrideFile, cause: str) -> list[dict[str, Any]]:
    """The choices whose rules a file has. One that goes back, or is held, may have those of an earlier choice."""
    asked = policy.asked.baselines
    if cause != Cause.ROLL_BACK and not SyncHold.objects.filter(policy=policy).exists():
        return [asdict(choice) for choice in asked]
    elements = _elements(file.body)
    earlier = [(_elements(version.body), version.baselines) for version in policy.override_versions.all()]
    return [_choice_of(choice, elements, earlier) for choice in asked]


def _elements(body: str) -> dict[str, Any]:
    return {element["OperatingSystem"]: element for element in json.loads(body)}


def _choice_of(
    asked: BaselineChoice, elements: dict[str, Any], earlier: Iterable[tuple[dict[str, Any], list[dict[str, Any]]]]
) -> dict[str, Any]:
    """What the newest file that said the same of the operating system was made from; the choice asked for if none."""
    system = asked.operating_system
    same = (kept for told, kept in earlier if system in told and told[system] == elements.get(system))
    found = (choice for kept in same for choice in kept if choice["operating_system"] == system)
    return next(found, asdict(asked))
