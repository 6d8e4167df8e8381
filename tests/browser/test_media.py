"""Pages on paper, on a small screen and in the reader's own colours, and regions that fetch themselves anew."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth.models import User
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Browser, BrowserContext, expect
from pytest_django.live_server_helper import LiveServer

from policies.models import Account, Node, Shard
from tests.browser.test_shell import sign_in
from tests.observe.reading import make_policy

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

REGION = f"""<div id="told" hx-get="/told/" hx-trigger="every 60m" hx-swap="outerHTML" hx-target="this">
    <details><summary>8 lines differ</summary>All of them</details>
    <a href="#one">One</a> <a href="#two">Two</a>
    <div class="table-box"><table class="heatmap"><tbody><tr><td>{"0" * 999}</td></tr></tbody></table></div></div>"""
ANEW = "htmx.ajax('GET', '/told/', {target: '#told', swap: 'outerHTML'})"
LINES = "all => all.map(each => getComputedStyle(each).borderBottomColor)"


@pytest.fixture
def node() -> Node:
    account = Account.objects.create(account_id="555566667777", name="Shop", seen_at=timezone.now())
    shard = Shard.objects.create(account=account, region="us-east-1", node_count=1, observed_at=timezone.now())
    return Node.objects.create(shard=shard, instance_id="i-1", name="shop-web-01", seen_at=timezone.now())


def test_a_printed_list_tells_its_moment_and_leaves_out_what_only_a_screen_needs(
    context: BrowserContext, viewer: User, node: Node, live_server: LiveServer
) -> None:
    page = sign_in(context, viewer, live_server.url + reverse("node_list"))
    page.emulate_media(media="print")

    expect(page.get_by_text("As of")).to_be_visible()
    expect(page.get_by_role("link", name=node.name)).to_be_visible()
    for left_out in (".topbar", ".sidenav", ".filters", ".saved-views", ".actions .button"):
        expect(page.locator(left_out).first).to_be_hidden()


def test_a_list_of_cards_is_sorted_as_a_table_is(
    context: BrowserContext, viewer: User, node: Node, live_server: LiveServer
) -> None:
    page = sign_in(context, viewer, live_server.url + reverse("node_list"))
    page.set_viewport_size({"width": 400, "height": 900})

    page.get_by_role("link", name="Last scanned").click()

    expect(page).to_have_url(re.compile("sort=scanned"))
    expect(page.locator("th[aria-sort='ascending']")).to_have_text("Last scanned")


def test_the_current_tab_is_marked_in_the_readers_own_colours(
    chromium: Browser, viewer: User, live_server: LiveServer
) -> None:
    policy = make_policy()
    context = chromium.new_context(forced_colors="active")
    page = sign_in(context, viewer, live_server.url + reverse("policy_history", args=[policy.configuration_id]))

    current, others = (
        page.locator(f".tabs a{which}").evaluate_all(LINES) for which in ("[aria-current]", ":not([aria-current])")
    )

    assert not set(current) & set(others)
    context.close()


def test_a_region_that_fetches_itself_anew_stays_as_its_reader_left_it(
    context: BrowserContext, viewer: User, live_server: LiveServer
) -> None:
    page = sign_in(context, viewer, live_server.url + reverse("policy_list"))
    page.route("**/told/", lambda route: route.fulfill(body=REGION.replace("One", "1"), content_type="text/html"))
    page.evaluate("region => document.querySelector('main').insertAdjacentHTML('beforeend', region)", REGION)
    page.get_by_text("8 lines differ").click()
    page.get_by_role("link", name="Two").focus()
    page.locator("#told .table-box").evaluate("box => { box.scrollLeft = 70; }")

    page.evaluate(ANEW)

    expect(page.get_by_role("link", name="1", exact=True)).to_be_visible()
    expect(page.get_by_text("All of them")).to_be_visible()
    expect(page.get_by_role("link", name="Two")).to_be_focused()
    assert page.locator("#told .table-box").evaluate("box => box.scrollLeft") == 70
