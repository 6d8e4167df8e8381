"""A policy made in a real browser: by mouse, by keyboard, without script, in Japanese, narrow, interrupted."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.contrib.auth.models import User
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from playwright.sync_api import Browser, BrowserContext, Dialog, Locator, Page, expect
from pytest_django.live_server_helper import LiveServer

from policies.aws.connect import Aws
from policies.domain.spec import AccountScope, NodeScope, Operation
from policies.models import Deployment, Draft, Policy
from policies.wizard.draft import begin_draft
from policies.wizard.steps import STEPS
from tests.browser.test_shell import settle, sign_in
from tests.wizard.test_wizard import ANSWERS

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

MOST_TABS = 80
CUT = """() => [...document.querySelectorAll("main :not(.visually-hidden)")]
  .filter((each) => getComputedStyle(each).overflowX === "hidden")
  .filter((each) => each.clientWidth > 1 && each.scrollWidth > each.clientWidth + 1)
  .map((each) => each.outerHTML.slice(0, 200))"""
"""Elements whose content is wider than they are and is not to be scrolled to."""


@pytest.fixture
def draft(aws: Aws, administrator: User) -> Draft:
    """A draft with good answers to every step."""
    draft = begin_draft(administrator, timezone.now(), lambda: "abcde")
    given = {slug: {name: [value] for name, value in answers.items()} for slug, answers in ANSWERS.items()}
    Draft.objects.update(answers=given)
    return draft


def address(live_server: LiveServer, draft: Draft, slug: str) -> str:
    return live_server.url + reverse("draft_step", args=[draft.pk, slug])


def field(page: Page, name: str) -> Locator:
    """A control, or the group of one field's controls."""
    return page.locator(f"#id_{name}")


def unit(page: Page, unit_id: str) -> Locator:
    """The box of an organizational unit in the tree."""
    return page.locator(f"input[name=unit_ids][value={unit_id}]")


def radio(page: Page, name: str, option: str) -> Locator:
    """One option of a field."""
    return field(page, name).get_by_role("radio", name=option)


def heading(page: Page, number: int) -> Locator:
    """The heading of a step, which says its name alone."""
    return page.get_by_role("heading", name=str(STEPS[number - 1].title), level=1)


@pytest.fixture(
    params=[("en", 1280), ("ja", 1280), ("en", 360), ("ja", 360)], ids=lambda param: "-".join(map(str, param))
)
def window(request: pytest.FixtureRequest, chromium: Browser) -> Iterator[BrowserContext]:
    """A window in a language and of a width."""
    locale, width = request.param
    translation.activate(locale)
    context = chromium.new_context(
        locale=locale, reduced_motion="reduce", timezone_id="Asia/Tokyo", viewport={"width": width, "height": 800}
    )
    yield context
    context.close()


def test_the_whole_wizard_by_mouse(
    window: BrowserContext, administrator: User, aws: Aws, live_server: LiveServer
) -> None:
    page = sign_in(window, administrator, live_server.url + reverse("policy_list"))

    def go_on(number: int) -> None:
        settle(page)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert page.evaluate(CUT) == []
        page.get_by_role("button", name=_("Next"), exact=True).click()
        expect(heading(page, number)).to_be_visible()

    page.get_by_role("link", name=_("Create patch policy")).first.click()
    expect(heading(page, 1)).to_be_visible()
    field(page, "name").fill("Weekly patching")
    go_on(2)
    radio(page, "operation", _("Scan and install")).click()
    radio(page, "install_kind", _("Weekly")).click()
    field(page, "install_weekdays").get_by_role("checkbox", name=_("Monday")).click()
    expect(page.locator("#install-runs code")).to_have_text("cron(0 2 ? * SUN,MON *)")
    go_on(3)
    radio(page, "baseline_kind", _("Custom patch baseline")).click()
    field(page, "baseline_UBUNTU").select_option(label=_("%(baseline)s (custom)") % {"baseline": "company-ubuntu"})
    go_on(4)
    field(page, "write_logs").click()
    field(page, "log_bucket").fill("example-patch-logs-us-east-1")
    go_on(5)
    radio(page, "account_scope", _("Custom")).click()
    unit(page, "ou-demo-workload").click()
    radio(page, "node_scope", _("Specify a node tag")).click()
    field(page, "tag_key").fill("Role")
    field(page, "tag_value").fill("web")
    go_on(6)
    field(page, "concurrency").fill("25%")
    go_on(7)
    expect(page.locator(".plan li").first).to_be_visible()
    settle(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.evaluate(CUT) == []
    page.get_by_role("button", name=_("Create"), exact=True).click()

    expect(page.get_by_role("heading", name="Weekly patching", level=1)).to_be_visible()
    asked = Policy.objects.get().asked
    assert asked.operation is Operation.SCAN_AND_INSTALL
    assert asked.install is not None
    assert asked.install.expression == "cron(0 2 ? * SUN,MON *)"
    assert asked.logs is not None
    assert (asked.targets.account_scope, asked.targets.node_scope) == (AccountScope.UNITS, NodeScope.TAG)
    assert asked.rate.concurrency == "25%"


class Keys:
    """Someone who has a keyboard and no mouse."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def reach(self, wanted: Locator) -> None:
        """Press Tab until it has the focus; a group of radio buttons is reached at its chosen one."""
        for _press in range(MOST_TABS):
            if wanted.evaluate("(each) => each === document.activeElement"):
                return
            self.page.keyboard.press("Tab")
        raise LookupError(f"{MOST_TABS} presses of Tab do not lead to {wanted}")

    def press(self, wanted: Locator, key: str = "Enter") -> None:
        """Press a key on it."""
        self.reach(wanted)
        self.page.keyboard.press(key)

    def type(self, wanted: Locator, text: str) -> None:
        """Replace what a field holds."""
        self.reach(wanted)
        self.page.keyboard.press("Control+A")
        self.page.keyboard.type(text)


def test_the_whole_wizard_by_keyboard(
    context: BrowserContext, administrator: User, aws: Aws, live_server: LiveServer
) -> None:
    page = sign_in(context, administrator, live_server.url + reverse("policy_list"))
    keys = Keys(page)

    def go_on(number: int) -> None:
        settle(page)
        keys.press(page.get_by_role("button", name="Next", exact=True))
        expect(heading(page, number)).to_be_visible()

    keys.press(page.get_by_role("link", name="Create patch policy").first)
    expect(heading(page, 1)).to_be_visible()
    keys.press(page.get_by_role("button", name="Next", exact=True))
    expect(page.get_by_role("alert")).to_be_focused()
    keys.press(page.get_by_role("alert").get_by_role("link"))
    keys.type(field(page, "name"), "Weekly patching")
    page.keyboard.press("Enter")
    expect(heading(page, 2)).to_be_visible()
    keys.press(radio(page, "operation", "Scan").first, "ArrowDown")
    expect(radio(page, "operation", "Scan and install")).to_be_checked()
    go_on(3)
    go_on(4)
    keys.press(field(page, "write_logs"), "Space")
    keys.type(field(page, "log_bucket"), "example-patch-logs-us-east-1")
    go_on(5)
    keys.press(radio(page, "account_scope", "Entire organization"), "ArrowDown")
    keys.press(unit(page, "ou-demo-workload"), "Space")
    go_on(6)
    keys.press(field(page, "attach_iam"), "Space")
    go_on(7)
    keys.press(page.get_by_role("button", name="Create", exact=True))

    expect(page.get_by_role("heading", name="Weekly patching", level=1)).to_be_visible()
    asked = Policy.objects.get().asked
    assert asked.operation is Operation.SCAN_AND_INSTALL
    assert asked.targets.account_scope is AccountScope.UNITS
    assert asked.attach_iam


def test_the_whole_wizard_without_script(
    chromium: Browser, administrator: User, aws: Aws, live_server: LiveServer
) -> None:
    context = chromium.new_context(java_script_enabled=False, locale="en")
    page = sign_in(context, administrator, live_server.url + reverse("policy_list"))

    def go_on(number: int) -> None:
        page.get_by_role("button", name="Next", exact=True).last.click()
        expect(heading(page, number)).to_be_visible()

    page.get_by_role("link", name="Create patch policy").first.click()
    field(page, "name").fill("Weekly patching")
    go_on(2)
    radio(page, "scan_kind", "Custom CRON expression").check()
    field(page, "scan_cron").fill("cron(15 3 * * ? *)")
    go_on(3)
    page.get_by_role("link", name="Load it without scripts").first.click()
    radio(page, "baseline_kind", "Custom patch baseline").check()
    field(page, "baseline_UBUNTU").select_option(label="company-ubuntu (custom)")
    go_on(4)
    go_on(5)
    page.get_by_role("link", name="Load it without scripts").first.click()
    radio(page, "account_scope", "Custom").check()
    unit(page, "ou-demo-workload").check()
    go_on(6)
    go_on(7)
    page.get_by_role("link", name="Load it without scripts").first.click()
    expect(page.locator(".plan li").first).to_be_visible()
    page.get_by_role("button", name="Create", exact=True).click()

    expect(page.get_by_role("heading", name="Weekly patching", level=1)).to_be_visible()
    asked = Policy.objects.get().asked
    assert asked.scan.expression == "cron(15 3 * * ? *)"
    assert asked.targets.account_scope is AccountScope.UNITS
    context.close()


def test_back_and_reload_show_what_was_saved(
    context: BrowserContext, administrator: User, draft: Draft, live_server: LiveServer
) -> None:
    page = sign_in(context, administrator, address(live_server, draft, "name"))
    field(page, "name").fill("Nightly scans")
    page.get_by_role("button", name="Next", exact=True).click()
    expect(heading(page, 2)).to_be_visible()
    page.go_back()
    expect(field(page, "name")).to_have_value("Nightly scans")
    page.reload()
    expect(field(page, "name")).to_have_value("Nightly scans")
    page.go_forward()
    expect(heading(page, 2)).to_be_visible()


def test_two_tabs_save_two_steps_of_one_draft(
    context: BrowserContext, administrator: User, draft: Draft, live_server: LiveServer
) -> None:
    first = sign_in(context, administrator, address(live_server, draft, "name"))
    second = context.new_page()
    second.goto(address(live_server, draft, "rate"))
    field(first, "name").fill("Nightly scans")
    field(second, "concurrency").fill("25%")
    first.get_by_role("button", name="Next", exact=True).click()
    expect(heading(first, 2)).to_be_visible()
    second.get_by_role("button", name="Next", exact=True).click()

    expect(heading(second, 7)).to_be_visible()
    draft.refresh_from_db()
    assert draft.answers["name"]["name"] == ["Nightly scans"]
    assert draft.answers["rate"]["concurrency"] == ["25%"]


def test_a_double_click_on_create_makes_one_policy(
    context: BrowserContext, administrator: User, draft: Draft, live_server: LiveServer
) -> None:
    page = sign_in(context, administrator, address(live_server, draft, "review"))

    page.get_by_role("button", name="Create", exact=True).dblclick()

    expect(page.get_by_role("heading", name="Weekly patching", level=1)).to_be_visible()
    assert Deployment.objects.count() == 1


def test_leaving_asks_only_while_something_is_unsaved(
    context: BrowserContext, administrator: User, draft: Draft, live_server: LiveServer
) -> None:
    page = sign_in(context, administrator, address(live_server, draft, "name"))
    asked: list[str] = []

    def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    page.on("dialog", stay)
    field(page, "name").fill("Weekly patching!")
    with page.expect_event("dialog"):
        page.get_by_role("link", name="Nodes", exact=True).click()
    expect(field(page, "name")).to_have_value("Weekly patching!")
    assert asked == ["beforeunload"]
    page.get_by_role("link", name="Cancel").click()
    page.get_by_role("dialog", name="Leave the wizard").get_by_role("link", name="Keep the draft").click()

    expect(page.get_by_role("heading", name="Patch policies", level=1)).to_be_visible()
    assert asked == ["beforeunload"]


def test_discarding_a_changed_draft_asks_no_second_time(
    context: BrowserContext, administrator: User, draft: Draft, live_server: LiveServer
) -> None:
    page = sign_in(context, administrator, address(live_server, draft, "name"))
    field(page, "name").fill("Weekly patching!")
    page.on("dialog", lambda dialog: pytest.fail(dialog.type))
    page.get_by_role("link", name="Cancel").click()
    page.get_by_role("button", name="Discard the draft").click()

    expect(page.get_by_role("heading", name="Patch policies", level=1)).to_be_visible()
    assert not Draft.objects.exists()
