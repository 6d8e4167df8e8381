"""A window of the browser."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext


@pytest.fixture
def context(chromium: Browser) -> Iterator[BrowserContext]:
    """A fresh window's cookies and storage, in English, in Tokyo's zone; whatever the browser complains of fails."""
    context = chromium.new_context(locale="en", timezone_id="Asia/Tokyo", reduced_motion="reduce")
    context.set_default_timeout(10_000)
    complaints: list[str] = []
    context.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    context.on("weberror", lambda error: complaints.append(str(error.error)))
    yield context
    context.close()
    assert complaints == []
