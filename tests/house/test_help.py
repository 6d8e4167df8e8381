"""Every heading has its Info link or a reason, and every topic is short, linked and said in both languages."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext

from policies.help.topic import Topic
from policies.help.topics import TOPICS

ROOT = Path(__file__).parents[2] / "templates"
ROOMS = ("onboard", "wizard", "observe", "deploy")
PAGES = sorted(path for room in ROOMS for path in (ROOT / room).glob("*.html"))
HEADING = re.compile(
    r"<h2 id=\"([^\"]+)\"[^>]*>\s*(?:{% translate \"([^\"]+)\" %})?.*?</h2>(\s*{% info \"([a-z-]+)\" %})?", re.S
)
WITHOUT = {
    "leave-title": "a dialog: help is not opened from one",
    "rules-title": "the name of the baseline that was asked for; its heading has the help",
    "a-name": "the review's answers: Edit leads to the step, whose headings have the help",
    "a-schedule": "as a-name",
    "a-baselines": "as a-name",
    "a-logs": "as a-name",
    "a-targets": "as a-name",
    "a-rate": "as a-name",
    "p-{{ edit.part.name }}": "a part of two edits side by side; the step that it names has the help",
    "delete-title": "the policy's name under the page's heading, which has the help",
    "matched-title": "a list behind figures whose heading, on the step, has the help",
    "undo-title": "as delete-title",
    "changes-title": "what the form under the page's heading, which has the help, would do",
    "check-{{ check.slug }}": "a check of onboarding: says itself what it is about",
    "done-title": "a short list under checks that explain themselves",
    "shared-title": "one of two lists under the page's heading, which has the help",
    "scanners-title": "as shared-title",
    "add-title": "a form for the list before it, whose heading has the help",
    "drafts-title": "a short list that explains itself by its links",
    "found-associations": "one of the lists under the search page's heading, which has the help",
    "found-baselines": "as found-associations",
    "found-runs": "as found-associations",
    "found-traces": "as found-associations",
    "found-things": "as found-associations",
}
"""Headings of containers that have no Info link, by their id, and why."""


def headings() -> list[tuple[str, str, str]]:
    """The id, the English words and the topic ("" without) of each container's heading."""
    found = [hit for path in PAGES for hit in HEADING.findall(path.read_text())]
    return [(name, words, slug) for name, words, _, slug in found]


def test_each_heading_has_an_info_link_or_a_reason() -> None:
    assert {name for name, _, slug in headings() if not slug} == set(WITHOUT)


def test_a_topic_repeats_its_heading() -> None:
    told = [(words, TOPICS[slug].title) for _, words, slug in headings() if slug]

    assert len(told) > 30
    assert [pair for pair in told if pair[0] != pair[1]] == []


def test_each_topic_is_opened_from_somewhere() -> None:
    text = "".join(path.read_text() for path in PAGES)

    assert set(re.findall(r"{% info \"([a-z-]+)\" %}", text)) == set(TOPICS)


@pytest.mark.parametrize("topic", TOPICS.values(), ids=lambda topic: topic.slug)
def test_a_topic_is_read_in_a_minute_and_leads_to_aws(topic: Topic) -> None:
    assert 40 <= len(" ".join(topic.paragraphs).split()) <= 300
    assert 1 <= len(topic.links) <= 3
    assert all(page.url.startswith("https://docs.aws.amazon.com/") for page in topic.pages)


@pytest.mark.parametrize("topic", TOPICS.values(), ids=lambda topic: topic.slug)
def test_a_topic_is_told_in_japanese(topic: Topic) -> None:
    with translation.override("ja"):
        said = [gettext(paragraph) for paragraph in topic.paragraphs]

    assert all(re.search(r"[぀-ヿ]", each) for each in said)


@pytest.mark.django_db
@pytest.mark.parametrize("asks", [{}, {"HX-Request": "true"}])
def test_a_topic_is_a_page_or_a_panel_with_one_heading(asks: dict[str, str], as_viewer: Client) -> None:
    told = as_viewer.get(reverse("help", args=["rate-control"]), headers=asks).content.decode()

    assert len(re.findall(r"<h2", told)) == 1
    assert ("<html" in told) is not bool(asks)


@pytest.mark.django_db
def test_a_topic_that_is_not_there_is_not_found(as_viewer: Client) -> None:
    assert as_viewer.get(reverse("help", args=["nothing"])).status_code == 404
