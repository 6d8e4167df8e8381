"""Every page of observe, on an empty portal and on a collected fleet."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from celery import current_app
from django.test import Client
from django.urls import reverse

from policies.aws import connect
from policies.aws.connect import Aws
from policies.domain.spec_words import DESCRIBED, GROUPS
from policies.models import Account, Deployment, Node, NodeCompliance, NodePolicy, Policy, Shard
from sandbox.engine.world import World
from tests.observe.reading import collect as collect_everything
from tests.observe.reading import make_policy, scan

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
LISTS = ("dashboard", "policy_list", "node_list", "account_list")
TABS = ("policy", "policy_deployments", "policy_accounts", "policy_nodes", "policy_baselines", "policy_history")

pytestmark = pytest.mark.django_db


def page(client: Client, name: str, *args: object, query: str = "") -> str:
    """The text of a page that must answer 200."""
    answer = client.get(reverse(name, args=args) + query)
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.mark.parametrize("name", LISTS)
def test_an_empty_portal_says_what_is_not_there_yet(name: str, as_viewer: Client) -> None:
    assert 'class="empty"' in page(as_viewer, name)


@pytest.mark.parametrize("name", TABS)
def test_a_policy_that_does_not_exist_is_not_found(name: str, as_viewer: Client) -> None:
    assert as_viewer.get(reverse(name, args=["zzzzz"])).status_code == 404


def test_hostile_names_are_text(as_viewer: Client) -> None:
    shard = Shard.objects.create(account=account(), region="us-east-1", status="fresh", observed_at=NOW)
    node = Node.objects.create(
        shard=shard, instance_id="i-1", name="<script>alert(1)</script>", seen_at=NOW, tags={"<b>": "<i>"}
    )

    told = page(as_viewer, "node", node.pk) + page(as_viewer, "node_list")

    assert "<script>alert" not in told
    assert "<b>" not in told


def test_an_account_that_could_not_be_read_says_why_and_the_dashboard_warns(as_viewer: Client) -> None:
    Shard.objects.create(
        account=account(), region="us-east-1", status="failed", error_code="AccessDenied", error_message="no role"
    )

    assert "AccessDenied: no role" in page(as_viewer, "account_list")
    assert "could not be read" in page(as_viewer, "dashboard")


def test_a_deleted_baseline_stands_in_a_banner_with_one_thing_to_do(as_administrator: Client) -> None:
    policy = make_policy()
    Policy.objects.filter(pk=policy.pk).update(
        missing_baselines=[
            {"operating_system": "UBUNTU", "baseline_id": "pb-1", "name": "Our Ubuntu", "is_custom": True}
        ]
    )

    told = page(as_administrator, "policy", policy.configuration_id)

    assert "Our Ubuntu" in told
    assert reverse("policy_edit", args=[policy.configuration_id]) in told


def test_a_banner_leaves_none_of_its_words_and_links_to_what_stands_below_it(as_administrator: Client) -> None:
    policy = make_policy()
    gone = {"operating_system": "UBUNTU", "baseline_id": "pb-1", "name": "Our Ubuntu", "is_custom": True}
    Policy.objects.filter(pk=policy.pk).update(missing_baselines=[gone])
    asked = {"policy": policy, "requested_by": "ann", "requested_at": NOW}
    Deployment.objects.create(verb="create", status="failed", plan={}, **asked)
    shard = Shard.objects.create(account=account(), region="us-east-1", status="fresh", observed_at=NOW)
    node = Node.objects.create(shard=shard, instance_id="i-1", seen_at=NOW, gone_at=NOW)

    nodes = page(as_administrator, "policy_nodes", policy.configuration_id)

    assert nodes.count("Recreate from the saved copy") == 1
    assert 'class="button' not in nodes.split('class="empty"')[1]
    assert page(as_administrator, "node", node.pk).count("It was stopped or terminated") == 1


def test_the_settings_of_a_policy_stand_in_groups(as_viewer: Client) -> None:
    policy = make_policy()

    told = page(as_viewer, "policy", policy.configuration_id)

    settings = told[told.index("settings-title") : told.index("runs-title")]
    assert re.findall(r"<h3>(.+)</h3>", settings) == [
        "Scanning and installation", "Patch baseline", "Patching log storage", "Targets", "Rate control",
        "Instance profile options",
    ]  # fmt: skip
    shown = [name for names in GROUPS.values() for name in names]
    assert sorted([*shown, "name"]) == sorted(DESCRIBED)


@pytest.mark.parametrize(
    ("execution_type", "words"),
    [("PatchPolicy", "Run of a patch policy"), ("Command", "Command outside of patch policies"), ("", ""), ("New", "")],
)
def test_who_wrote_a_nodes_result_is_told_in_words_beside_awss(
    execution_type: str, words: str, as_viewer: Client
) -> None:
    shard = Shard.objects.create(account=account(), region="us-east-1", status="fresh", observed_at=NOW)
    node = Node.objects.create(shard=shard, instance_id="i-1", seen_at=NOW)
    NodeCompliance.objects.create(node=node, findings="missing", execution_type=execution_type)

    told = page(as_viewer, "node", node.pk)

    found = re.search(r'Execution type</dt><dd>\s*(.*?)\s*<span class="quiet" translate="no">(.*?)</span>', told)
    assert found is not None
    assert found.groups() == (words, execution_type or "-")


def test_an_exit_code_is_explained_beside_the_node(as_viewer: Client) -> None:
    policy = make_policy()
    shard = Shard.objects.create(account=account(), region="us-east-1", status="fresh", observed_at=NOW)
    node = Node.objects.create(shard=shard, instance_id="i-1", name="web", seen_at=NOW)
    NodePolicy.objects.create(node=node, policy=policy, status="non_compliant", exit_code=160, executed_at=NOW)

    assert "may not read the override file" in page(as_viewer, "policy_nodes", policy.configuration_id)


def test_the_newest_deployment_is_told_first(as_viewer: Client) -> None:
    policy = make_policy()
    for day, verb in enumerate(("create", "update")):
        Deployment.objects.create(
            policy=policy,
            verb=verb,
            status="succeeded",
            plan={"changes": []},
            requested_by="ann",
            requested_at=NOW + timedelta(days=day),
        )

    told = page(as_viewer, "policy_deployments", policy.configuration_id)

    newest, oldest = (reverse("deployment", args=[d.pk]) for d in policy.deployments.order_by("-pk"))
    assert told.index(newest) < told.index(oldest)


def test_a_viewer_may_not_ask_for_a_reading(as_viewer: Client) -> None:
    assert as_viewer.post(reverse("refresh")).status_code == 403


def test_an_operator_asks_for_a_reading_and_comes_back_to_the_page(
    as_operator: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(current_app, "send_task", lambda name, **_: asked.append(name))

    answer = as_operator.post(reverse("refresh"), {"next": "/accounts/"})

    assert asked == ["policies.observe.tasks.collect_all", "policies.observe.tasks.collect_requested"]
    assert answer["Location"] == "/accounts/"


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example", "javascript:alert(1)"])
def test_a_refresh_never_leads_elsewhere(elsewhere: str, as_operator: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(current_app, "send_task", lambda _name, **_: None)

    assert as_operator.post(reverse("refresh"), {"next": elsewhere})["Location"] == "/"


def account() -> Account:
    """Some account of the organization."""
    return Account.objects.create(account_id="555566667777", name="Shop", is_active=True, seen_at=NOW)


def test_a_nodes_page_tells_what_changed_and_what_runs_next(as_viewer: Client, aws: Aws, world: World) -> None:
    make_policy()
    collect_everything(aws)
    scan(world, aws)
    collect_everything(aws)
    node = Node.objects.exclude(compliance__missing=0).filter(policies__isnull=False)[0]

    told = page(as_viewer, "node", node.pk)

    assert "The node was scanned for the first time since" in told
    assert "Entire organization" in told
    assert reverse("policy_preflight", args=["abcde", node.shard_id]) in told


@pytest.fixture
def scanned(aws: Aws, world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """A world that a policy has scanned and the portal has read, and which pages ask."""
    monkeypatch.setattr(connect, "connect", lambda: aws)
    connect.connection.cache_clear()
    make_policy()
    scan(world, aws)
    collect_everything(aws)
    return world


def test_a_nodes_patches_are_asked_of_aws_when_opened(as_viewer: Client, scanned: World) -> None:
    node = Node.objects.exclude(compliance__missing=0)[0]
    missing = scanned.fleet.reports[node.instance_id].missing

    told = page(as_viewer, "node_patches", node.pk)

    assert told.count('<td data-label="State">Missing</td>') == len(missing)
    assert "No matching patches" in page(as_viewer, "node_patches", node.pk, query="?state=Failed")
    assert "AWS did not answer" in page(as_viewer, "node_patches", node.pk, query="?token=nonsense")


@pytest.mark.usefixtures("scanned")
def test_patches_of_opened_nodes_are_counted_until_their_next_scan(as_viewer: Client) -> None:
    lacking = Node.objects.filter(compliance__missing__gt=0)
    node = lacking[0]
    page(as_viewer, "node_patches", node.pk)

    patch = node.missing_patches.all()[0]
    told = page(as_viewer, "dashboard")
    NodeCompliance.objects.update(scanned_at=NOW)

    assert f"Read of 1 of the {lacking.count()} nodes that miss patches" in told
    assert patch.title in told
    assert node.missing_patches.count() == node.compliance.missing
    assert "Read of 0 of the" in page(as_viewer, "dashboard")
