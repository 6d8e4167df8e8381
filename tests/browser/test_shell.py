"""The frame and the small script in a real browser: accessible in each theme and width, and usable without script."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings as project
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Browser, BrowserContext, Dialog, Page, Route, expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from policies.models import Account, Shard

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def parts(settings: Settings, live_server: LiveServer) -> str:
    """The address of a page that holds one of each component."""
    engine = settings.TEMPLATES[0]
    folder = Path(__file__).parent.parent / "shell" / "templates"
    settings.TEMPLATES = [{**engine, "DIRS": [*engine["DIRS"], folder]}]
    settings.ROOT_URLCONF = "tests.shell.urls"
    return f"{live_server.url}/parts/"


def sign_in(context: BrowserContext, person: User, address: str) -> Page:
    """The page at this address, opened by this person."""
    client = Client()
    client.force_login(person)
    name = project.SESSION_COOKIE_NAME
    origin = "{0.scheme}://{0.netloc}/".format(urlsplit(address))
    context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": origin}])
    page = context.new_page()
    page.goto(address)
    return page


BUSY = ".htmx-request, .htmx-settling, [aria-busy]"


def settle(page: Page) -> None:
    """Wait until the page has, and every fragment."""
    page.wait_for_load_state()
    expect(page.locator(f".preview .loading, {BUSY}")).to_have_count(0)


def violations(page: Page) -> list[str]:
    """What axe finds in a page that waits for nothing."""
    settle(page)
    found = Axe().run(page).response["violations"]
    return [f"{each['id']}: {node['html']}" for each in found for node in each["nodes"]]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1280])
def test_every_component_is_accessible(
    context: BrowserContext, viewer: User, parts: str, theme: str, width: int
) -> None:
    context.add_cookies([{"name": "theme", "value": theme, "url": parts}])
    page = sign_in(context, viewer, parts)
    page.set_viewport_size({"width": width, "height": 800})
    page.get_by_role("button", name="Next").click()
    expect(page.get_by_role("alert")).to_be_focused()
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_sign_in_page_is_accessible(context: BrowserContext, live_server: LiveServer, theme: str) -> None:
    context.add_cookies([{"name": "theme", "value": theme, "url": live_server.url}])
    page = context.new_page()
    page.goto(f"{live_server.url}/sign-in/")
    assert violations(page) == []


def test_after_a_swap_the_new_heading_has_the_focus_and_the_live_region_speaks(
    context: BrowserContext, viewer: User, parts: str
) -> None:
    page = sign_in(context, viewer, parts)
    page.get_by_role("button", name="Load").click()
    expect(page.get_by_role("heading", name="Next")).to_be_focused()
    expect(page.locator("#announcer")).to_have_text("12 matches")


@pytest.mark.parametrize("elsewhere", [False, True])
def test_what_is_fetched_anew_is_busy_until_the_answer_has_come(
    context: BrowserContext, viewer: User, parts: str, elsewhere: bool
) -> None:
    page = sign_in(context, viewer, parts)
    busy: list[str | None] = []

    def answer(route: Route) -> None:
        busy.append(page.locator("#box").get_attribute("aria-busy"))
        route.fulfill(body="<p>Ended</p>", headers={"HX-Retarget": "#announcer"} if elsewhere else {})

    page.route("**/parts/fragment/", answer)
    page.get_by_role("button", name="Load").click()

    expect(page.get_by_text("Ended")).to_have_count(1)
    assert busy == ["true"]
    expect(page.locator(BUSY)).to_have_count(0)


def test_a_help_panel_takes_the_focus_and_gives_it_back(context: BrowserContext, viewer: User, parts: str) -> None:
    page = sign_in(context, viewer, parts)
    info = page.get_by_role("link", name="Info: Rate control")
    info.click()
    expect(page.get_by_role("button", name="Close help")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("complementary", name="Rate control")).to_be_hidden()
    expect(info).to_be_focused()


def test_a_branch_shows_only_for_its_choice(context: BrowserContext, viewer: User, parts: str) -> None:
    page = sign_in(context, viewer, parts)
    expect(page.get_by_label("Expression")).to_be_hidden()
    page.get_by_label("CRON").check()
    expect(page.get_by_label("Expression")).to_be_visible()


def test_a_flash_goes_when_dismissed(context: BrowserContext, viewer: User, parts: str) -> None:
    page = sign_in(context, viewer, parts)
    page.get_by_role("button", name="Next").click()
    page.get_by_role("button", name="Dismiss").first.click()
    expect(page.locator("[data-flash]")).to_have_count(1)


def test_leaving_with_changes_asks_first(context: BrowserContext, viewer: User, parts: str) -> None:
    page = sign_in(context, viewer, parts)
    page.get_by_label("Name").press_sequentially("web")
    asked: list[str] = []

    def accept(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.accept()

    page.once("dialog", accept)
    page.goto(parts)
    assert asked == ["beforeunload"]


def test_a_dialog_opens_over_the_page_and_closes(context: BrowserContext, viewer: User, parts: str) -> None:
    page = sign_in(context, viewer, parts)
    page.get_by_role("link", name="Delete").click()
    expect(page.get_by_role("dialog", name="Delete")).to_be_visible()
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("dialog", name="Delete")).to_be_hidden()


def test_text_is_copied(context: BrowserContext, viewer: User, parts: str) -> None:
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = sign_in(context, viewer, parts)
    page.get_by_role("button", name="Copy: Bucket policy").click()
    expect(page.locator("#announcer")).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == "{}"


def test_times_are_shown_in_the_viewers_zone(context: BrowserContext, viewer: User, parts: str) -> None:
    page = sign_in(context, viewer, parts)
    expect(page.locator("time")).to_have_text("Mar 5, 2026 9:00 PM GMT+9")
    expect(page.locator("time")).to_have_attribute("title", "2026-03-05 12:00 UTC")


def test_the_heat_map_is_one_stop_of_the_tab_key_and_arrows_go_from_cell_to_cell(
    context: BrowserContext, viewer: User, live_server: LiveServer
) -> None:
    for number, regions in enumerate((("eu-west-1", "us-east-1"), ("us-east-1",))):
        account = Account.objects.create(account_id=f"{number:012}", name=f"Account {number}", seen_at=timezone.now())
        for region in regions:
            Shard.objects.create(account=account, region=region, node_count=4)
    page = sign_in(context, viewer, live_server.url + reverse("heat_map"))
    page.locator(".table-box").focus()

    focused = []
    for key in ("Tab", "ArrowRight", "ArrowDown", "ArrowRight", "ArrowRight", "ArrowUp", "Home", "End"):
        page.keyboard.press(key)
        focused.append(page.evaluate("document.activeElement.id"))

    first, second = "h-000000000000", "h-000000000001"
    west, east = f"{first}-eu-west-1", f"{first}-us-east-1"
    assert focused == [first, west, west, east, east, east, first, east]
    page.keyboard.press("ArrowDown")
    expect(page.locator(f"#{second}-us-east-1")).to_be_focused()
    assert page.locator("[data-grid] a[tabindex='0']").count() == 1
    assert violations(page) == []


def test_the_fields_of_a_filter_stand_in_columns_with_room_for_their_words(
    context: BrowserContext, viewer: User, live_server: LiveServer
) -> None:
    page = sign_in(context, viewer, live_server.url + reverse("heat_map"))
    page.set_viewport_size({"width": 1440, "height": 900})

    fields = page.locator(".filters .field")
    places = fields.evaluate_all("all => all.map(each => each.getBoundingClientRect()).map(at => [at.x, at.width])")

    assert [x for x, _ in places[:2]] == [x for x, _ in places[4:]]
    assert min(width for _, width in places) >= 240


def test_without_script_navigation_theme_and_forms_work(chromium: Browser, viewer: User, parts: str) -> None:
    context = chromium.new_context(java_script_enabled=False, viewport={"width": 390, "height": 800})
    page = sign_in(context, viewer, parts)
    page.get_by_role("button", name="Open navigation").click()
    expect(page.get_by_role("link", name="Nodes")).to_be_visible()
    page.get_by_role("button", name="Close navigation").click()
    page.get_by_role("button", name="Settings and sign-out for viewer").click()
    page.get_by_role("button", name="Dark").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    expect(page.get_by_label("Expression")).to_be_visible()
    page.get_by_role("button", name="Next").click()
    expect(page.get_by_text("Some answers need a correction")).to_be_visible()
    expect(page.get_by_role("button", name="Copy: Bucket policy")).to_be_hidden()
    context.close()
