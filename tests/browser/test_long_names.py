"""Names that never end, as AWS allows them, push nothing out of a table or of the page."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.urls import reverse
from playwright.sync_api import Browser
from pytest_django.live_server_helper import LiveServer

from policies.models import Account, Flip, Node, NodeCompliance, NodePolicy, OtherScanner, Policy, Scan, Shard
from tests.browser.test_shell import sign_in
from tests.observe.reading import NOW, make_policy

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

TOO_WIDE = """() => [document.documentElement, ...document.querySelectorAll(".table-box")]
  .filter((each) => each.scrollWidth > each.clientWidth + 1)
  .map((each) => each.outerHTML.slice(0, 200))"""


@pytest.fixture
def endless() -> Policy:
    """A policy, an account, a node and a scanner whose names have no place to break, each where the others are told."""
    policy = make_policy()
    Policy.objects.update(name="p" * 120)
    account = Account.objects.create(account_id="555566667777", name="a" * 50, is_active=True, seen_at=NOW)
    shard = Shard.objects.create(account=account, region="ap-northeast-1", observed_at=NOW, node_count=1)
    OtherScanner.objects.create(shard=shard, association_id="a", name="s" * 128, document="AWS-RunPatchBaseline")
    node = Node.objects.create(shard=shard, instance_id="i-0c0ffee0c0ffee00", name="n" * 250, seen_at=NOW)
    NodePolicy.objects.create(node=node, policy=policy)
    scan = Scan.objects.create(
        node=node, source="association", scanner="s" * 128, findings="missing", started_at=NOW, ended_at=NOW,
        seen_at=NOW,
    )  # fmt: skip
    NodeCompliance.objects.create(node=node, findings="missing", missing=3, scan=scan, scanned_at=NOW)
    Flip.objects.create(
        node=node, kind="findings", before="up_to_date", after="missing", cause="overwritten", scan=scan,
        happened_at=NOW, seen_at=NOW,
    )  # fmt: skip
    return policy


@pytest.mark.parametrize("width", [390, 820, 1440])
def test_endless_names_are_broken(
    width: int, endless: Policy, administrator: User, chromium: Browser, live_server: LiveServer
) -> None:
    lists = ("policy_list", "node_list", "account_list", "flip_list", "conflict_list")
    places = [reverse(name) for name in lists] + [reverse("policy_nodes", args=[endless.configuration_id])]
    with chromium.new_context(viewport={"width": width, "height": 800}) as context:
        page = sign_in(context, administrator, live_server.url + places[0])
        wide = {}
        for place in places:
            page.goto(live_server.url + place)
            wide[place] = page.evaluate(TOO_WIDE)

    assert {place: told for place, told in wide.items() if told} == {}
