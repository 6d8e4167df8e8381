"""Changing policies in a real browser: a session that ends while someone types, and pages that everybody can use."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from django.conf import settings as project
from django.contrib.auth.models import User
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Browser, BrowserContext, expect
from pytest_django.live_server_helper import LiveServer

from policies.aws.baselines import list_baselines, predefined
from policies.aws.connect import Aws
from policies.deploy.start import create_policy, edit_policy
from policies.domain.spec import RateControl
from policies.models import Draft, Policy
from policies.wizard.draft import begin_draft
from tests.browser.test_shell import sign_in, violations
from tests.specs import some_spec
from tests.worlds import BEGIN

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def policy(aws: Aws, db: None) -> Policy:
    """A deployed policy."""
    spec = some_spec(uses_custom_baselines=False, baselines=predefined(list_baselines(aws)))
    made = create_policy(spec, "ann", aws, BEGIN, lambda: "abcde").policy
    made.deployments.update(status="succeeded")
    return made


@pytest.fixture
def overtaken(policy: Policy, administrator: User, aws: Aws) -> Draft:
    """An edit of the concurrency, which somebody else has changed meanwhile."""
    draft = begin_draft(administrator, timezone.now(), lambda: "zzzzz", policy)
    draft.answers["rate"]["concurrency"] = ["25%"]
    draft.save()
    edit_policy(policy, replace(policy.asked, rate=RateControl("50%", "2%")), "bob", aws, BEGIN)
    return draft


def test_what_one_types_while_the_session_ends_comes_along(
    context: BrowserContext, administrator: User, aws: Aws, live_server: LiveServer
) -> None:
    draft = begin_draft(administrator, timezone.now(), lambda: "abcde")
    Draft.objects.update(answers={"name": {"name": ["Weekly patching"]}})
    page = sign_in(context, administrator, live_server.url + reverse("draft_step", args=[draft.pk, "schedule"]))
    expect(page.locator("#scan-runs")).to_contain_text("At 01:00 UTC every day")
    expect(page.locator("#session-ended")).to_be_hidden()
    page.get_by_label("Custom CRON expression").first.check()
    context.clear_cookies(name=project.SESSION_COOKIE_NAME)

    page.get_by_label("Scan CRON expression").fill("cron(15 3 * * ? *)")
    told = page.locator("#session-ended")
    expect(told).to_contain_text("Your session has ended")
    assert violations(page) == []
    told.get_by_role("button", name="Sign in").click()
    page.get_by_label("Username").fill("administrator")
    page.get_by_label("Password").fill("correct horse battery")
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("heading", name="You are signed in again")).to_be_visible()
    assert violations(page) == []
    page.get_by_role("button", name="Save the answers and continue").click()

    expect(page.get_by_label("Scan CRON expression")).to_have_value("cron(15 3 * * ? *)")


@pytest.fixture(params=[("light", "en", 1280), ("dark", "ja", 360)], ids=["light-en-wide", "dark-ja-narrow"])
def window(request: pytest.FixtureRequest, chromium: Browser, live_server: LiveServer) -> Iterator[BrowserContext]:
    """A window in a theme, a language and a width."""
    theme, locale, width = request.param
    context = chromium.new_context(
        locale=locale, reduced_motion="reduce", viewport={"width": width, "height": 800}, timezone_id="Asia/Tokyo"
    )
    context.add_cookies([{"name": "theme", "value": theme, "url": live_server.url}])
    yield context
    context.close()


def test_the_pages_that_change_a_policy_are_accessible_and_fit(
    window: BrowserContext, administrator: User, overtaken: Draft, live_server: LiveServer
) -> None:
    addresses = [
        reverse("policy_list"),
        reverse("policy_delete", args=["abcde"]),
        reverse("draft_compare", args=[overtaken.pk]),
        *(reverse("draft_step", args=[overtaken.pk, slug]) for slug in ("rate", "review")),
    ]
    for address in addresses:
        page = sign_in(window, administrator, live_server.url + address)
        assert violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        page.close()
