"""Compares what stands in AWS with what should: the same plan as a review, and each place of the stack sets.

Nightly, after each deployment, and on demand. What differs can be deployed as it is: repair.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Max, Q

from policies.aws.actual import read_actual
from policies.aws.connect import Aws
from policies.aws.errors import AwsProblem
from policies.deploy.baselines import gather
from policies.deploy.drift_places import Places, find_amiss
from policies.deploy.finish import place_of_policy
from policies.deploy.scope import management_in_scope
from policies.deploy.sync import PORTAL, is_syncable
from policies.domain.canonical import canonical, digest
from policies.domain.resources import Resource, StackInstances, StackSet
from policies.models import DriftReport, Event, Policy, What
from policies.plan.changes import Plan
from policies.plan.desired import make_desired
from policies.plan.diff import make_plan
from policies.plan.places import mend_places

NIGHT = 2
"""The hour, in UTC, after which a night's comparison is due."""


def find_due(now: datetime) -> list[int]:
    """The ids of policies that were not compared since the last night began, or since their last deployment ended."""
    settled = Policy.objects.living().annotate(deployed_at=Max("deployments__finished_at"))
    stale = Q(drift=None) | Q(drift__tried_at__lt=last_night(now)) | Q(drift__tried_at__lt=F("deployed_at"))
    return [policy.pk for policy in settled.filter(stale) if is_syncable(policy)]


def last_night(now: datetime) -> datetime:
    """When the newest night's comparison became due."""
    tonight = now.replace(hour=NIGHT, minute=0, second=0, microsecond=0)
    return tonight if tonight <= now else tonight - timedelta(days=1)


def check_drift(policy: Policy, aws: Aws, now: datetime) -> None:
    """Compare one policy and keep what differs. While a deployment is under way nothing is compared."""
    if not is_syncable(policy) or not _claim(policy, now):
        return
    try:
        plan, unread = find_drift(policy, aws)
    except AwsProblem as problem:
        DriftReport.objects.filter(policy=policy).update(error=str(problem))
        return
    record_drift(policy, plan, unread, now)


def find_drift(policy: Policy, aws: Aws) -> tuple[Plan, int]:
    """The plan that would make AWS as it should be, and in how many places associations were not compared.

    Only looks. Raises AwsProblem.
    """
    place, asked = place_of_policy(policy), policy.asked
    baselines = gather(policy, aws, heeds_hold=True).baselines
    in_scope = management_in_scope(asked.targets, aws)
    desired = make_desired(asked, place, policy.configuration_id, baselines, in_scope)
    actual = read_actual(aws, place, policy.configuration_id)
    whole = make_plan(desired, actual)
    told = {change.resource.key for change in whole.changes}
    found = [find_amiss(policy, each, aws) for each in _standing(desired, actual, told)]
    mends = [change for one in found for change in mend_places(one.wanted.places, one.amiss)]
    return Plan((*whole.changes, *mends)), sum(one.unread for one in found)


def _standing(desired: Sequence[Resource], actual: Sequence[Resource], told: set[str]) -> list[Places]:
    """The places of each stack set that stands, but for those whose places the plan moves as a whole."""
    there = {resource.key for resource in actual}
    templates = {resource.name: resource.template for resource in desired if isinstance(resource, StackSet)}
    return [
        Places(resource, templates[resource.stack_set])
        for resource in desired
        if isinstance(resource, StackInstances) and resource.key in there - told
    ]


def _claim(policy: Policy, now: datetime) -> bool:
    """By one conditional UPDATE: the same comparison is not made by two workers."""
    report, _ = DriftReport.objects.get_or_create(policy=policy)
    return bool(DriftReport.objects.filter(pk=report.pk, tried_at=report.tried_at).update(tried_at=now))


def record_drift(policy: Policy, plan: Plan, unread: int, now: datetime) -> None:
    """Keep what differs; the history tells when that is something new."""
    before = DriftReport.objects.filter(policy=policy).first()
    facts = {"plan": plan.to_dict(), "unread": unread, "error": "", "checked_at": now, "tried_at": now}
    with transaction.atomic():
        DriftReport.objects.update_or_create(policy=policy, defaults=facts)
        if not plan.is_empty and (before is None or before.digest != digest_of(plan)):
            told = [str(change.sentence) for change in plan.changes]
            Event.objects.create(policy=policy, at=now, by=PORTAL, verb=What.FIND_DRIFT, after={"changes": told})


def digest_of(plan: Plan) -> str:
    """The name of a difference, as DriftReport.digest tells it."""
    return digest(canonical(plan.to_dict()))
