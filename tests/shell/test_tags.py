"""The template library: sentences, numbers, moments, icons, bars."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.template import Context, Template
from django.utils import translation

from policies.domain.sentence import Sentence
from policies.templatetags import portal

NOON = datetime(2026, 3, 5, 12, 0, tzinfo=UTC)


def test_a_sentence_is_filled_in() -> None:
    assert portal.say(Sentence("%(name)s has gone", {"name": "web"})) == "web has gone"


def test_a_sentence_counts() -> None:
    told = [portal.say(Sentence("%(count)s node", {"count": n}, "%(count)s nodes")) for n in (0, 1, 2)]
    assert told == ["0 nodes", "1 node", "2 nodes"]


def test_a_sentence_inside_a_sentence_is_said_too() -> None:
    inner = Sentence("in %(place)s", {"place": "us-east-1"})
    assert portal.say(Sentence("gone %(where)s", {"where": inner})) == "gone in us-east-1"


def test_a_stored_sentence_plain_words_and_nothing_are_said_as_well() -> None:
    stored = Sentence("%(count)s node", {"count": 2}, "%(count)s nodes").to_dict()
    assert [portal.say(told) for told in (stored, "Retry", "", None)] == ["2 nodes", "Retry", "", ""]


def test_a_sentence_is_said_in_the_readers_language() -> None:
    with translation.override("ja"):
        assert portal.say(Sentence("Yes")) == translation.gettext("Yes") != "Yes"


def test_hostile_values_are_escaped_by_the_page() -> None:
    page = Template("{% load portal %}{{ told|say }}")
    html = page.render(Context({"told": Sentence("%(name)s", {"name": "<b>"})}))
    assert html == "&lt;b&gt;"


def test_numbers_are_grouped_and_nothing_is_a_hyphen() -> None:
    assert [portal.number(1234567), portal.number(12.345, 1), portal.number(None)] == ["1,234,567", "12.3", "-"]


def test_a_percentage_tells_neither_none_of_some_nor_all_of_less() -> None:
    assert [portal.percent(part, 300) for part in (0, 1, 20, 299, 300)] == ["0%", "<1%", "7%", ">99%", "100%"]


def test_a_percentage_of_nothing_is_a_hyphen() -> None:
    assert [portal.percent(1, 3), portal.percent(0, 3), portal.percent(1, 0)] == ["33%", "0%", "-"]


def test_a_moment_is_written_in_utc_and_marked_for_the_viewers_zone() -> None:
    html = portal.moment(NOON.astimezone(None))
    assert html == '<time datetime="2026-03-05T12:00:00+00:00" data-local>2026-03-05 12:00 UTC</time>'
    assert portal.moment(None) == "-"


@pytest.mark.parametrize(
    ("distance", "words"),
    [
        (timedelta(seconds=-59), "just now"),
        (timedelta(hours=-3, minutes=-20), "3\xa0hours ago"),
        (timedelta(days=2, hours=5), "in 2\xa0days"),
    ],
)
def test_how_long_ago_is_told_in_one_unit(distance: timedelta, words: str) -> None:
    assert portal.ago(NOON + distance, NOON) == words


@pytest.mark.parametrize(("language", "written"), [("en", "Mar 5, 2026"), ("ja", "2026/03/05")])
def test_a_day_is_written_as_the_browser_writes_it(language: str, written: str) -> None:
    with translation.override(language):
        assert portal.day(NOON) == written


def test_every_icon_that_a_template_names_is_drawn() -> None:
    drawn = set(re.findall(r'<symbol id="([a-z-]+)"', (settings.BASE_DIR / "static/img/icons.svg").read_text()))
    named = set()
    for template in Path(settings.BASE_DIR / "templates").rglob("*.html"):
        named |= set(re.findall(r'{% icon "([a-z-]+)"|icon_name="([a-z-]+)"', template.read_text()))
    assert {one or other for one, other in named} - drawn == set()


def test_an_icon_is_silent_unless_it_has_a_label() -> None:
    assert 'aria-hidden="true"' in portal.icon("edit")
    assert 'role="img" aria-label="&lt;Edit&gt;"' in portal.icon("edit", "<Edit>")


def test_a_bar_is_drawn_in_proportion_without_its_empty_parts() -> None:
    parts = [
        {"tone": "success", "word": "Compliant", "count": 30},
        {"tone": "error", "word": "Failed", "count": 0},
        {"tone": "warning", "word": "Pending", "count": 10, "url": "/nodes/"},
    ]
    drawn = portal.bar(parts, "Nodes")["parts"]
    assert [(part.tone, part.x, part.width) for part in drawn] == [("success", 0.0, 75.0), ("warning", 75.0, 25.0)]


def test_a_bar_of_nothing_says_so() -> None:
    html = Template("{% load portal %}{% bar parts 'Nodes' %}").render(Context({"parts": []}))
    assert "<rect" not in html
    assert '<li class="tone-neutral">None yet</li>' in html


def test_a_bar_keeps_its_points_in_every_language() -> None:
    parts = [{"tone": "success", "word": "A", "count": 1}, {"tone": "error", "word": "B", "count": 2}]
    with translation.override("de"):
        html = Template("{% load portal %}{% bar parts 'Nodes' %}").render(Context({"parts": parts}))
    assert 'width="33.333%"' in html
