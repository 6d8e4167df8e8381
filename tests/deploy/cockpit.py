"""A policy with a baseline of the account's own, which a test then changes or deletes behind the portal's back."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from policies.aws.connect import Aws
from policies.domain.spec import BaselineChoice, PolicySpec
from policies.models import Deployment, Policy


def make_baseline(aws: Aws, days: int = 7) -> str:
    """A custom baseline for Amazon Linux 2023 that approves after some days."""
    told = aws.client("ssm").create_patch_baseline(
        Name="Ours", OperatingSystem="AMAZON_LINUX_2023", ApprovalRules=rules(days)
    )
    return str(told["BaselineId"])


def approve_after(aws: Aws, baseline_id: str, days: int) -> None:
    """Somebody changes the baseline in AWS."""
    aws.client("ssm").update_patch_baseline(BaselineId=baseline_id, ApprovalRules=rules(days))


def delete_baseline(aws: Aws, baseline_id: str) -> None:
    """Somebody deletes the baseline in AWS."""
    aws.client("ssm").delete_patch_baseline(BaselineId=baseline_id)


def rules(days: int) -> dict[str, Any]:
    """ApprovalRules of one rule."""
    every = {"PatchFilters": [{"Key": "PRODUCT", "Values": ["*"]}]}
    return {"PatchRules": [{"PatchFilterGroup": every, "ApproveAfterDays": days}]}


def choosing(spec: PolicySpec, baseline_id: str) -> PolicySpec:
    """The spec with the account's own baseline for Amazon Linux 2023."""
    ours = BaselineChoice("AMAZON_LINUX_2023", baseline_id, "Ours", is_custom=True)
    others = tuple(c for c in spec.baselines if c.operating_system != ours.operating_system)
    return replace(spec, uses_custom_baselines=True, baselines=(*others, ours))


def only_the_file(made: Deployment) -> Deployment:
    """The creation of a policy, cut off after its buckets and its file."""
    made.steps.filter(number__gt=3).delete()
    return made


def days_in_force(policy: Policy) -> int:
    """After how many days the newest file approves for Amazon Linux 2023; KeyError when it is not in the file."""
    newest = policy.override_versions.first()
    assert newest
    elements = {element["OperatingSystem"]: element for element in json.loads(newest.body)}
    days: int = elements["AMAZON_LINUX_2023"]["ApprovalRules"]["PatchRules"][0]["ApproveAfterDays"]
    return days
