"""Deleting a policy: what it takes is named before, what confirms it is typed, and its two stages are shown."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from policies.aws.connect import Aws
from policies.deploy import start
from policies.deploy.consequences import foresee_deletion
from policies.deploy.progress import Stage, read_progress
from policies.deploy.views import deployments as views
from policies.domain.spec import AccountScope, LogStorage, PolicySpec
from policies.models import Deployment, Policy, Verb
from sandbox.engine.world import World
from tests.deploy.conftest import NOW, Work
from tests.worlds import MEMBER

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def connected(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    """The views' connection."""
    monkeypatch.setattr(views, "connection", lambda: aws)


@pytest.fixture
def policy(made: Deployment, work: Work) -> Policy:
    """A policy for the organization, deployed."""
    return work(made).policy


@pytest.fixture
def alone(spec: PolicySpec, work: Work, aws: Aws) -> Policy:
    """A policy for the account alone, deployed."""
    asked = replace(spec, name="Alone", targets=replace(spec.targets, account_scope=AccountScope.ACCOUNT))
    return work(start.create_policy(asked, "ann", aws, NOW, lambda: "alone")).policy


def test_access_that_an_edit_switched_off_is_taken_back_by_the_deletion(
    policy: Policy, spec: PolicySpec, aws: Aws, world: World, work: Work
) -> None:
    role = world.account(MEMBER).roles["app-server"]
    world.clock.advance(timedelta(hours=1))
    world.tick()
    assert role.tags["QSConfigId-abcde"] == "abcde"
    before = start.review(replace(spec, attach_iam=False), policy, aws).changes
    assert any("their roles keep" in str(change.sentence) for change in before)

    work(start.edit_policy(policy, replace(spec, attach_iam=False), "ann", aws, NOW))
    assert role.tags["QSConfigId-abcde"] == "abcde"
    assert foresee_deletion(policy).role_tag
    work(start.delete_policy(policy, "ann", aws, NOW))

    assert [key for key in role.tags if key.startswith("QSConfigId-")] == []


def address(policy: Policy) -> str:
    return reverse("policy_delete", args=[policy.configuration_id])


def test_the_page_names_what_goes_and_what_stays(as_administrator: Client, policy: Policy) -> None:
    told = as_administrator.get(address(policy)).content.decode()

    lost = foresee_deletion(policy)
    assert (lost.accounts, lost.regions, lost.places) == (7, 1, 7)
    for words in (policy.bucket, "baseline_overrides.json", "QSConfigId-abcde", "The stacks in 7 accounts and Regions",
                  f"To confirm, type {policy.name}.", reverse("policy_export", args=["abcde"])):  # fmt: skip
        assert words in told


def test_logs_stay_and_roles_that_were_not_touched_are_not_spoken_of(made: Deployment) -> None:
    policy = made.policy
    policy.spec = replace(policy.asked, attach_iam=False, logs=LogStorage("our-logs", "us-east-1", "p")).to_dict()

    lost = foresee_deletion(policy)

    assert (lost.role_tag, lost.role_policies, lost.logs) == ("", (), "s3://our-logs/p")


@pytest.mark.parametrize("typed", ["", "weekly patching", "delete", "x" * 121, "<b>"])
def test_a_policy_for_the_organization_wants_its_very_name(
    typed: str, as_administrator: Client, policy: Policy
) -> None:
    told = as_administrator.post(address(policy), {"typed": typed})

    assert told.status_code == 422
    assert not policy.deployments.filter(verb=Verb.DELETE).exists()


def test_the_name_begins_the_deletion_which_is_told_as_in_progress(as_administrator: Client, policy: Policy) -> None:
    told = as_administrator.post(address(policy), {"typed": policy.name}, follow=True)
    page = told.content.decode()

    assert told.redirect_chain == [(reverse("deployment", args=[policy.deployments.get(verb=Verb.DELETE).pk]), 302)]
    assert "flash-in-progress" in page
    assert "Stage 1: accounts and Regions" in page
    assert "Stage 2: configuration" in page


def test_a_second_deletion_is_refused_in_words(as_administrator: Client, policy: Policy) -> None:
    as_administrator.post(address(policy), {"typed": policy.name})

    told = as_administrator.post(address(policy), {"typed": policy.name})

    assert told.status_code == 422
    assert "under way" in told.content.decode()
    assert policy.deployments.filter(verb=Verb.DELETE).count() == 1


@pytest.mark.parametrize(
    ("language", "typed"),
    [("en", "delete"), ("en", " DELETE "), ("ja", "削除"), ("ja", "delete"), ("ja", "ｄｅｌｅｔｅ")],
)
def test_a_policy_for_one_account_wants_a_word_in_either_script(
    language: str, typed: str, as_administrator: Client, alone: Policy
) -> None:
    told = as_administrator.post(address(alone), {"typed": typed}, headers={"accept-language": language})

    assert told.status_code == 302
    assert alone.deployments.filter(verb=Verb.DELETE).exists()


@pytest.mark.parametrize("typed", ["", "Alone", "削除", "yes"])
def test_another_word_is_refused(typed: str, as_administrator: Client, alone: Policy) -> None:
    assert as_administrator.post(address(alone), {"typed": typed}).status_code == 422


def test_the_stages_end_one_after_the_other(policy: Policy, work: Work, aws: Aws) -> None:
    begun = start.delete_policy(policy, "ann", aws, NOW)
    before = read_progress(begun).stages

    after = read_progress(work(begun)).stages

    assert before == (Stage("places", 0, 4), Stage("configuration", 0, 5))
    assert all(stage.ended == stage.total for stage in after)
    assert [(step.change["action"], bool(step.stack_set)) for step in begun.steps.all()][:5] == [
        ("update", False), ("update", False), ("delete", True), ("delete", True), ("delete", False),
    ]  # fmt: skip


def test_a_creation_has_no_stages(made: Deployment) -> None:
    assert read_progress(made).stages == ()


def test_operators_delete_nothing(as_operator: Client, policy: Policy) -> None:
    assert as_operator.post(address(policy), {"typed": policy.name}).status_code == 403
