"""One component has the words, icon and colour of every status."""

from __future__ import annotations

import re
from enum import StrEnum

import pytest
from django.template.loader import render_to_string

from policies.domain import status as statuses

KINDS = {statuses.Findings: "findings", statuses.ShardStatus: "shard"}
ENUMS = [each for each in vars(statuses).values() if isinstance(each, type) and issubclass(each, StrEnum)]
EVERY = [(value, KINDS.get(each, "")) for each in ENUMS if each is not StrEnum for value in each]


def show(status: str, kind: str = "", plain: bool = False) -> str:
    context = {"status": status, "kind": kind, "plain": plain}
    return render_to_string("components/status.html", context).strip()


@pytest.mark.parametrize(("value", "kind"), EVERY)
def test_every_status_has_words_an_icon_and_a_colour(value: StrEnum, kind: str) -> None:
    html = show(value, kind)
    words = re.search(r"<span>([^<]+)</span></span>$", html)
    assert words is not None
    assert words[1] != value.value, "shown as it is stored: it has no words"
    tone = re.match(r'<span class="status status-([a-z]+)"><svg class="icon[^"]*" aria-hidden="true">', html)
    assert tone is not None


def test_the_same_value_has_other_words_where_it_means_something_else() -> None:
    told = [show("failed", kind, plain=True) for kind in ("", "findings", "shard")]
    assert told == ["Failed", "Failed to install", "Not readable"]


def test_words_alone_are_for_options_and_exports() -> None:
    assert show("non_compliant", plain=True) == "Non-compliant"


def test_what_aws_may_add_tomorrow_is_shown_as_it_says_and_escaped() -> None:
    html = show("<New>")
    assert "status-unknown" in html
    assert "&lt;New&gt;" in html
