"""Every word of the interface has its Japanese, compiled and with the same places."""

from __future__ import annotations

import ast
import re

import pytest
from babel.messages.catalog import Message
from django.conf import settings
from django.core.management import call_command
from django.test import Client

from policies.management.commands.update_translations import CODE, KEYWORDS, messages_of, read_catalogue

MESSAGES = list(messages_of(read_catalogue()))


def places(text: str) -> set[str]:
    return set(re.findall(r"%\((\w+)\)s", text))


def english_of(message: Message) -> str:
    return str(message.id if isinstance(message.id, str) else message.id[1])


def japanese_of(message: Message) -> str:
    string = message.string or ""
    return string if isinstance(string, str) else string[0]


def test_the_catalogue_is_current() -> None:
    call_command("update_translations", check=True)


def test_no_word_is_hidden_in_a_formatted_string_where_extraction_does_not_look() -> None:
    hidden = [
        f"{path}:{node.lineno}"
        for folder in CODE
        for path in sorted((settings.BASE_DIR / folder).rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.JoinedStr) and any(_translates(part) for part in ast.walk(node))
    ]

    assert hidden == []


def _translates(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in KEYWORDS


def test_each_translation_fills_the_same_places() -> None:
    assert [english_of(m) for m in MESSAGES if places(english_of(m)) != places(japanese_of(m))] == []


def test_no_sentence_was_left_in_english() -> None:
    sentences = [m for m in MESSAGES if len(english_of(m).split()) > 2]

    assert [english_of(m) for m in sentences if english_of(m) == japanese_of(m)] == []


@pytest.mark.django_db
def test_a_page_speaks_the_language_that_the_browser_asks_for(client: Client) -> None:
    page = client.get("/sign-in/", headers={"accept-language": "ja"}).content.decode()

    assert '<html lang="ja"' in page
    assert "サインイン" in page
