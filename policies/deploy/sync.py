"""Keeps the override file true to its baselines: hourly and on demand.

A custom baseline that was deleted never takes its operating system out of the file: the last good object stays, and
the policy says that the baseline is missing. While a deployment is under way the file is the deployment's.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import datetime

from django.db import transaction

from policies.aws.baselines import BaselineGone, read_baseline
from policies.aws.connect import Aws
from policies.aws.errors import AwsProblem
from policies.aws.override_file import put_override_file
from policies.aws.stack_instances import read_instances
from policies.deploy.finish import place_of_policy
from policies.deploy.instances import refresh_instances
from policies.domain.baselines import BaselineRules, rules_from_override
from policies.domain.resources import OverrideFile
from policies.domain.spec import BaselineChoice
from policies.models import Event, OverrideVersion, Policy, Verb, What
from policies.plan.desired import make_override_file

PORTAL = "PatchPortal"
"""Who acts when nobody asked for it."""
CAUSE = "sync"


@dataclass(frozen=True)
class Gathered:
    """The baselines of a policy as they are, or as they last were, and the choices that are gone."""

    baselines: tuple[BaselineRules, ...]
    missing: tuple[BaselineChoice, ...]


def find_syncable() -> list[int]:
    """The ids of policies whose override file stands in AWS and is not being changed."""
    candidates = Policy.objects.living().filter(override_versions__isnull=False).distinct()
    return [policy.pk for policy in candidates if is_syncable(policy)]


def is_syncable(policy: Policy) -> bool:
    """Whether the file may be written now: it stands, no deployment is under way, and no deletion was begun."""
    newest = policy.deployments.first()
    is_settled = newest is not None and not newest.is_open and newest.verb != Verb.DELETE
    return is_settled and policy.override_versions.exists()


def sync_policy(policy: Policy, by: str, aws: Aws, now: datetime) -> None:
    """Bring one policy's file, its missing baselines and its stack instances up to date; `by` is "" for the timetable.

    What AWS refuses is told in `Policy.sync_error`, and tried again at the next sync.
    """
    if not is_syncable(policy):
        return
    try:
        _sync_file(policy, by or PORTAL, aws, now)
        _refresh_places(policy, aws, now)
    except AwsProblem as problem:
        Policy.objects.filter(pk=policy.pk).update(sync_error=str(problem))


def _sync_file(policy: Policy, by: str, aws: Aws, now: datetime) -> None:
    gathered = _gather(policy, aws)
    file = make_override_file(place_of_policy(policy), policy.configuration_id, gathered.baselines)
    if not is_syncable(policy) or not Policy.objects.filter(pk=policy.pk, version=policy.version).exists():
        return
    version_id = put_override_file(aws, file)
    with transaction.atomic():
        _record_version(policy, file, version_id, by, now)
        _record_missing(policy, gathered.missing, now)
        Policy.objects.filter(pk=policy.pk).update(synced_at=now, sync_error="")


def _gather(policy: Policy, aws: Aws) -> Gathered:
    kept: list[BaselineRules] = []
    missing: list[BaselineChoice] = []
    saved = _saved_rules(policy)
    for choice in policy.asked.baselines:
        try:
            kept.append(read_baseline(aws, choice.baseline_id))
        except BaselineGone:
            missing.append(choice)
            kept.append(_last_good(saved, choice))
    return Gathered(tuple(kept), tuple(missing))


def _saved_rules(policy: Policy) -> dict[str, BaselineRules]:
    """The rules of the newest file by operating system."""
    newest = policy.override_versions.first()
    elements = json.loads(newest.body) if newest else []
    return {element["OperatingSystem"]: rules_from_override(element) for element in elements}


def _last_good(saved: dict[str, BaselineRules], choice: BaselineChoice) -> BaselineRules:
    if choice.operating_system not in saved:
        message = f"{choice.baseline_id} is gone, and no file has held its rules for {choice.operating_system}"
        raise BaselineGone("ssm:GetPatchBaseline", "DoesNotExistException", message)
    return saved[choice.operating_system]


def _record_version(policy: Policy, file: OverrideFile, version_id: str, by: str, now: datetime) -> None:
    before = policy.override_versions.first()
    _, is_new = OverrideVersion.objects.get_or_create(
        policy=policy,
        object_version=version_id,
        defaults={"body": file.body, "digest": file.digest, "cause": CAUSE, "written_at": now},
    )
    if is_new:
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
