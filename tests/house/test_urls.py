"""Every URL needs sign-in and a role, unless it is listed here."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from policies.access import Role

OPEN = {"healthz", "login", "logout", "set_language", "choose_theme"}
"""Open to everybody: is it up, sign in and out, language, theme."""
VALUES = {"int": 1, "slug": "abcde", "str": "name", "uuid": "00000000-0000-0000-0000-000000000000"}


def all_patterns(resolver: URLResolver) -> Iterator[URLPattern]:
    """Every URL of the portal."""
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLResolver):
            yield from all_patterns(pattern)
        else:
            yield pattern


PATTERNS = [p for p in all_patterns(get_resolver(settings.ROOT_URLCONF)) if p.name not in OPEN]


def address_of(pattern: URLPattern) -> str:
    """The pattern's URL with some value for each of its parts."""
    kinds = {name: type(converter).__name__.removesuffix("Converter").lower() for name, converter in parts_of(pattern)}
    return reverse(
        str(pattern.name), kwargs={name: VALUES[kind.removeprefix("string") or "str"] for name, kind in kinds.items()}
    )


def parts_of(pattern: URLPattern) -> list[tuple[str, Any]]:
    """The names and converters in the pattern."""
    return list(pattern.pattern.converters.items())


def test_the_open_urls_exist() -> None:
    names = {pattern.name for pattern in all_patterns(get_resolver(settings.ROOT_URLCONF))}

    assert names >= OPEN


@pytest.mark.parametrize("pattern", PATTERNS, ids=lambda pattern: str(pattern.name))
def test_each_view_says_which_role_it_needs(pattern: URLPattern) -> None:
    assert getattr(pattern.callback, "required_role", None) in list(Role)


@pytest.mark.django_db
@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("pattern", PATTERNS, ids=lambda pattern: str(pattern.name))
def test_strangers_are_sent_to_sign_in(pattern: URLPattern, method: str, client: Client) -> None:
    answer = getattr(client, method)(address_of(pattern))

    assert answer.status_code == 302
    assert answer["Location"].startswith(reverse("login"))
