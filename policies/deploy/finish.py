"""The end of a deployment: well, in part, or not; and the proof that a deletion left nothing."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from policies.aws.actual import read_actual
from policies.aws.connect import Aws
from policies.deploy.operations import first_operation_id
from policies.domain.resources import Place
from policies.domain.status import DeploymentStatus, StepStatus
from policies.models import Deployment, Event, Policy, Step, Verb, What
from policies.models.deployment import OPEN
from policies.plan.changes import Change
from policies.plan.withdrawal import make_removal


def add_steps(deployment: Deployment, changes: Iterable[Change], after: int = 0) -> None:
    """A step for each change, numbered on; a number that is taken stays as it is."""
    Step.objects.bulk_create(
        (
            Step(
                deployment=deployment,
                number=number,
                change=change.to_dict(),
                operation_id=first_operation_id(deployment.policy.configuration_id, deployment.pk, number),
            )
            for number, change in enumerate(changes, start=after + 1)
        ),
        ignore_conflicts=True,
    )


def finish(deployment: Deployment, aws: Aws, now: datetime) -> bool:
    """Close a deployment whose steps have all ended. True: a deletion left something, and there are steps for it."""
    if deployment.verb == Verb.DELETE:
        policy = deployment.policy
        actual = read_actual(aws, place_of_policy(policy), policy.configuration_id)
        left = make_removal(actual, policy.gave_access)
        if not left.is_empty:
            add_steps(deployment, left.changes, after=deployment.steps.count())
            return True
    is_partial = deployment.steps.filter(status=StepStatus.PARTIAL).exists()
    status = DeploymentStatus.PARTIAL if is_partial else DeploymentStatus.SUCCEEDED
    with transaction.atomic():
        if close(deployment, status, now) and deployment.verb == Verb.DELETE:
            deployment.policy.stack_instances.all().delete()
            Policy.objects.filter(pk=deployment.policy_id).update(deleted_at=now)
    return False


def close(deployment: Deployment, status: DeploymentStatus, now: datetime) -> bool:
    """End a deployment. Whoever closes it first tells so in the history."""
    closed = Deployment.objects.filter(pk=deployment.pk, status__in=OPEN).update(status=status, finished_at=now)
    if closed:
        Event.objects.create(
            policy=deployment.policy,
            at=now,
            by=deployment.requested_by,
            verb=What(f"deployment_{status}"),
            after={"deployment": deployment.pk, "verb": deployment.verb},
        )
    return bool(closed)


def place_of_policy(policy: Policy) -> Place:
    """Where the policy lives, as it was when it was made."""
    return Place(policy.account_id, policy.home_region, policy.organization_id, policy.root_id)
