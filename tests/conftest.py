"""What every test can ask for: the three kinds of people with a client for each, a portal that has been used, and the
system's Chromium.

Where there is no Chromium the browser tests are left out with one line; with CI=true they fail.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator

import pytest
from django.contrib.auth.models import Group, User
from django.core.cache import cache
from django.test import Client
from django.utils import translation
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from playwright.sync_api import Browser, expect, sync_playwright

from policies.aws import connect
from policies.deploy.tasks import run_deployment
from tests.lived_in import LivedIn, live_in
from tests.worlds import open_sandbox
from tests.worlds import sign_in as connect_to

EXAMPLES = int(os.environ.get("EXAMPLES", "0"))
"""How many examples to try of each property that names no number of its own; 0 for the usual few."""
# Every run tries the same examples, unless EXAMPLES asks for others; a slow machine is no reason for one to fail.
hypothesis_settings.register_profile(
    "patient",
    max_examples=EXAMPLES or 100,
    derandomize=not EXAMPLES,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
hypothesis_settings.load_profile("patient")

PATIENCE = 30_000
"""Milliseconds that a page may take on a slow machine to show what a test expects of it."""
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What waits for programs and browsers comes first, or one worker would still be at it when the other has ended."""
    items.sort(key=lambda item: item.path.parent.name not in ("journeys", "browser"))


@pytest.fixture(autouse=True)
def every_test_begins_in_english() -> Iterator[None]:
    """A request in Japanese leaves its language behind in the thread, where the next test would find it."""
    yield
    translation.deactivate()


@pytest.fixture(autouse=True)
def every_test_begins_with_an_empty_cache() -> None:
    """Rows that were rolled back give their ids to the next test's, and with them what was drawn of them."""
    cache.clear()


def _person(role: str) -> User:
    person = User.objects.create_user(username=role, password="correct horse battery")
    person.groups.add(Group.objects.get_or_create(name=role)[0])
    return person


def _client_of(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


@pytest.fixture
def viewer(db: None) -> User:
    """Someone who may see everything and change nothing."""
    return _person("viewer")


@pytest.fixture
def operator(db: None) -> User:
    """Someone who may refresh, retry and sync."""
    return _person("operator")


@pytest.fixture
def administrator(db: None) -> User:
    """Someone who may create, edit and delete policies."""
    return _person("administrator")


@pytest.fixture
def as_viewer(viewer: User) -> Client:
    """A client signed in as the viewer."""
    return _client_of(viewer)


@pytest.fixture
def as_operator(operator: User) -> Client:
    """A client signed in as the operator."""
    return _client_of(operator)


@pytest.fixture
def as_administrator(administrator: User) -> Client:
    """A client signed in as the administrator."""
    return _client_of(administrator)


@pytest.fixture
def lived_in(administrator: User, monkeypatch: pytest.MonkeyPatch) -> Iterator[LivedIn]:
    """A portal that has been used for some days on the small world, which all its views ask; no worker is woken."""
    sandbox = open_sandbox()
    aws = connect_to(sandbox)
    connect.connection.cache_clear()
    monkeypatch.setattr(connect, "connect", lambda: aws)
    monkeypatch.setattr(run_deployment, "delay", lambda _id: None)
    yield live_in(aws, sandbox.world, administrator)
    connect.connection.cache_clear()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """A running Chromium without a window."""
    path = next((found for name in NAMES if (found := shutil.which(name))), None)
    if path is None:
        if os.environ.get("CI") == "true":
            pytest.fail("no Chromium on PATH: the browser tests must run where CI=true")
        pytest.skip("left out: no Chromium on PATH")
    # Playwright's loop runs in this thread; Django would take the test's own database calls for asynchronous ones.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()
