"""The onboarding page, and the whole way from nothing to a deployed policy through pages alone."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.html import escape

from policies.aws import connect
from policies.aws.connect import Aws
from policies.aws.errors import PermanentProblem
from policies.deploy.run import run_next_step
from policies.domain.status import DeploymentStatus
from policies.models import Deployment, Draft, Event
from policies.onboard.prepare import STEPS
from policies.wizard.steps import QUESTIONS
from sandbox.engine.world import World
from sandbox.wire import Sandbox
from tests.wizard.test_wizard import ANSWERS

pytestmark = pytest.mark.django_db
PAGE = "/onboarding/"
SET_UP, READY = "Set up now", "AWS is ready for patch policies"


def press(client: Client, slug: str) -> str:
    """Press the button of a check; the page that follows."""
    return client.post(reverse("onboarding_step", args=[slug]), follow=True).content.decode()


def test_from_nothing_to_a_deployed_policy(as_administrator: Client, aws: Aws, sandbox: Sandbox) -> None:
    assert as_administrator.get(PAGE).content.decode().count(SET_UP) == len(STEPS)
    for slug in STEPS:
        press(as_administrator, slug)
        sandbox.world.clock.advance(timedelta(minutes=10))
    assert READY in as_administrator.get(PAGE).content.decode()

    as_administrator.get(reverse("draft_new"))
    draft = Draft.objects.get()
    for step in QUESTIONS:
        told = as_administrator.post(reverse("draft_step", args=[draft.pk, step.slug]), ANSWERS[step.slug])
        assert told.status_code == 302
    as_administrator.post(reverse("draft_create", args=[draft.pk]))
    deployment = Deployment.objects.get()
    work(deployment, aws, sandbox.world)

    assert deployment.status == DeploymentStatus.SUCCEEDED
    assert set(deployment.policy.stack_instances.values_list("status", flat=True)) == {"succeeded"}
    assert deployment.policy.stack_instances.values("account_id").distinct().count() == 7


def work(deployment: Deployment, aws: Aws, world: World) -> None:
    """Work on it as workers do, until nothing is left to do."""
    while run_next_step(deployment.pk, aws, world.now()):
        world.clock.advance(timedelta(minutes=1))
    deployment.refresh_from_db()


def test_every_finding_is_told_with_its_reason_and_remedies(as_administrator: Client) -> None:
    told = as_administrator.get(PAGE).content.decode()

    assert told.count("Action needed") == 4
    assert "aws cloudformation activate-organizations-access" in told
    assert escape('resource "aws_iam_role" "patchportal_readonly"') in told
    assert escape('"Sid": "OwnBuckets"') in told


def test_what_aws_refuses_is_told_and_kept(as_administrator: Client) -> None:
    told = press(as_administrator, "observer")

    assert "You must enable organizations access" in told
    assert "Preparation of AWS failed" in told


def test_without_credentials_the_page_says_so(as_administrator: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> Aws:
        raise PermanentProblem("sts:GetCallerIdentity", "NoCredentials", "Unable to locate <credentials>")

    monkeypatch.setattr(connect, "connect", refuse)

    told = as_administrator.get(PAGE).content.decode()

    assert "Unable to locate &lt;credentials&gt;" in told
    assert "AWS is not ready yet" in told


def test_a_check_that_no_button_mends_has_no_step(as_administrator: Client) -> None:
    assert as_administrator.post(reverse("onboarding_step", args=["rights"])).status_code == 404


def test_only_administrators_see_the_page_and_may_press(as_operator: Client, as_administrator: Client) -> None:
    assert as_operator.get(PAGE).status_code == 403
    assert as_operator.post(reverse("onboarding_step", args=["observer"])).status_code == 403
    assert PAGE not in as_operator.get(reverse("policy_list")).content.decode()
    assert PAGE in as_administrator.get(reverse("policy_list")).content.decode()
    assert not Event.objects.exists()
