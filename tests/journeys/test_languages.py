"""Every page speaks one language: no English sentence in Japanese, no Japanese character in English."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from django.test import Client

from tests.every_page import every_page
from tests.lived_in import LivedIn

JAPANESE = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")
ENGLISH = re.compile(r"\b[A-Za-z]+ [a-z]{2,}\b")
"""A word before one in small letters: names of AWS and in the world have capitals, dashes or stand alone."""
SPOKEN = ("aria-label", "alt", "placeholder", "title", "data-copied", "data-not-copied", "data-offline")
SILENT = ("code", "pre", "script", "style")


class Words(HTMLParser):
    """What a page says: its text and the attributes that are read out, except where its element names a language."""

    VOID = ("meta", "link", "input", "br", "img", "hr", "use", "rect", "path", "col", "circle", "line")

    def __init__(self, language: str) -> None:
        super().__init__()
        self.language, self.said, self.silent = language, list[str](), list[bool]()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        is_foreign = given.get("lang") not in (None, self.language) or given.get("translate") == "no"
        is_silent = any(self.silent[-1:]) or tag in SILENT or is_foreign
        if not is_silent:
            self.said += [value for name in SPOKEN if (value := given.get(name))]
        if tag not in self.VOID:
            self.silent.append(is_silent)

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.VOID:
            self.silent.pop()

    def handle_data(self, data: str) -> None:
        if not any(self.silent[-1:]):
            self.said.append(data)


def words_of(client: Client, address: str, language: str) -> list[str]:
    """What the page says, filled as far as it can be without a script."""
    separator = "&" if "?" in address else "?"
    answer = client.get(f"{address}{separator}filled", HTTP_ACCEPT_LANGUAGE=language)
    words = Words(language)
    words.feed(answer.content.decode())
    return [" ".join(said.split()) for said in words.said]


@pytest.mark.django_db
def test_no_page_speaks_the_other_language(as_administrator: Client, lived_in: LivedIn) -> None:
    found = {
        f"{shown.name}: {said}"
        for shown in every_page(as_administrator, lived_in)
        for language, foreign in (("en", JAPANESE), ("ja", ENGLISH))
        for said in words_of(as_administrator, shown.address, language)
        if foreign.search(said)
    }

    assert sorted(found) == []
