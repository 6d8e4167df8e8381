"""Whatever is typed into any field of any step: no fault, nothing lost, and none of it becomes markup."""

from __future__ import annotations

from collections.abc import Mapping
from html.parser import HTMLParser

import pytest
from django import forms
from django.contrib.auth.models import User
from django.http import HttpResponseBase
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from policies.aws.connect import connection
from policies.models import Draft
from policies.wizard.draft import begin_draft
from policies.wizard.facts import Facts
from policies.wizard.forms import BaselinesForm
from policies.wizard.forms.targets import ManyField, split_values
from policies.wizard.previews import PREVIEWS
from policies.wizard.steps import QUESTIONS, Step
from tests.worlds import BEGIN

pytestmark = pytest.mark.django_db

MEGABYTE = 1_000_000
WORD = "x" * MEGABYTE
WORDS = " ".join(map(str, range(150_000)))
MARKUP = [
    "<fuzz>", '"><fuzz a="', "'><fuzz a='", '" fuzz="', "' fuzz='", " fuzz=1 ", "</textarea><fuzz>", "</option><fuzz>",
    "</script><fuzz>", "<!--", "-->", "]]>", "{{ fuzz }}", "{% fuzz %}", "&lt;fuzz&gt;", "&#60;fuzz&#62;",
]  # fmt: skip
"""What would be an element or an attribute named fuzz if any of it were rendered as it came."""
ODD = [
    "\x00",
    "\x01",
    "\x1b[31m",
    "\r\n",
    "\t",
    "\x7f",
    "\x85",
    "\u2028",
    "\u202e",
    "\ufeff",
    "\uffff",
    "é",
    "e\u0301",
    "漢字",
    "🦆",
]
SEARCHED = ("node_search", "system", "list", "page")
"""What a fragment takes beside the fields of its step."""
typed_texts = st.lists(st.sampled_from(MARKUP + ODD) | st.text(max_size=12), max_size=4).map("".join)


class Page(HTMLParser):
    """What a browser would make of a page: the names of its elements and attributes, and what its controls hold."""

    def __init__(self, answer: HttpResponseBase) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.values: dict[str, set[str]] = {}
        self._select = ""
        self.feed(answer.getvalue().decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note the names, and for a control its value."""
        given = {name: value or "" for name, value in attrs}
        self.names |= {tag, *given}
        if tag == "select":
            self._select = given.get("name", "")
        if tag == "input":
            self.values.setdefault(given.get("name", ""), set()).add(given.get("value", ""))
        if tag == "option" and "selected" in given:
            self.values.setdefault(self._select, set()).add(given.get("value", ""))


@pytest.fixture
def draft(administrator: User) -> Draft:
    """A draft that has no answer yet."""
    return begin_draft(administrator, timezone.now(), lambda: "abcde")


def fields_of(step: Step) -> Mapping[str, forms.Field]:
    """The fields of a step, those that it adds itself too."""
    return step.form(None, Facts(connection, BEGIN)).fields if step.form else {}


def address(draft: Draft, step: Step) -> str:
    return reverse("draft_step", args=[draft.pk, step.slug])


def typed_into(field: forms.Field) -> st.SearchStrategy[str]:
    """A choice is mostly one of those offered, so that what depends on it is reached; anything may come, though."""
    offered = [str(value) for value, _label in getattr(field, "choices", ())]
    return st.sampled_from(offered) | st.sampled_from(offered) | typed_texts if offered else typed_texts


def is_lost(page: Page, name: str, field: forms.Field, typed: str) -> bool:
    """Whether the page no longer holds what was typed, as it was or value by value where many go into one box.

    Choices and ticks are not typed, and an operating system that AWS has no baseline for has no row.
    """
    held = page.values.get(name, set())
    has_no_row = name in BaselinesForm.later_fields() and not held
    if hasattr(field, "choices") or isinstance(field, forms.BooleanField) or has_no_row:
        return False
    return typed not in held and not set(split_values(typed)) <= set(split_values(" ".join(held)))


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(data=st.data(), step=st.sampled_from(QUESTIONS))
def test_whatever_is_typed_stays_and_is_text(
    data: st.DataObject, step: Step, as_administrator: Client, draft: Draft
) -> None:
    fields = fields_of(step)
    sent = {name: data.draw(typed_into(field), name) for name, field in fields.items()}

    told = as_administrator.post(address(draft, step), sent)
    page = as_administrator.get(address(draft, step) + "?filled")
    searched = dict.fromkeys(SEARCHED, data.draw(typed_texts, "searched"))
    fragments = [
        as_administrator.post(reverse("draft_preview", args=[draft.pk, preview.name]), {**sent, **searched})
        for preview in PREVIEWS
        if preview.slug == step.slug
    ]

    assert told.status_code in (302, 422)
    assert page.status_code == 200
    assert {answer.status_code for answer in fragments} <= {200, 404}
    for answer in (told, page, *fragments):
        assert "fuzz" not in Page(answer).names
    seen = Page(page)
    assert [n for n, field in fields.items() if is_lost(seen, n, field, sent[n].replace("\x00", "\ufffd"))] == []


@pytest.mark.parametrize("step", QUESTIONS, ids=lambda step: step.slug)
def test_a_megabyte_in_any_field_is_kept_and_answered(step: Step, as_administrator: Client, draft: Draft) -> None:
    for name, field in fields_of(step).items():
        for typed in [WORD, WORDS] if isinstance(field, ManyField) else [WORD]:
            told = as_administrator.post(address(draft, step), {name: typed})
            page = as_administrator.get(address(draft, step) + "?filled")

            assert (name, told.status_code) in ((name, 302), (name, 422))
            assert (name, page.status_code) == (name, 200)
            assert not is_lost(Page(page), name, field, typed), name


def test_more_than_the_portal_reads_is_refused_with_a_reason(as_administrator: Client, draft: Draft) -> None:
    told = as_administrator.post(address(draft, QUESTIONS[0]), {"name": "x" * 3 * MEGABYTE})

    assert told.status_code == 400
    assert "more than the portal reads at once" in told.content.decode()


@pytest.mark.parametrize("name", [preview.name for preview in PREVIEWS])
def test_a_nul_in_a_search_finds_nothing(name: str, as_administrator: Client, draft: Draft) -> None:
    told = as_administrator.post(reverse("draft_preview", args=[draft.pk, name]), dict.fromkeys(SEARCHED, "\x00"))

    assert told.status_code in (200, 404)


@pytest.mark.parametrize("query", ["", "?list=", "?list=%00", "?list=nodes&page=%00", "?list=nodes&page=9999999999999"])
def test_a_list_that_nobody_offers_is_not_found(query: str, as_administrator: Client, draft: Draft) -> None:
    told = as_administrator.get(reverse("draft_matched", args=[draft.pk]) + query)

    assert told.status_code in (200, 404)
