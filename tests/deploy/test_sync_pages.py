"""The cockpit's pages: who may do what, what they show, and what a press does."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from policies.aws.connect import Aws
from policies.deploy import hold, start, sync
from policies.deploy.tasks import sync_policy
from policies.domain.spec import PolicySpec
from policies.models import Policy, SyncHold, Verb
from tests.deploy.cockpit import approve_after, choosing, delete_baseline, make_baseline, only_the_file
from tests.deploy.conftest import NOW, Work

pytestmark = pytest.mark.django_db


@pytest.fixture
def baseline_id(aws: Aws) -> str:
    """The account's own baseline, which approves after 7 days."""
    return make_baseline(aws)


@pytest.fixture
def policy(spec: PolicySpec, baseline_id: str, work: Work, aws: Aws) -> Policy:
    """A policy whose file has two versions: the first approves after 7 days, the second after 14."""
    made = start.create_policy(choosing(spec, baseline_id), "ann", aws, NOW, lambda: "abcde")
    policy = work(only_the_file(made)).policy
    approve_after(aws, baseline_id, 14)
    sync.sync_policy(policy, "olga", aws, NOW + timedelta(hours=2))
    return policy


@pytest.fixture(autouse=True)
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, str]]:
    """What a worker was asked to sync."""
    calls: list[tuple[int, str]] = []
    monkeypatch.setattr(sync_policy, "delay", lambda policy_id, by: calls.append((policy_id, by)))
    return calls


def page(client: Client, name: str, *args: object) -> str:
    told = client.get(reverse(name, args=["abcde", *args]))
    assert told.status_code == 200
    return told.content.decode()


def test_versions_tell_who_wrote_them_and_why(as_viewer: Client, policy: Policy) -> None:
    told = page(as_viewer, "policy_baselines")

    assert "olga" in told
    assert "In force" in told
    assert reverse("policy_hold", args=["abcde"]) not in told


def test_a_version_tells_what_it_changed(as_viewer: Client, policy: Policy) -> None:
    newest = policy.override_versions.first()
    assert newest
    told = page(as_viewer, "policy_version", newest.pk)

    assert "<del>7 days after release</del>" in told
    assert "<ins>14 days after release</ins>" in told
    assert newest.digest in told


@pytest.mark.parametrize("wanted", ["", "x", "0", "9" * 30, "-1"])
def test_a_version_is_compared_with_the_one_before_when_the_address_names_none(
    wanted: str, as_viewer: Client, policy: Policy
) -> None:
    newest = policy.override_versions.first()
    assert newest
    told = as_viewer.get(reverse("policy_version", args=["abcde", newest.pk]), {"with": wanted})

    assert "<ins>14 days after release</ins>" in told.content.decode()


def test_the_first_version_is_compared_with_the_one_that_was_chosen(as_viewer: Client, policy: Policy) -> None:
    newest, first = policy.override_versions.all()
    alone = as_viewer.get(reverse("policy_version", args=["abcde", first.pk])).content.decode()
    beside = as_viewer.get(reverse("policy_version", args=["abcde", first.pk]), {"with": newest.pk}).content.decode()

    assert "everything in it is new" in alone
    assert "<ins>7 days after release</ins>" in beside


def test_another_policys_version_is_not_found(as_viewer: Client, policy: Policy) -> None:
    assert as_viewer.get(reverse("policy_version", args=["abcde", 999])).status_code == 404


def test_a_hold_wants_a_reason_and_a_moment_to_come(as_operator: Client, policy: Policy) -> None:
    address = reverse("policy_hold", args=["abcde"])

    assert as_operator.post(address, {"reason": ""}).status_code == 422
    assert as_operator.post(address, {"reason": "why", "until": "2001-01-01T00:00"}).status_code == 422
    assert not SyncHold.objects.exists()
    tomorrow = timezone.now() + timedelta(days=1)
    told = as_operator.post(address, {"reason": "<b>look</b>", "until": f"{tomorrow:%Y-%m-%dT%H:%M}"}, follow=True)
    assert told.redirect_chain == [(reverse("policy_baselines", args=["abcde"]), 302)]
    assert "operator: &lt;b&gt;look&lt;/b&gt;" in told.content.decode()
    assert SyncHold.objects.get().until == tomorrow.replace(second=0, microsecond=0)


def test_a_hold_while_a_sync_writes_is_refused_in_words(as_operator: Client, policy: Policy) -> None:
    Policy.objects.update(writing_since=timezone.now())

    told = as_operator.post(reverse("policy_hold", args=["abcde"]), {"reason": "look first"})

    assert told.status_code == 422
    assert "The override file is being written at this moment. Try again shortly." in told.content.decode()
    assert not SyncHold.objects.exists()


def test_what_waits_is_shown_until_it_is_released(
    as_operator: Client, policy: Policy, baseline_id: str, aws: Aws, asked: list[tuple[int, str]]
) -> None:
    hold.hold_sync(policy, "look first", None, "olga", NOW)
    approve_after(aws, baseline_id, 21)
    sync.sync_policy(policy, "olga", aws, NOW + timedelta(hours=3))

    assert "<ins>21 days after release</ins>" in page(as_operator, "policy_baselines")
    as_operator.post(reverse("policy_release", args=["abcde"]))
    assert asked == [(policy.pk, "operator")]
    assert not SyncHold.objects.exists()


def test_a_rollback_shows_what_it_changes_and_wants_a_reason(as_operator: Client, policy: Policy) -> None:
    first = policy.override_versions.last()
    assert first
    address = reverse("policy_roll_back", args=["abcde", first.pk])

    assert "<ins>7 days after release</ins>" in as_operator.get(address).content.decode()
    assert as_operator.post(address, {"reason": " "}).status_code == 422
    told = as_operator.post(address, {"reason": "14 is too late"})
    begun = policy.deployments.get(verb=Verb.ROLL_BACK)
    assert told.headers["Location"] == reverse("deployment", args=[begun.pk])
    assert as_operator.post(address, {"reason": "again"}).status_code == 422
    assert "Roll back the override file" in as_operator.get(told.headers["Location"]).content.decode()


def test_the_banner_leads_to_the_saved_copy_and_an_administrator_recreates_from_it(
    as_administrator: Client, as_viewer: Client, policy: Policy, baseline_id: str, aws: Aws
) -> None:
    delete_baseline(aws, baseline_id)
    sync.sync_policy(policy, "olga", aws, NOW + timedelta(hours=3))
    address = reverse("policy_recreate", args=["abcde", "AMAZON_LINUX_2023"])

    assert "no longer exists" in page(as_administrator, "policy")
    shown = page(as_viewer, "policy")
    assert "no longer exists" in shown
    assert reverse("policy_edit", args=["abcde"]) not in shown
    assert "Weekly patching" in as_administrator.get(reverse("dashboard")).content.decode()
    assert address in page(as_administrator, "policy_baselines")
    assert "14 days after release" in page(as_administrator, "policy_recreate", "AMAZON_LINUX_2023")
    as_administrator.post(address)
    assert policy.deployments.filter(verb=Verb.RECREATE).count() == 1
    assert as_administrator.post(address).status_code == 422


def test_a_baseline_that_is_there_is_not_recreated(as_administrator: Client, policy: Policy) -> None:
    assert as_administrator.get(reverse("policy_recreate", args=["abcde", "UBUNTU"])).status_code == 404


def test_each_verb_wants_its_role(as_viewer: Client, as_operator: Client, policy: Policy) -> None:
    newest = policy.override_versions.first()
    assert newest
    for name, *args in (("policy_sync",), ("policy_hold",), ("policy_release",), ("policy_roll_back", newest.pk)):
        assert as_viewer.post(reverse(name, args=["abcde", *args])).status_code == 403
    assert as_operator.post(reverse("policy_recreate", args=["abcde", "UBUNTU"])).status_code == 403
