"""A window of the browser, and the AWS behind the portal that it opens."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.core.cache import cache
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage

from policies.aws.connect import Aws
from policies.deploy.tasks import run_deployment
from policies.wizard.views import asked
from tests.conftest import PATIENCE
from tests.worlds import open_sandbox
from tests.worlds import sign_in as connect

REFUSED = "status of 422"


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Aws:
    """The small world, which the wizard asks; no worker is woken."""
    cache.clear()
    connected = connect(open_sandbox())
    monkeypatch.setattr(asked, "connection", lambda: connected)
    monkeypatch.setattr(run_deployment, "delay", lambda _id: None)
    return connected


def is_complaint(said: ConsoleMessage) -> bool:
    return said.type == "error" and REFUSED not in said.text


@pytest.fixture
def context(chromium: Browser) -> Iterator[BrowserContext]:
    """A fresh window's cookies and storage, in English, in Tokyo's zone; whatever the browser complains of fails.

    Except answers that the portal refuses, which Chromium counts among the errors.
    """
    context = chromium.new_context(locale="en", timezone_id="Asia/Tokyo", reduced_motion="reduce")
    context.set_default_timeout(PATIENCE)
    complaints: list[str] = []
    context.on("console", lambda said: complaints.append(said.text) if is_complaint(said) else None)
    context.on("weberror", lambda error: complaints.append(str(error.error)))
    yield context
    context.close()
    assert complaints == []
