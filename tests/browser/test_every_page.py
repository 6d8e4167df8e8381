"""Every page in a real browser: axe finds nothing in either theme or language, 320 px do, no table is cut
off at 1024 px, and one host is asked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from tests.browser.test_shell import settle, sign_in
from tests.every_page import Shown, every_page
from tests.lived_in import LivedIn

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

AXE = Axe()
BRIEFLY = {"resultTypes": ["violations"], "preload": False, "iframes": False}
"""Nothing but what is wrong is told: the quickest that axe can be asked for."""
COLOURS = {**BRIEFLY, "runOnly": ["color-contrast", "link-in-text-block"]}
"""The rules that a theme can break; the others were asked in the theme before."""
WIDE, NARROW = (ViewportSize(width=width, height=900) for width in (1024, 320))
OVERFLOW = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
SIDEWAYS = "all => all.filter(each => each.scrollWidth > each.clientWidth + 1).map(each => each.textContent.trim())"
TOO_MANY_FIELDS = "/sign-in/?" + "a&" * 1001


@pytest.fixture(params=["en", "ja"])
def window(request: pytest.FixtureRequest, chromium: Browser, live_server: LiveServer) -> Iterator[BrowserContext]:
    """A window in a language, which asks the portal alone."""
    context = chromium.new_context(locale=request.param, timezone_id="Asia/Tokyo", reduced_motion="reduce")
    asked: set[str] = set()
    context.on("request", lambda sent: asked.add(urlsplit(sent.url).netloc))
    yield context
    context.close()
    assert asked == {urlsplit(live_server.url).netloc}


def look_at(page: Page, shown: Shown) -> list[str]:
    """What is wrong with a page, in words."""
    page.goto(shown.address)
    if shown.presses:
        page.locator("main button.button-primary").last.click()
    settle(page)
    page.evaluate(AXE.axe_script)
    found = [f"light: {problem}" for problem in violations(page, shown.within, BRIEFLY)]
    page.evaluate("document.documentElement.dataset.theme = 'dark'")
    found += [f"dark: {problem}" for problem in violations(page, shown.within, COLOURS)]
    return found + too_wide(page)


def too_wide(page: Page) -> list[str]:
    """By how much a page must be scrolled sideways on a narrow screen, and which of its tables on a small laptop's."""
    page.set_viewport_size(NARROW)
    excess = page.evaluate(OVERFLOW)
    page.set_viewport_size(WIDE)
    tables = page.locator(".table-box, .tabs").evaluate_all(SIDEWAYS)
    return [f"{excess} px too wide"] * (excess > 0) + [f"scrolls sideways: {table[:80]}" for table in tables]


def violations(page: Page, within: str, options: Mapping[str, object]) -> list[str]:
    """What axe, which the page has loaded, finds in a part of it. `options`: as axe.run takes them."""
    found = page.evaluate("asked => axe.run(asked.within, asked.options)", {"within": within, "options": options})
    return [f"{each['id']}: {node['html']}" for each in found["violations"] for node in each["nodes"]]


def test_every_page_is_for_everybody(
    window: BrowserContext, as_administrator: Client, administrator: User, lived_in: LivedIn, live_server: LiveServer
) -> None:
    page = sign_in(window, administrator, live_server.url + reverse("policy_list"))

    found = {
        shown.name: look_at(page, replace(shown, address=live_server.url + shown.address))
        for shown in every_page(as_administrator, lived_in)
    }

    assert {name: problems for name, problems in found.items() if problems} == {}


def test_every_refusal_is_for_everybody(
    window: BrowserContext, viewer: User, settings: Settings, live_server: LiveServer
) -> None:
    settings.ROOT_URLCONF = "tests.shell.urls"
    page = sign_in(window, viewer, live_server.url + reverse("policy_list"))
    addresses = ["/locked/", "/broken/", "/nowhere/", TOO_MANY_FIELDS]

    found = {address[:12]: look_at(page, Shown("", live_server.url + address)) for address in addresses}

    assert {address: problems for address, problems in found.items() if problems} == {}
