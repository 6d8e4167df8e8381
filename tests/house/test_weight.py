"""The first load of any page, as production serves it, stays light: the page, its files and what it asks for then."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest
from django.core.management import call_command
from django.test import Client
from pytest_django import Settings

from policies.status_words import drawn
from tests.every_page import every_page
from tests.lived_in import LivedIn

MOST_BYTES = 100 * 1024
LINKED = re.compile(r'<(?:link|script|img)\b[^>]*?\b(?:href|src)="([^"]+)"|<use href="([^"#]+)')
WAITING = re.compile(r'hx-(?:get|post)="([^"]+)" hx-trigger="load')


@pytest.fixture
def served(settings: Settings, tmp_path: Path) -> Iterator[None]:
    """Static files as production serves them: with hashed names, compressed when collected."""
    settings.STATIC_ROOT = str(tmp_path)
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
    }
    settings.WHITENOISE_AUTOREFRESH = False
    call_command("collectstatic", verbosity=0, interactive=False)
    drawn.cache_clear()
    yield
    drawn.cache_clear()


class Browser:
    """A Japanese browser, whose pages weigh most, with an empty cache; it weighs what it receives."""

    def __init__(self, person: Client) -> None:
        self.client = Client(headers={"accept-encoding": "gzip", "accept-language": "ja"})
        self.client.cookies = person.cookies
        self.known: dict[str, int] = {}

    def weigh(self, address: str) -> int:
        """Bytes of the bodies on the wire until the page is complete."""
        page = self.client.get(address)
        text = gzip.decompress(page.getvalue()).decode()
        parts = {unescape(one or other) for one, other in LINKED.findall(text)} | set(WAITING.findall(text))
        return len(page.getvalue()) + sum(self._bytes_of(part) for part in parts)

    def _bytes_of(self, part: str) -> int:
        if part not in self.known:
            answer = self.client.get(part)
            assert answer.status_code == 200, part
            self.known[part] = len(answer.getvalue())
        return self.known[part]


@pytest.mark.django_db
def test_the_first_load_of_any_page_is_light(as_administrator: Client, lived_in: LivedIn, served: None) -> None:
    browser = Browser(as_administrator)

    weights = {shown.name: browser.weigh(shown.address) for shown in every_page(as_administrator, lived_in)}

    assert {name: weight for name, weight in weights.items() if weight > MOST_BYTES} == {}
