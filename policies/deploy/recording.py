"""What the portal remembers of each version of an override file that went live."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime

from policies.domain.resources import OverrideFile
from policies.models import OverrideVersion, Policy


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
        "baselines": [asdict(choice) for choice in policy.asked.baselines],
    }
    version, is_new = OverrideVersion.objects.get_or_create(policy=policy, object_version=version_id, defaults=facts)
    return version if is_new else None
