"""A deployment that is stopped says where it is, and is continued where it was left, or undone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from policies.aws.actual import read_actual
from policies.aws.connect import Aws
from policies.deploy import resume, start
from policies.deploy.finish import place_of_policy
from policies.deploy.progress import read_progress
from policies.deploy.run import run_next_step
from policies.deploy.views import deployments as views
from policies.domain.spec import PolicySpec
from policies.domain.status import DeploymentStatus, StepStatus
from policies.models import Deployment, Policy, Verb, What
from sandbox.engine.world import World
from tests.deploy.conftest import NOW, Work

pytestmark = pytest.mark.django_db

TARGETS = "AWS-QuickSetup-PatchPolicy-TA-abcde"
LATER = NOW + timedelta(days=1)
WIDER = ("us-east-1", "eu-west-1")

WorkUntil = Callable[[Deployment, int], datetime]


@pytest.fixture(autouse=True)
def connected(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    """The views' connection."""
    monkeypatch.setattr(views, "connection", lambda: aws)


@pytest.fixture
def work_until(aws: Aws) -> WorkUntil:
    """Work until a step's operation was begun in AWS, where the clock stands still meanwhile."""

    def until(deployment: Deployment, number: int) -> datetime:
        now = max(NOW, deployment.requested_at)
        for _ in range(30):
            now += timedelta(minutes=1)
            run_next_step(deployment.pk, aws, now)
            if deployment.steps.get(number=number).status == StepStatus.RUNNING:
                return now
        raise AssertionError("the step does not begin")

    return until


def stopped_amid(number: int, deployment: Deployment, work_until: WorkUntil, aws: Aws, work: Work) -> Deployment:
    """The deployment, stopped while the step's operation works on places."""
    now = work_until(deployment, number)
    resume.stop(deployment, "ann", now)
    run_next_step(deployment.pk, aws, now)
    return work(deployment)


def operations(aws: Aws) -> list[tuple[str, str]]:
    told = aws.client("cloudformation").list_stack_set_operations(StackSetName=TARGETS)["Summaries"]
    return [(operation["Action"], operation["Status"]) for operation in reversed(told)]


def hold_places(monkeypatch: pytest.MonkeyPatch, at_once: int) -> None:
    """Let an operation work on so many places at a time, as CloudFormation does where there are thousands."""
    monkeypatch.setattr("sandbox.engine.stack_set_runs.MOST_AT_ONCE", at_once)


def test_what_is_stopped_before_it_began_stops_at_once(made: Deployment, work: Work, aws: Aws) -> None:
    resume.stop(made, "ann", NOW)

    work(made)

    assert made.status == DeploymentStatus.STOPPED
    assert read_actual(aws, place_of_policy(made.policy), "abcde") == ()
    assert [step.status for step in made.steps.all()][:2] == [StepStatus.STOPPED, StepStatus.WAITING]


def test_a_stop_amid_an_operation_lets_begun_places_end_and_begins_no_other(
    made: Deployment, work_until: WorkUntil, work: Work, world: World, aws: Aws, monkeypatch: pytest.MonkeyPatch
) -> None:
    hold_places(monkeypatch, at_once=2)

    stopped = stopped_amid(6, made, work_until, aws, work)

    assert stopped.status == DeploymentStatus.STOPPED
    assert operations(aws) == [("CREATE", "STOPPED")]
    at = read_progress(stopped).stopped_at
    assert at
    assert (at.number, at.reached, at.meant) == (6, 2, 6)
    told = list(stopped.policy.events.order_by("pk").values_list("verb", flat=True))
    assert told == [What.CREATE_POLICY, What.STOP_DEPLOYMENT, What.DEPLOYMENT_STOPPED]


def test_continue_reaches_only_what_was_not_reached(
    made: Deployment, work_until: WorkUntil, work: Work, world: World, aws: Aws, monkeypatch: pytest.MonkeyPatch
) -> None:
    hold_places(monkeypatch, at_once=2)
    stopped = stopped_amid(6, made, work_until, aws, work)

    resume.go_on(stopped, "ann", LATER)

    assert work(stopped).status == DeploymentStatus.SUCCEEDED
    assert operations(aws) == [("CREATE", "STOPPED"), ("UPDATE", "SUCCEEDED")]
    operation_id = aws.client("cloudformation").list_stack_set_operations(StackSetName=TARGETS)["Summaries"][0]
    results = aws.client("cloudformation").list_stack_set_operation_results(
        StackSetName=TARGETS, OperationId=operation_id["OperationId"]
    )
    assert len(results["Summaries"]) == 4
    assert stopped.policy.stack_instances.filter(status="succeeded").count() == 7


def test_an_operation_whose_places_had_all_begun_is_not_done_again(
    made: Deployment, work_until: WorkUntil, work: Work, aws: Aws
) -> None:
    stopped = stopped_amid(6, made, work_until, aws, work)

    resume.go_on(stopped, "ann", LATER)

    assert work(stopped).status == DeploymentStatus.SUCCEEDED
    assert operations(aws) == [("CREATE", "STOPPED")]


def test_an_operation_that_was_stopped_in_the_queue_is_done_whole(
    made: Deployment, work_until: WorkUntil, work: Work, aws: Aws, world: World
) -> None:
    policy = work(made).policy
    edited = start.edit_policy(policy, wider(policy.asked), "ann", aws, LATER)
    occupy(aws)
    stopped = stopped_amid_queue(edited, work, aws)

    resume.go_on(stopped, "ann", LATER + timedelta(days=1))

    assert work(stopped).status == DeploymentStatus.SUCCEEDED
    assert policy.stack_instances.filter(status="succeeded").count() == 14


def wider(spec: PolicySpec) -> PolicySpec:
    return replace(spec, targets=replace(spec.targets, regions=WIDER))


def occupy(aws: Aws) -> None:
    """Somebody else begins an operation on the stack set."""
    aws.client("cloudformation").detect_stack_set_drift(StackSetName=TARGETS)


def stopped_amid_queue(deployment: Deployment, work: Work, aws: Aws) -> Deployment:
    """The deployment, stopped while its first operation waits for somebody else's."""
    for minute in range(1, 4):
        run_next_step(deployment.pk, aws, LATER + timedelta(minutes=minute))
    assert operations(aws)[-1] == ("CREATE", "QUEUED")
    resume.stop(deployment, "ann", LATER + timedelta(minutes=5))
    return work(deployment)


def test_an_operation_in_the_queue_is_told_as_waiting_and_begins_by_itself(
    made: Deployment, work: Work, aws: Aws, as_viewer: Client
) -> None:
    policy = work(made).policy
    edited = start.edit_policy(policy, wider(policy.asked), "ann", aws, LATER)
    occupy(aws)
    for minute in range(1, 4):
        run_next_step(edited.pk, aws, LATER + timedelta(minutes=minute))

    step = edited.next_step()
    assert step
    assert (step.status, step.is_queued, step.aws_message) == (StepStatus.WAITING, True, "")
    told = as_viewer.get(reverse("deployment", args=[edited.pk])).content.decode()
    assert "Another operation runs on this stack set" in told
    assert work(edited).status == DeploymentStatus.SUCCEEDED


def test_a_refusal_beside_another_operation_is_waiting_and_never_a_failure(
    made: Deployment, work: Work, aws: Aws
) -> None:
    policy = work(made).policy
    edited = start.edit_policy(policy, wider(policy.asked), "ann", aws, LATER)
    aws.client("cloudformation").update_stack_set(
        StackSetName=TARGETS, UsePreviousTemplate=True, Capabilities=["CAPABILITY_NAMED_IAM"],
        ManagedExecution={"Active": False},
    )  # fmt: skip
    for look in range(100):
        run_next_step(edited.pk, aws, LATER + timedelta(minutes=look))

    step = edited.next_step()
    assert step
    assert (step.is_queued, step.attempts) == (True, 0)
    assert work(edited).status == DeploymentStatus.SUCCEEDED


def test_a_stop_that_comes_too_late_changes_nothing(made: Deployment, work_until: WorkUntil, work: Work) -> None:
    finished = work(made)

    with pytest.raises(start.CannotStart, match="cannot be stopped"):
        resume.stop(finished, "ann", LATER)
    with pytest.raises(start.CannotStart, match="cannot be continued"):
        resume.go_on(finished, "ann", LATER)
    with pytest.raises(start.CannotStart, match="cannot be undone"):
        start.review_undo(finished, None)  # type: ignore[arg-type]


def test_an_operation_that_ends_before_the_stop_reaches_it_ends_its_step(
    made: Deployment, work_until: WorkUntil, work: Work, world: World
) -> None:
    now = work_until(made, 6)
    world.clock.advance(timedelta(hours=1))
    resume.stop(made, "ann", now)

    stopped = work(made)

    at = read_progress(stopped).stopped_at
    assert at
    assert at.number == 7
    assert stopped.steps.get(number=6).status == StepStatus.SUCCEEDED


def test_undoing_a_creation_leaves_nothing(
    made: Deployment, work_until: WorkUntil, work: Work, world: World, aws: Aws
) -> None:
    stopped = stopped_amid(6, made, work_until, aws, work)

    undone = work(start.undo(stopped, "ann", aws, LATER))

    policy = Policy.objects.get()
    assert (undone.verb, undone.undoes_id, undone.status) == (Verb.DELETE, made.pk, DeploymentStatus.SUCCEEDED)
    assert policy.deleted_at
    assert read_actual(aws, place_of_policy(policy), "abcde") == ()


def test_undoing_an_edit_brings_back_what_was_asked_for_before(
    made: Deployment, work_until: WorkUntil, work: Work, aws: Aws, world: World
) -> None:
    policy = work(made).policy
    before, spec = read_actual(aws, place_of_policy(policy), "abcde"), policy.asked
    edited = start.edit_policy(policy, wider(spec), "ann", aws, LATER)
    stopped = stopped_amid(1, edited, work_until, aws, work)

    undone = work(start.undo(stopped, "ann", aws, LATER + timedelta(days=1)))

    policy.refresh_from_db()
    assert (undone.status, policy.asked, policy.version) == (DeploymentStatus.SUCCEEDED, spec, 3)
    assert read_actual(aws, place_of_policy(policy), "abcde") == before


def test_undoing_a_deletion_makes_the_policy_again_and_that_can_be_undone(
    made: Deployment, work_until: WorkUntil, work: Work, aws: Aws, world: World
) -> None:
    policy = work(made).policy
    before = read_actual(aws, place_of_policy(policy), "abcde")
    deletion = start.delete_policy(policy, "ann", aws, LATER)
    stopped = stopped_amid(1, deletion, work_until, aws, work)

    undone = start.undo(stopped, "ann", aws, LATER + timedelta(days=1))

    assert undone.spec_before is None
    assert work(undone).status == DeploymentStatus.SUCCEEDED
    assert read_actual(aws, place_of_policy(policy), "abcde") == before


def test_the_page_stops_continues_and_says_where_it_stands(
    made: Deployment,
    work_until: WorkUntil,
    work: Work,
    aws: Aws,
    as_operator: Client,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hold_places(monkeypatch, at_once=2)
    now = work_until(made, 6)
    page = reverse("deployment", args=[made.pk])

    stopping = as_operator.post(reverse("deployment_stop", args=[made.pk]), follow=True).content.decode()
    run_next_step(made.pk, aws, now)
    work(made)
    stopped = as_operator.get(page).content.decode()
    going_on = as_operator.post(reverse("deployment_continue", args=[made.pk]), follow=True).content.decode()

    assert "Nothing new begins" in stopping
    assert "Stopped at step 6 of 7" in stopped
    assert "2 of 6 account-Regions changed" in stopped
    assert "hx-trigger" not in stopped.partition('id="progress"')[2]
    assert "Going on where" in going_on
    assert reverse("deployment_undo", args=[made.pk]) not in stopped


def test_the_undo_is_reviewed_before_it_begins(
    made: Deployment, work: Work, aws: Aws, as_administrator: Client
) -> None:
    work(made)
    deletion = start.delete_policy(made.policy, "ann", aws, LATER)
    resume.stop(deletion, "ann", LATER)
    work(deletion)
    page = reverse("deployment_undo", args=[deletion.pk])

    reviewed = as_administrator.get(page).content.decode()
    begun = as_administrator.post(page, follow=True).content.decode()

    assert "The policy goes back to what it was before this deployment" in reviewed
    assert "Nothing in AWS would change." in reviewed
    assert "Undo: Weekly patching" in begun
    assert as_administrator.post(page).status_code == 422


@pytest.mark.parametrize(("name", "answer"), [("stop", 302), ("continue", 302), ("undo", 403)])
def test_operators_stop_and_continue_but_do_not_undo(
    name: str, answer: int, made: Deployment, as_viewer: Client, as_operator: Client
) -> None:
    address = reverse(f"deployment_{name}", args=[made.pk])

    assert as_viewer.post(address).status_code == 403
    assert as_operator.post(address).status_code == answer
