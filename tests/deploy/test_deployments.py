"""Deployments from the first step to the last, and what becomes of them when something goes wrong in between."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from policies.aws.actual import read_actual
from policies.aws.connect import Aws
from policies.aws.errors import AmbiguousProblem, PermanentProblem, TemporaryProblem
from policies.deploy import apply as applying
from policies.deploy import resume, run, start, sweep
from policies.deploy.finish import place_of_policy
from policies.domain.spec import AccountScope, PolicySpec
from policies.domain.status import DeploymentStatus, StepStatus
from policies.models import Deployment, OverrideVersion, What
from policies.models.claimed import LEASE
from tests.deploy.conftest import NOW, Work

pytestmark = pytest.mark.django_db


def operations(aws: Aws, stack_set: str) -> list[str]:
    """The operations that the stack set has seen, as CloudFormation tells them."""
    told = aws.client("cloudformation").list_stack_set_operations(StackSetName=stack_set)["Summaries"]
    return [operation["Action"] for operation in told]


def stack_sets(aws: Aws) -> list[str]:
    told = aws.client("cloudformation").list_stack_sets(Status="ACTIVE")["Summaries"]
    return sorted(each["StackSetName"] for each in told)


def versions(aws: Aws, deployment: Deployment) -> int:
    told = aws.client("s3").list_object_versions(Bucket=deployment.policy.bucket)
    return len(told.get("Versions", []))


def test_a_policy_for_the_organization_is_made_step_by_step(made: Deployment, work: Work, aws: Aws) -> None:
    work(made)

    assert made.status == DeploymentStatus.SUCCEEDED
    assert stack_sets(aws) == ["AWS-QuickSetup-PatchPolicy-MA-abcde", "AWS-QuickSetup-PatchPolicy-TA-abcde"]
    assert made.policy.stack_instances.filter(status="succeeded").count() == 7
    assert OverrideVersion.objects.get().body.startswith("[{")
    assert made.policy.events.filter(verb=What.DEPLOYMENT_SUCCEEDED).exists()


def test_working_on_a_finished_deployment_does_nothing(made: Deployment, work: Work, aws: Aws) -> None:
    work(made)

    assert run.run_next_step(made.pk, aws, NOW + timedelta(days=1)) is None
    assert operations(aws, "AWS-QuickSetup-PatchPolicy-TA-abcde") == ["CREATE"]


def test_a_deployment_that_never_was_does_nothing(aws: Aws) -> None:
    assert run.run_next_step(999, aws, NOW) is None


def test_a_policy_for_the_account_alone_has_one_stack_set(spec: PolicySpec, work: Work, aws: Aws) -> None:
    alone = replace(spec, targets=replace(spec.targets, account_scope=AccountScope.ACCOUNT))

    made = work(start.create_policy(alone, "ann", aws, NOW, lambda: "abcde"))

    assert made.status == DeploymentStatus.SUCCEEDED
    assert stack_sets(aws) == ["AWS-QuickSetup-PatchPolicy-LA-abcde"]


def test_an_edit_touches_only_what_differs(made: Deployment, spec: PolicySpec, work: Work, aws: Aws) -> None:
    policy = work(made).policy
    wider = replace(spec, targets=replace(spec.targets, regions=("us-east-1", "eu-west-1")))

    edited = work(start.edit_policy(policy, wider, "ann", aws, NOW + timedelta(days=1)))

    assert edited.status == DeploymentStatus.SUCCEEDED
    assert policy.stack_instances.filter(status="succeeded").count() == 14
    assert operations(aws, "AWS-QuickSetup-PatchPolicy-TA-abcde") == ["CREATE", "CREATE"]
    assert versions(aws, edited) == 1


def test_a_deletion_leaves_nothing(made: Deployment, work: Work, aws: Aws) -> None:
    policy = work(made).policy

    deleted = work(start.delete_policy(policy, "ann", aws, NOW + timedelta(days=1)))

    policy.refresh_from_db()
    assert deleted.status == DeploymentStatus.SUCCEEDED
    assert policy.deleted_at is not None
    assert read_actual(aws, place_of_policy(policy), "abcde") == ()


def test_a_deletion_that_may_not_look_for_what_is_left_says_so_and_goes_on_when_retried(
    made: Deployment, work: Work, aws: Aws, monkeypatch: pytest.MonkeyPatch
) -> None:
    policy = work(made).policy
    begun = start.delete_policy(policy, "ann", aws, NOW + timedelta(days=1))
    fail_once(monkeypatch, "finish", PermanentProblem("s3:ListBucket", "AccessDenied", "no"), place=run)

    work(begun)
    last = begun.steps.last()
    assert last
    assert (begun.status, last.status, last.aws_code) == (DeploymentStatus.FAILED, StepStatus.FAILED, "AccessDenied")

    resume.retry(begun, "ann", NOW + timedelta(days=2))
    assert work(begun).status == DeploymentStatus.SUCCEEDED


def test_a_second_deployment_waits_for_the_first(made: Deployment, aws: Aws) -> None:
    with pytest.raises(start.CannotStart, match="under way"):
        start.delete_policy(made.policy, "ann", aws, NOW)


def fail_once(
    monkeypatch: pytest.MonkeyPatch, name: str, problem: BaseException, after: bool = False, place: Any = applying
) -> None:
    """Let a door of `apply`, or of another place, raise at its first call: before the change, or after it was made."""
    door: Callable[..., Any] = getattr(place, name)
    raised: list[bool] = []

    def once(*args: Any, **kwargs: Any) -> Any:
        if raised:
            return door(*args, **kwargs)
        raised.append(True)
        if after:
            door(*args, **kwargs)
        raise problem

    monkeypatch.setattr(place, name, once)


def test_a_refused_step_says_what_aws_said_and_goes_on_when_retried(
    made: Deployment, work: Work, aws: Aws, monkeypatch: pytest.MonkeyPatch
) -> None:
    fail_once(monkeypatch, "put_override_file", PermanentProblem("s3:PutObject", "AccessDenied", "no"))

    failed = work(made)
    step = failed.steps.get(number=3)
    assert (failed.status, step.status, step.aws_code) == (DeploymentStatus.FAILED, StepStatus.FAILED, "AccessDenied")
    assert "s3:PutObject" in str(step.remedy)

    resume.retry(failed, "ann", NOW + timedelta(days=1))
    assert work(failed).status == DeploymentStatus.SUCCEEDED


def test_throttling_is_waited_out(made: Deployment, work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    fail_once(monkeypatch, "put_override_file", TemporaryProblem("s3:PutObject", "SlowDown", "slow down"))

    assert work(made).status == DeploymentStatus.SUCCEEDED


@pytest.mark.parametrize("name", ["put_override_file", "create_stack_set", "ensure_bucket"])
def test_a_lost_answer_makes_nothing_twice(
    name: str, made: Deployment, work: Work, aws: Aws, monkeypatch: pytest.MonkeyPatch
) -> None:
    fail_once(monkeypatch, name, AmbiguousProblem("aws", "ReadTimeoutError", "no answer"), after=True)

    assert work(made).status == DeploymentStatus.SUCCEEDED
    assert len(stack_sets(aws)) == 2
    assert versions(aws, made) == 1


def test_a_crash_between_change_and_record_makes_nothing_twice(
    made: Deployment, work: Work, aws: Aws, monkeypatch: pytest.MonkeyPatch
) -> None:
    fail_once(monkeypatch, "create_stack_set", KeyboardInterrupt(), after=True)

    with pytest.raises(KeyboardInterrupt):
        work(made)
    made.requested_at = NOW + timedelta(hours=1)

    assert work(made).status == DeploymentStatus.SUCCEEDED
    assert operations(aws, "AWS-QuickSetup-PatchPolicy-TA-abcde") == ["CREATE"]


def test_one_of_two_workers_gets_the_step(made: Deployment) -> None:
    mine, yours = made.next_step(), made.next_step()
    assert mine
    assert yours

    assert (mine.claim(NOW), yours.claim(NOW)) == (True, False)


def test_a_claim_of_a_dead_worker_ends_and_the_sweep_finds_the_deployment(made: Deployment) -> None:
    step = made.next_step()
    assert step
    assert step.claim(NOW)

    assert sweep.find_neglected(NOW + LEASE / 2) == []
    assert sweep.find_neglected(NOW + LEASE) == [made.pk]
