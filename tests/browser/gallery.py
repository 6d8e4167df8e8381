"""`make screenshots`: a picture of every page in light, dark, Japanese, narrow and in print, and a gallery of them.

No test and collected by none: `pytest tests/browser/gallery.py` names it. In the environment, PAGES=word takes only the
pages with that word in their name, and LOOKS=word only such looks.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from html import escape
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Browser, BrowserContext, Page
from pytest_django.live_server_helper import LiveServer

from tests.browser.test_shell import sign_in
from tests.every_page import Shown, every_page
from tests.lived_in import LivedIn

FOLDER = Path(settings.BASE_DIR) / "screenshots"
HEIGHT = 900

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@dataclass(frozen=True)
class Look:
    """How a page is looked at."""

    name: str
    theme: str = "light"
    locale: str = "en"
    width: int = 1280
    is_print: bool = False


LOOKS = (
    Look("light"),
    Look("dark", theme="dark"),
    Look("japanese", locale="ja"),
    Look("narrow", width=360),
    Look("japanese-narrow", theme="dark", locale="ja", width=320),
    Look("print", is_print=True),
)


def test_gallery(
    chromium: Browser, as_administrator: Client, administrator: User, lived_in: LivedIn, live_server: LiveServer
) -> None:
    pages = [shown for shown in every_page(as_administrator, lived_in) if os.environ.get("PAGES", "") in shown.name]
    FOLDER.mkdir(exist_ok=True)
    for look in (look for look in LOOKS if os.environ.get("LOOKS", "") in look.name):
        context = _window(chromium, look, live_server.url)
        page = sign_in(context, administrator, live_server.url + reverse("policy_list"))
        for shown in pages:
            if not look.is_print or shown.name.startswith(("policy", "node")):
                _picture(page, live_server.url, shown, look)
        context.clear_cookies(name=settings.SESSION_COOKIE_NAME)
        _picture(page, live_server.url, Shown("sign_in", reverse("login")), look)
        context.close()
    (FOLDER / "index.html").write_text(_gallery([*pages, Shown("sign_in", "")]), encoding="utf-8")


def _window(chromium: Browser, look: Look, origin: str) -> BrowserContext:
    context = chromium.new_context(
        locale=look.locale, timezone_id="Asia/Tokyo", reduced_motion="reduce",
        viewport={"width": look.width, "height": HEIGHT},
    )  # fmt: skip
    context.add_cookies([{"name": "theme", "value": look.theme, "url": origin}])
    return context


def _picture(page: Page, origin: str, shown: Shown, look: Look) -> None:
    page.emulate_media(media="print" if look.is_print else "screen")
    page.goto(origin + shown.address)
    page.wait_for_load_state("networkidle")
    if shown.presses:
        page.locator("main button.button-primary").last.click()
        page.wait_for_load_state("networkidle")
    # As tall as what it shows, so that nothing that sticks to the window's edge lies over the middle.
    page.set_viewport_size({"width": look.width, "height": max(HEIGHT, page.evaluate("document.body.scrollHeight"))})
    page.screenshot(path=_path(shown, look))
    page.set_viewport_size({"width": look.width, "height": HEIGHT})


def _path(shown: Shown, look: Look) -> Path:
    return FOLDER / f"{shown.name}.{look.name}.png"


def _gallery(pages: list[Shown]) -> str:
    """One page with a row of pictures for each page."""
    rows = "".join(f"<h2>{escape(shown.name)}</h2><div>{_pictures(shown)}</div>" for shown in pages)
    style = "div{display:flex;gap:1rem;align-items:start;overflow-x:auto}img{height:30rem;border:1px solid #999}"
    return f'<!DOCTYPE html><meta charset="utf-8"><title>Every page</title><style>{style}</style>{rows}'


def _pictures(shown: Shown) -> str:
    names = [_path(shown, look).name for look in LOOKS if _path(shown, look).exists()]
    return "".join(f'<a href="{escape(n)}"><img loading="lazy" src="{escape(n)}" alt="{escape(n)}"></a>' for n in names)
