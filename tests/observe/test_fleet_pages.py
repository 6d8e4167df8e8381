"""The pages of observe on a fleet that a policy has scanned and the portal has read."""

from __future__ import annotations

import pytest
from django.test import Client

from policies.domain.status import Findings
from policies.models import NodeCompliance, Policy
from tests.observe.test_pages import LISTS, TABS, page

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
