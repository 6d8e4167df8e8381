"""Keeps the override file true to its baselines: hourly and on demand.

While a deployment is under way the file is the deployment's. While the file is held it stays as it is, and what a
release would write is kept for a review.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime, timedelta
from enum import Enum

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from policies.aws.connect import Aws
from policies.aws.errors import AwsProblem
from policies.aws.override_file import put_override_file
from policies.aws.stack_instances import read_instances
from policies.deploy.baselines import gather
from policies.deploy.finish import place_of_policy
from policies.deploy.hold import current_hold
from policies.deploy.instances import refresh_instances
from policies.deploy.recording import record_version
from policies.domain.resources import OverrideFile
from policies.domain.spec import BaselineChoice
from policies.domain.status import DeploymentStatus
from policies.models import Cause, Event, Policy, SyncHold, Verb, What
from policies.plan.desired import make_override_file

PORTAL = "PatchPortal"
"""Who acts when nobody asked for it."""
HOUR = timedelta(seconds=settings.SYNC_SECONDS)


class Verdict(Enum):
    """What a sync may do with the file that it would write."""

    WRITE = "write"
    HELD = "held"
    OVERTAKEN = "overtaken"


def find_due(now: datetime) -> list[int]:
    """The ids of policies that were not synced for an hour, however long the portal was down; each file stands."""
    candidates = Policy.objects.living().filter(_is_due(now), override_versions__isnull=False).distinct()
    return [policy.pk for policy in candidates if is_syncable(policy)]


def is_syncable(policy: Policy) -> bool:
    """Whether the file may be written now: it stands, no deployment is under way or stopped, no deletion was begun."""
    newest = policy.deployments.first()
    if newest is None or newest.is_open or newest.status == DeploymentStatus.STOPPED:
        return False
    return newest.verb != Verb.DELETE and policy.override_versions.exists()


def sync_policy(policy: Policy, by: str, aws: Aws, now: datetime) -> None:
    """Bring one policy's file, its missing baselines and its stack instances up to date.

    `by` is "" for the timetable, which comes at most once an hour whoever else queued it too. What AWS refuses is told
    in `Policy.sync_error`, and tried again at the next sync.
    """
    if not is_syncable(policy) or not _claim(policy, by, now):
        return
    try:
        _sync_file(policy, by or PORTAL, aws, now)
        _refresh_places(policy, aws, now)
    except AwsProblem as problem:
        Policy.objects.filter(pk=policy.pk).update(sync_error=str(problem))


def _is_due(now: datetime) -> Q:
    return Q(sync_tried_at=None) | Q(sync_tried_at__lte=now - HOUR)


def _claim(policy: Policy, by: str, now: datetime) -> bool:
    """By one conditional UPDATE: a task of the timetable that came twice, or late, finds nothing due."""
    due = Q() if by else _is_due(now)
    return bool(Policy.objects.filter(due, pk=policy.pk).update(sync_tried_at=now))


def _sync_file(policy: Policy, by: str, aws: Aws, now: datetime) -> None:
    gathered = gather(policy, aws)
    file = make_override_file(place_of_policy(policy), policy.configuration_id, gathered.baselines)
    verdict = _may_write(policy, now)
    if verdict is Verdict.OVERTAKEN:
        return
    if verdict is Verdict.WRITE:
        _write(policy, file, by, aws, now)
    with transaction.atomic():
        if verdict is Verdict.HELD:
            _keep_waiting(policy, file)
        _record_missing(policy, gathered.missing, now)
        Policy.objects.filter(pk=policy.pk).update(synced_at=now, sync_error="")


def _may_write(policy: Policy, now: datetime) -> Verdict:
    """Decided in one transaction with the word that the file is being written, which holds and deployments heed."""
    with transaction.atomic():
        row = Policy.objects.locked(policy.pk)
        if row.version != policy.version or row.is_written(now) or not is_syncable(row):
            return Verdict.OVERTAKEN
        if current_hold(row, PORTAL, now):
            return Verdict.HELD
        Policy.objects.filter(pk=row.pk).update(writing_since=now)
        return Verdict.WRITE


def _write(policy: Policy, file: OverrideFile, by: str, aws: Aws, now: datetime) -> None:
    """Raises AwsProblem; however it ends, the file is being written no more."""
    try:
        version_id = put_override_file(aws, file)
        with transaction.atomic():
            _record_version(policy, file, version_id, by, now, aws.now())
    finally:
        Policy.objects.filter(pk=policy.pk).update(writing_since=None)


def _keep_waiting(policy: Policy, file: OverrideFile) -> None:
    live = policy.override_versions.first()
    waiting = "" if live and live.digest == file.digest else file.body
    SyncHold.objects.filter(policy=policy).update(waiting=waiting)


def _record_version(
    policy: Policy, file: OverrideFile, version_id: str, by: str, now: datetime, live_at: datetime
) -> None:
    before = policy.override_versions.first()
    if record_version(policy, file, version_id, Cause.SYNC, by, now, live_at):
        was = {"digest": before.digest} if before else None
        Event.objects.create(
            policy=policy, at=now, by=by, verb=What.SYNC_FILE, before=was, after={"digest": file.digest}
        )


def _record_missing(policy: Policy, missing: tuple[BaselineChoice, ...], now: datetime) -> None:
    found = [asdict(choice) for choice in missing]
    if found == policy.missing_baselines:
        return
    Event.objects.create(
        policy=policy,
        at=now,
        by=PORTAL,
        verb=What.MISSING_BASELINES,
        before={"baselines": policy.missing_baselines},
        after={"baselines": found},
    )
    Policy.objects.filter(pk=policy.pk).update(missing_baselines=found)


def _refresh_places(policy: Policy, aws: Aws, now: datetime) -> None:
    for name in policy.stack_instances.order_by().values_list("stack_set", flat=True).distinct():
        refresh_instances(policy, name, read_instances(aws, name, policy.home_region), now)
