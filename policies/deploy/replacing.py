"""A baseline that was made anew takes the place of the deleted one, wherever a policy chose that."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from django.db import transaction

from policies.models import Event, Policy, What


def replace_baseline(gone_id: str, new_id: str, by: str, now: datetime) -> None:
    """Every living policy that chose `gone_id` chooses `new_id` instead, and misses it no longer; twice is once.

    An edit that began before finds the policy changed. The files stay as they are: the rules are the same.
    """
    with transaction.atomic():
        for policy in Policy.objects.living().select_for_update():
            if any(choice.baseline_id == gone_id for choice in policy.asked.baselines):
                _choose(policy, gone_id, new_id, by, now)


def _choose(policy: Policy, gone_id: str, new_id: str, by: str, now: datetime) -> None:
    asked = policy.asked
    chosen = tuple(replace(c, baseline_id=new_id) if c.baseline_id == gone_id else c for c in asked.baselines)
    told = {"before": {"baseline": gone_id}, "after": {"baseline": new_id}}
    Event.objects.create(policy=policy, at=now, by=by, verb=What.REPLACE_BASELINE, **told)
    policy.spec = replace(asked, baselines=chosen).to_dict()
    policy.version += 1
    policy.missing_baselines = [c for c in policy.missing_baselines if c["baseline_id"] != gone_id]
    policy.save(update_fields=["spec", "version", "missing_baselines"])
