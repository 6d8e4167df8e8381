"""The pages of tests/shell/urls.py, served inside the real project."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytest_django import Settings


@pytest.fixture
def parts(settings: Settings) -> str:
    """The address of a page that holds one of each component."""
    engine = settings.TEMPLATES[0]
    settings.TEMPLATES = [{**engine, "DIRS": [*engine["DIRS"], Path(__file__).parent / "templates"]}]
    settings.ROOT_URLCONF = "tests.shell.urls"
    return "/parts/"
