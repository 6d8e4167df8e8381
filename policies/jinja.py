"""Rows of long tables, drawn by Jinja2: Django's own templates, which draw the pages around them, are slow at that.

The templates stand in templates/rows/ and have the words, filters and components that all pages have.
"""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext
from jinja2 import Environment

from policies.status_words import StatusWords
from policies.templatetags.portal import ago, number


def environment(**options: Any) -> Environment:
    """What the settings name as Jinja2's environment."""
    made = Environment(**options, trim_blocks=True, lstrip_blocks=True)  # noqa: S701 - Django's options say autoescape
    made.filters |= {"ago": ago, "number": number}
    made.globals |= {"_": gettext, "StatusWords": StatusWords, "address": _address, "url": reverse}
    return made


def _address(name: str) -> tuple[str, str]:
    """How the addresses of one kind of page begin and end, around its id: to reverse each of a hundred is slow."""
    begin, _, end = reverse(name, args=["0"]).rpartition("0")
    return begin, end
