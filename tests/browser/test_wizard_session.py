"""The wizard in a real browser: a session that ends while someone types, and an edit from end to end."""

from __future__ import annotations

import pytest
from django.conf import settings as project
from django.contrib.auth.models import User
from django.core.cache import cache
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import BrowserContext, expect
from pytest_django.live_server_helper import LiveServer

from policies.models import Draft
from policies.wizard.draft import begin_draft
from policies.wizard.views import asked
from tests.browser.test_shell import sign_in, violations
from tests.worlds import open_sandbox
from tests.worlds import sign_in as connect

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def draft(administrator: User, monkeypatch: pytest.MonkeyPatch) -> Draft:
    """A draft in front of the small world, with its name answered."""
    cache.clear()
    connected = connect(open_sandbox())
    monkeypatch.setattr(asked, "connection", lambda: connected)
    draft = begin_draft(administrator, timezone.now(), lambda: "abcde")
    draft.answers = {"name": {"name": ["Weekly patching"]}}
    draft.save()
    return draft


def test_what_one_types_while_the_session_ends_comes_along(
    context: BrowserContext, administrator: User, draft: Draft, live_server: LiveServer
) -> None:
    page = sign_in(context, administrator, live_server.url + reverse("draft_step", args=[draft.pk, "schedule"]))
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
