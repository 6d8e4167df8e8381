"""The help panel: opened by an Info link, closed back to it, open on the next page, and a page without script."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Browser, BrowserContext, expect
from pytest_django.live_server_helper import LiveServer

from tests.browser.test_shell import sign_in, violations

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_the_panel_takes_the_focus_and_gives_it_back_to_its_link(
    context: BrowserContext, viewer: User, live_server: LiveServer
) -> None:
    page = sign_in(context, viewer, f"{live_server.url}/nodes/")
    info = page.get_by_role("link", name="Info: Nodes")
    info.press("Enter")
    panel = page.get_by_role("complementary", name="Nodes")
    expect(panel.get_by_role("button", name="Close help")).to_be_focused()
    assert violations(page) == []
    panel.get_by_role("button", name="Close help").press("Enter")
    expect(panel).to_be_hidden()
    expect(info).to_be_focused()


def test_an_open_panel_is_open_on_the_next_page_and_a_closed_one_is_not(
    context: BrowserContext, viewer: User, live_server: LiveServer
) -> None:
    page = sign_in(context, viewer, f"{live_server.url}/nodes/")
    page.set_viewport_size({"width": 1400, "height": 800})
    page.get_by_role("link", name="Info: Nodes").click()
    expect(page.get_by_role("complementary", name="Nodes")).to_be_visible()
    page.goto(f"{live_server.url}/accounts/")
    panel = page.get_by_role("complementary", name="Accounts and Regions")
    expect(panel).to_be_visible()
    expect(panel.get_by_role("button", name="Close help")).not_to_be_focused()
    panel.get_by_role("button", name="Close help").click()
    expect(panel).to_be_hidden()
    page.goto(f"{live_server.url}/nodes/")
    expect(page.get_by_role("link", name="Info: Nodes")).to_be_visible()
    page.wait_for_load_state("networkidle")
    expect(page.locator(".help")).to_be_hidden()


def test_without_script_an_info_link_opens_a_page(chromium: Browser, viewer: User, live_server: LiveServer) -> None:
    context = chromium.new_context(java_script_enabled=False)
    page = sign_in(context, viewer, f"{live_server.url}/nodes/")
    with page.expect_popup() as opened:
        page.get_by_role("link", name="Info: Nodes").click()
    expect(opened.value.get_by_role("heading", name="Nodes", level=2)).to_be_visible()
    expect(opened.value.get_by_role("link", name="Patch compliance states")).to_be_visible()
    context.close()
