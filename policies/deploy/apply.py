"""One recorded change made true in AWS: look, act, record. May be called again after a crash at any point.

Errors of the doors (temporary, permanent, ambiguous) pass through; run.py decides what becomes of the step.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from policies.aws.baselines import create_baseline
from policies.aws.connect import Aws
from policies.aws.errors import PermanentProblem, TemporaryProblem
from policies.aws.override_file import delete_override_file, put_override_file
from policies.aws.stack_instances import read_instances
from policies.aws.stack_sets import create_stack_set, delete_stack_set, read_stack_set
from policies.aws.storage import delete_bucket, ensure_bucket
from policies.deploy.drive import Done, Outcome, drive
from policies.deploy.operations import Kind, SetOperation, to_deploy, to_mend_places, to_remove
from policies.deploy.recording import record_version
from policies.deploy.replacing import replace_baseline
from policies.deploy.scope import find_shared
from policies.domain.resources import Baseline, Bucket, OverrideFile, StackInstances, StackSet
from policies.models import Policy, Step
from policies.plan.changes import Action, Change

OWNER_TAG = "QuickSetupID"


@dataclass(frozen=True)
class Work:
    """What applying needs at hand: the claimed step, its change, the connection, and when it is."""

    step: Step
    change: Change
    aws: Aws
    now: datetime

    @property
    def is_deletion(self) -> bool:
        return self.change.action == Action.DELETE


def apply(step: Step, aws: Aws, now: datetime) -> Outcome:
    """Make the step's change true as far as it goes without waiting.

    Raises AwsProblem as the doors tell it, and LostClaim when another worker has taken the step over.
    """
    work = Work(step, Change.from_dict(step.change), aws, now)
    match work.change.resource:
        case Bucket() as bucket:
            return _apply_bucket(work, bucket)
        case OverrideFile() as file:
            return _apply_file(work, file)
        case StackSet() as stack_set:
            return _apply_stack_set(work, stack_set)
        case StackInstances() as places:
            return _apply_places(work, places)
        case Baseline() as baseline:
            return _apply_baseline(work, baseline)


def _apply_bucket(work: Work, bucket: Bucket) -> Outcome:
    if work.is_deletion:
        delete_bucket(work.aws, bucket.name, bucket.region)
    else:
        ensure_bucket(work.aws, bucket)
    return Done()


def _apply_file(work: Work, file: OverrideFile) -> Outcome:
    if work.is_deletion:
        delete_override_file(work.aws, file)
        return Done()
    deployment = work.step.deployment
    if Policy.objects.get(pk=deployment.policy_id).is_written(work.now):
        raise TemporaryProblem("s3:PutObject", "SyncIsWriting", "A sync is writing the file at this moment")
    version_id = put_override_file(work.aws, file)
    record_version(
        deployment.policy, file, version_id, deployment.verb, deployment.requested_by, work.now, work.aws.now()
    )
    return Done()


def _apply_baseline(work: Work, baseline: Baseline) -> Outcome:
    new_id = create_baseline(work.aws, baseline, work.step.operation_id)
    replace_baseline(baseline.replaces, new_id, work.step.deployment.requested_by, work.now)
    return Done()


def _apply_stack_set(work: Work, wanted: StackSet) -> Outcome:
    if work.is_deletion:
        delete_stack_set(work.aws, wanted.name, wanted.region)
        return Done()
    if work.step.operations is None:
        found = read_stack_set(work.aws, wanted.name, wanted.region)
        if found is None:
            create_stack_set(work.aws, wanted, work.step.operation_id)
            return Done()
        _refuse_strangers(found.resource, wanted)
        if found.resource == wanted:
            return Done()
        _decide(work, [SetOperation(Kind.UPDATE_SET)])
    return drive(work.step, wanted.name, wanted.region, work.aws, work.now, wanted)


def _apply_places(work: Work, places: StackInstances) -> Outcome:
    if work.step.operations is None:
        _decide(work, _operations_for(work, places))
    return drive(work.step, places.stack_set, places.home_region, work.aws, work.now)


def _operations_for(work: Work, places: StackInstances) -> list[SetOperation]:
    if work.is_deletion:
        some = next(read_instances(work.aws, places.stack_set, places.home_region), None)
        return to_remove(places) if some else []
    if work.change.action in (Action.REDEPLOY, Action.REPLACE):
        return to_mend_places(work.change.action, places)
    was = work.change.was
    if not isinstance(was, StackInstances):
        return to_deploy(places, None)
    return to_deploy(places, was, find_shared(was, places, work.aws))


def _decide(work: Work, operations: list[SetOperation]) -> None:
    work.step.record(operations=[operation.to_dict() for operation in operations])


def _refuse_strangers(found: StackSet, wanted: StackSet) -> None:
    if found.tags.get(OWNER_TAG) != wanted.tags.get(OWNER_TAG):
        message = f"The stack set {wanted.name} exists and does not carry the tag {OWNER_TAG}={wanted.tags[OWNER_TAG]}"
        raise PermanentProblem("cloudformation:CreateStackSet", "NameAlreadyExistsException", message)
