"""The sandbox's own pages in a real browser: accessible in each theme and width, with and without script."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Literal

import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from sandbox.console.pages import PAGES
from sandbox.engine.faults import Fault, FaultKind
from sandbox.wire import Sandbox
from tests.browser.test_shell import violations
from tests.worlds import BEGIN, on_loopback, open_sandbox

pytestmark = pytest.mark.browser


@pytest.fixture
def sandbox() -> Sandbox:
    """The small world with a fault planned and one request behind it."""
    sandbox = open_sandbox()
    sandbox.faults.add(Fault(FaultKind.SLOW, "ssm", "Describe*", after=3, count=2, probability=0.5))
    return sandbox


@pytest.fixture
def address(sandbox: Sandbox) -> Iterator[str]:
    """Where the sandbox's own door is."""
    with on_loopback(sandbox) as address:
        yield f"{address}/_sandbox/"


def ask(context: BrowserContext, address: str) -> None:
    """A request that the log keeps: nobody signed it."""
    context.request.get(address.replace("_sandbox/", "?Action=GetCallerIdentity"))


@pytest.mark.parametrize(("scheme", "width"), [("light", 360), ("dark", 1280)])
def test_every_page_is_accessible_and_fits_its_window(
    address: str, context: BrowserContext, scheme: Literal["light", "dark"], width: int
) -> None:
    page = context.new_page()
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 800})
    ask(context, address)
    for name in PAGES:
        page.goto(address + name)
        assert violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_clock_nodes_and_faults_are_changed_without_script(address: str, chromium: Browser, sandbox: Sandbox) -> None:
    page = chromium.new_page(java_script_enabled=False)
    page.goto(address)
    page.get_by_role("button", name="A day", exact=True).click()
    expect(page.locator("#clock")).to_contain_text("Tue 24 Nov 2026, 12:00:00 UTC")
    expect(page.locator("#clock")).to_contain_text("stands still")
    assert sandbox.world.now() == BEGIN + timedelta(days=1)

    page.get_by_role("link", name="Nodes", exact=True).click()
    page.get_by_label("Id, name, account").fill("Online")
    page.get_by_role("button", name="Search").click()
    stop = page.get_by_role("button", name="Stop").first
    said = stop.get_attribute("aria-label") or ""
    stop.click()
    expect(page.get_by_role("button", name=said)).to_have_count(0)
    expect(page.get_by_label("Id, name, account")).to_have_value("Online")
    page.get_by_label("Id, name, account").fill("stopped")
    page.get_by_role("button", name="Search").click()
    expect(page.get_by_role("button", name="Start").first).to_be_visible()

    page.get_by_role("link", name="Faults", exact=True).click()
    page.get_by_role("button", name="Remove all").click()
    expect(page.get_by_text("Nothing is planned to go wrong.")).to_be_visible()
    page.get_by_label("Kind").select_option("throttling")
    page.get_by_label("Service").fill("iam")
    page.get_by_role("button", name="Plan").click()
    expect(page.get_by_role("rowheader", name="throttling")).to_be_visible()
    assert [(fault.kind, fault.service) for fault in sandbox.faults.planned] == [(FaultKind.THROTTLING, "iam")]
    page.close()


def test_the_log_renews_itself_while_it_may(address: str, context: BrowserContext) -> None:
    page = context.new_page()
    page.goto(address + "requests")
    expect(page.get_by_role("cell", name="No request was found.")).to_be_visible()
    ask(context, address)
    expect(page.get_by_role("rowheader", name="unsigned")).to_be_visible()

    page.get_by_label("Refresh by itself").uncheck()
    ask(context, address)
    page.evaluate("renew()")
    expect(page.get_by_role("rowheader")).to_have_count(1)
