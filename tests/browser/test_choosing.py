"""Choosing from long lists in a real browser: what is typed searches, Enter does not send the form, choices stay."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import BrowserContext, Route, expect
from pytest_django.live_server_helper import LiveServer

from policies.models import Account, Draft, Node, Shard
from policies.wizard.draft import begin_draft
from policies.wizard.previews.look import MOST_SHOWN
from policies.wizard.views import asked
from tests.browser.test_shell import sign_in, violations
from tests.worlds import BEGIN, open_sandbox
from tests.worlds import sign_in as connect

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def draft(administrator: User, monkeypatch: pytest.MonkeyPatch) -> Draft:
    """A draft that picks its nodes and writes logs, on the small world."""
    cache.clear()
    connected = connect(open_sandbox())
    monkeypatch.setattr(asked, "connection", lambda: connected)
    draft = begin_draft(administrator, timezone.now(), lambda: "abcde")
    draft.answers = {slug: {} for slug in ("name", "schedule", "baselines")}
    draft.answers["logs"] = {"write_logs": ["on"]}
    draft.answers["targets"] = {"account_scope": ["account"], "node_scope": ["InstanceIds"]}
    draft.save()
    return draft


@pytest.fixture
def nodes(db: None) -> list[Node]:
    """More instances than a page has."""
    account = Account.objects.create(account_id="111122223333", name="Management", seen_at=BEGIN)
    shard = Shard.objects.create(account=account, region="us-east-1")
    named = range(MOST_SHOWN + 5)
    return Node.objects.bulk_create(
        Node(shard=shard, instance_id=f"i-{n:017}", name=f"web-{n:03}", tags={"Rank": f"r{n}"}, seen_at=BEGIN)
        for n in named
    )


def test_nodes_are_sought_picked_and_kept(
    context: BrowserContext, administrator: User, draft: Draft, nodes: list[Node], live_server: LiveServer
) -> None:
    page = sign_in(context, administrator, live_server.url + reverse("draft_step", args=[draft.pk, "targets"]))
    search, picker = page.get_by_label("Find instances"), page.locator("#nodes")
    search.fill("Rank=r7")
    expect(picker.get_by_label("web-007")).to_be_visible()
    expect(picker.get_by_label("web-008")).to_have_count(0)
    expect(search).to_be_focused()
    picker.get_by_label("web-007").check()
    expect(page.locator("#matches .figure").first).to_have_text("1")
    search.fill("")
    search.press("Enter")
    expect(picker.get_by_label("web-008")).to_be_visible()
    picker.get_by_role("button", name="Next page").click()

    expect(picker.get_by_label("web-054")).to_be_visible()
    expect(picker.get_by_label("web-007")).to_be_checked()
    assert violations(page) == []


def test_what_is_filled_in_while_an_answer_is_on_its_way_stays(
    context: BrowserContext, administrator: User, draft: Draft, nodes: list[Node], live_server: LiveServer
) -> None:
    page = sign_in(context, administrator, live_server.url + reverse("draft_step", args=[draft.pk, "targets"]))
    search, picker = page.get_by_label("Find instances"), page.locator("#nodes")
    expect(picker.get_by_label("web-003")).to_be_visible()
    fragment = reverse("draft_preview", args=[draft.pk, "nodes"])

    def fill_in_more(route: Route) -> None:
        picker.get_by_label("web-003").check()
        search.fill("Rank=r7")
        route.continue_()

    page.route(f"**{fragment}", fill_in_more, times=1)
    search.fill("Rank=r")

    expect(picker.get_by_label("web-008")).to_have_count(0)
    expect(picker.get_by_label("web-007")).to_be_visible()
    expect(picker.get_by_label("web-003")).to_be_checked()
    expect(search).to_have_value("Rank=r7")


def test_a_bucket_that_is_chosen_fills_the_field_and_is_looked_at(
    context: BrowserContext, administrator: User, draft: Draft, live_server: LiveServer
) -> None:
    page = sign_in(context, administrator, live_server.url + reverse("draft_step", args=[draft.pk, "logs"]))
    page.get_by_label("Find buckets").fill("patch-logs-eu")
    page.get_by_role("button", name="Choose example-patch-logs-eu-west-1").click()

    expect(page.get_by_label("S3 bucket", exact=True)).to_have_value("example-patch-logs-eu-west-1")
    expect(page.get_by_label("S3 bucket", exact=True)).to_be_focused()
    expect(page.locator("#bucket-check")).to_contain_text("eu-west-1")
    assert violations(page) == []
