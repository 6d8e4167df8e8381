"""The pages of observe on a fleet that a policy has scanned and the portal has read."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from policies.domain.status import Findings
from policies.models import NodeCompliance, Policy, Shard
from tests.observe.test_pages import LISTS, NOW, TABS, page

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("fleet")]


@pytest.mark.parametrize("name", LISTS)
def test_a_collected_fleet_fills_each_list(name: str, as_viewer: Client) -> None:
    assert "As of" in page(as_viewer, name) or name in ("policy_list", "account_list")


@pytest.mark.parametrize("name", TABS)
def test_each_tab_of_a_policy_opens(name: str, as_viewer: Client) -> None:
    policy = Policy.objects.get()

    assert policy.name in page(as_viewer, name, policy.configuration_id)


def test_a_number_of_the_dashboard_opens_the_list_of_as_many_nodes(as_viewer: Client) -> None:
    missing = NodeCompliance.objects.filter(findings=Findings.MISSING).count()

    listed = page(as_viewer, "node_list", query=f"?findings={Findings.MISSING}")

    assert missing
    assert f"({missing})" in listed


def test_a_heading_that_is_chosen_twice_turns_the_order_round(as_viewer: Client) -> None:
    first = page(as_viewer, "node_list", query="?sort=name")
    last = page(as_viewer, "node_list", query="?sort=-name")

    assert first.index("analytics-api-02") > 0
    assert "analytics-api-02" not in last


@pytest.mark.parametrize(
    "query",
    ["?page=99", "?page=x", "?sort=%00", "?findings=nonsense", "?search=%00", "?account=%27%22%3Cb%3E", "?scanned=day"],
)
def test_a_strange_address_is_answered_with_a_page(query: str, as_viewer: Client) -> None:
    assert "<h1>" in page(as_viewer, "node_list", query=query)


def test_an_association_that_gives_access_stands_after_the_others_and_the_search_leads_to_it(as_viewer: Client) -> None:
    policy, run_id = Policy.objects.get(), "b982770e-3447-4eb5-afb1-97e4796608fe"
    shard = Shard.objects.order_by("account__name", "region")[0]
    policy.associations.create(shard=shard, association_id=run_id, name="AttachIAM", purpose="access")

    listed = page(as_viewer, "policy_runs", policy.configuration_id)

    assert listed.index("AttachIAM</span>") > listed.rindex("Scan\n")
    opened = f'href="{reverse("policy_runs", args=[policy.configuration_id])}">AttachIAM</a>'
    assert opened in page(as_viewer, "search", query=f"?q={run_id}")


def test_a_refresh_comes_back_to_the_same_rows(as_operator: Client) -> None:
    policy = Policy.objects.get()

    told = page(as_operator, "policy_nodes", policy.configuration_id, query="?status=compliant&search=web")

    assert f'value="{reverse("policy_nodes", args=[policy.configuration_id])}?status=compliant&amp;search=web"' in told


def test_of_a_deleted_policy_nothing_runs_next(as_viewer: Client) -> None:
    policy = Policy.objects.get()
    Policy.objects.update(deleted_at=NOW, sync_tried_at=NOW)

    assert "What runs next" not in page(as_viewer, "policy", policy.configuration_id)
    assert "<dt>Next sync</dt><dd>-</dd>" in page(as_viewer, "policy_baselines", policy.configuration_id)
